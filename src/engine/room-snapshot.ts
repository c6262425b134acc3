import type { Masker } from '#core/job/masker.ts';
import { parseSnapshot } from '#core/job/snapshot-facts.ts';
import { snapshotScript } from '#core/job/snapshot-script.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import type { JobRequest } from './job-request.ts';
import type { JobPorts } from './running-job.ts';

/** A broken machine (a hanging mount) must not hold up the job for longer. */
const patienceMs = 5_000;
const outputLimit = 1024 * 1024;

export interface SnapshotPlace {
	readonly request: JobRequest;
	readonly room: Room;
	/** The room's folder on this machine. */
	readonly directory: string;
	readonly masker: Masker;
}

/** Looks at the surroundings of a job before its first step, as the job's user, and records them. Never fails: facts may be missing. */
export async function takeSnapshot(
	ports: JobPorts,
	{ request, room, directory, masker }: SnapshotPlace,
): Promise<{ readonly [key: string]: string }> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	const path = [room.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', ports.places.node].join(':');
	const patience = new AbortController();
	const ended = new AbortController();
	ports.clock.sleep(patienceMs, ended.signal).then(
		() => patience.abort(new Error('the snapshot took too long')),
		() => {},
	);
	await room.run({
		argv: ['sh', '-c', snapshotScript],
		env: { PATH: path, GITHUB_WORKSPACE: room.workspace, RUNNER_TEMP: room.temp, RUNNER_TOOL_CACHE: room.toolCache },
		cwd: room.workspace,
		signal: AbortSignal.any([patience.signal, request.signal]),
		output: (chunk) => {
			size += chunk.length;
			if (size <= outputLimit) chunks.push(chunk);
		},
	});
	ended.abort();
	const facts = parseSnapshot(Buffer.concat(chunks).toString(), {
		symbols: [
			[room.workspace, '$GITHUB_WORKSPACE'],
			[room.temp, '$RUNNER_TEMP'],
			// A home that comes and goes with the room has no name of its own.
			...(room.home.startsWith(directory) ? [[room.home, '$HOME'] as const, [directory, '$ROOM'] as const] : []),
		],
		env: shownVariables(room.env, masker),
	});
	const at = new Date(ports.clock.now()).toISOString();
	await request.emit({
		kind: 'snapshot-taken',
		job: request.job.key,
		attempt: request.attempt,
		snapshot: { at, facts },
	});
	return facts;
}

/** Not even a hash of a secret leaves the job. */
function shownVariables(env: { readonly [name: string]: string }, masker: Masker): { readonly [name: string]: string } {
	return Object.fromEntries(Object.entries(env).filter(([, value]) => masker.redact(value) === value));
}
