import type { FailingCall } from '#core/diagnosis/failing-call.ts';
import type { LostRight, Outcome } from '#core/diagnosis/known.ts';
import { missingRight, pathStates, statFormat, type Who } from '#core/diagnosis/missing-right.ts';
import { shellWord } from '#core/diagnosis/wording.ts';
import type { PlannedStep } from '#core/plan.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import { tryStep } from './experiment-trial.ts';
import type { JobRequest } from './job-request.ts';
import type { Ports } from './ports.ts';

/** A missing right as it was seen in a room. */
export interface SeenRight {
	readonly right: LostRight;
	/** The path is the room's own copy of the machine: what is changed there is gone with the room. */
	readonly isCopy: boolean;
}

/** Which right a refused call lacked, from the states of all components of its path, as the job's user sees them. */
export async function lookAtRight(room: Room, call: FailingCall): Promise<SeenRight | undefined> {
	const { path } = call;
	if (path === undefined || !path.startsWith('/')) return undefined;
	const parts = path.split('/').filter((part) => part !== '');
	const components = ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
	const states = pathStates(await outputOf(room, ['stat', '-c', statFormat, '--', ...components]));
	const right = missingRight(call, states, await whoIn(room));
	if (right === undefined) return undefined;
	const isCopy = room.tier === 'disposable' && right.state.mount === '/';
	return { right: { ...right, machinePath: onMachine(room, right.state.path) }, isCopy };
}

/** The failed step once more, with the missing right given in its room alone. Only for a right of the room's own copy. */
export async function tryWithRight(
	ports: Ports,
	request: JobRequest,
	{ right, step, limitMs }: { readonly right: LostRight; readonly step: number; readonly limitMs: number },
): Promise<Outcome> {
	const giveRight: PlannedStep = {
		id: '__give_right',
		name: `Give the right to ${right.toDo}, in this copy of the machine only`,
		run: right.mend.map((words) => `sudo -n ${words.join(' ')} -- ${shellWord(right.state.path)}`).join('\n'),
		with: null,
		env: null,
		shell: 'sh',
		workingDirectory: null,
		continueOnError: null,
		timeoutMinutes: null,
		line: request.job.line,
	};
	const job = { ...request.job, steps: [giveRight, ...request.job.steps] };
	const { outcome } = await tryStep(ports, { ...request, job }, { step: step + 1, name: 'repair', limitMs });
	return outcome;
}

async function whoIn(room: Room): Promise<Who> {
	const [uid, gids] = (await outputOf(room, ['sh', '-c', 'id -u; id -G'])).split('\n');
	return { uid: Number(uid), gids: (gids ?? '').split(' ').map(Number) };
}

/** A room's own folders are elsewhere on this machine; everything else is where it is. */
function onMachine(room: Room, path: string): string {
	try {
		return room.hostPath(path);
	} catch {
		return path;
	}
}

async function outputOf(room: Room, argv: readonly string[]): Promise<string> {
	const chunks: Uint8Array[] = [];
	await room.run({
		argv,
		env: { LC_ALL: 'C' },
		cwd: '/',
		output: (chunk) => {
			chunks.push(chunk);
		},
	});
	return Buffer.concat(chunks).toString();
}
