import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
	type Command,
	inCgroups,
	properEnvironment,
	traced,
	tracedEnvironment,
	withEnvironment,
} from '#core/isolation/launch.ts';
import { isAlive, type ProcessIdentity, signal } from '../process.ts';
import { type OutputPipe, openOutputPipe } from '../process-output.ts';
import { type ProcessStarter, processStarter } from '../process-starter.ts';
import { type ProcessEntry, processEntry, processesMarked, processTable, treeOf } from '../process-table.ts';
import { type Cgroup, endCgroups, makeCgroup, unkeptLimits } from './cgroup.ts';
import { type Fifos, openFifos } from './fifos.ts';
import { userEnvironment } from './inherited-environment.ts';
import { roomFiles } from './room-files.ts';
import { type Ladder, usualLadder } from './room-process.ts';
import { claimDirectory, removeTree, saveRecord, sweepRooms } from './room-record.ts';
import type { Room, RoomProcess, RoomSpec, Sandbox } from './sandbox.ts';
import { type StepStarter, stepStarter } from './step-starter.ts';
import { openTrace } from './trace-file.ts';

/** How the host tier is set up. */
export interface HostOptions {
	readonly ladder?: Ladder;
	/** Starts what jobs run. */
	readonly starter?: ProcessStarter;
	/** Where the user's PATH, HOME and the like are taken from. */
	readonly env?: NodeJS.ProcessEnv;
	/** Whether to put jobs into control groups where that is allowed; on unless a test says otherwise. */
	readonly cgroups?: boolean;
	/** How many processes a room has before it gets a helper of its own, where a test says so. */
	readonly helperAfter?: number;
}

/**
 * No isolation: a job runs as the user that Footbridge runs as, in the user's home, with the user's tools; only its work tree and its
 * temporary folder are its own. `hidden` and `shown` mean nothing here.
 *
 * After the job nothing survives where a control group can be made (root, or a user session of systemd). Elsewhere its processes
 * are found by descent, session and the variable FOOTBRIDGE_ROOM: one that leaves its session and empties its environment escapes.
 * On macOS, where other processes' variables cannot be read, one that leaves its session does.
 */
export function hostSandbox(given: HostOptions = {}): Sandbox {
	const options = { ...given, starter: given.starter ?? processStarter() };
	return {
		tier: 'host',
		available: async () => (process.platform === 'win32' ? 'Footbridge runs on Linux and macOS' : undefined),
		prepare: (spec) => prepareRoom(spec, options),
		sweep: (directory) =>
			sweepRooms(directory, 'host', async ({ id, cgroups }) => {
				await endAll(() => processesMarked(`${marker}=${id}`));
				await endCgroups(cgroups ?? []);
			}),
	};
}

async function prepareRoom(spec: RoomSpec, options: HostOptions & { readonly starter: ProcessStarter }): Promise<Room> {
	const record = claimDirectory(spec.directory, 'host', spec.id);
	const directory = realpathSync(spec.directory);
	const wanted = options.cgroups !== false && (await canRestoreEnvironment());
	const cgroup = wanted ? makeCgroup(`footbridge-${spec.id}`, { limits: spec.limits, holds: true }) : undefined;
	const cgroups = pathsOf(cgroup);
	try {
		if (cgroup !== undefined) saveRecord(directory, { ...record, cgroups });
		mkdirSync(spec.toolCache, { recursive: true });
		const work = join(directory, 'work');
		const paths = { workspace: join(work, spec.repository, spec.repository), temp: join(work, '_temp') };
		for (const path of Object.values(paths)) mkdirSync(path, { recursive: true });
		const pipes = openFifos(join(directory, 'pipes'));
		const env = { ...userEnvironment(options.env ?? process.env), [marker]: spec.id };
		const ladder = options.ladder ?? usualLadder;
		const { helperAfter } = options;
		const starter = stepStarter({ cgroup, limits: spec.limits, starter: options.starter, helperAfter });
		return makeRoom({ spec, directory, paths, cgroup, env, ladder, starter, fifos: pipes });
	} catch (error) {
		await endCgroups(cgroups);
		await removeTree(directory);
		throw error;
	}
}

function pathsOf(cgroup: Cgroup | undefined): readonly string[] {
	return cgroup?.places.map(({ path }) => path) ?? [];
}

/** By this variable a process of a room is known. */
const marker = 'FOOTBRIDGE_ROOM';

interface Parts {
	readonly spec: RoomSpec;
	readonly directory: string;
	readonly paths: Pick<Room, 'workspace' | 'temp'>;
	readonly cgroup: Cgroup | undefined;
	readonly env: Room['env'];
	readonly ladder: Ladder;
	readonly starter: StepStarter;
	readonly fifos: Fifos;
}

function makeRoom(parts: Parts): Room {
	const { spec, directory, paths, cgroup, env, starter } = parts;
	const home = env['HOME'] ?? homedir();
	const toolCache = realpathSync(spec.toolCache);
	const pipes = new Set<OutputPipe>();
	const steps: ProcessIdentity[] = [];
	const folders = [directory, toolCache, home].map((path) => ({ inside: path, outside: path }));
	let destroyed: Promise<{ readonly leftovers: number }> | undefined;
	const destroy = async () => {
		await starter.end();
		const leftovers = await endAll(() => leftOf(spec.id, steps, starter.held));
		for (const { pid } of steps) endGroup(pid);
		await endCgroups(pathsOf(cgroup));
		for (const pipe of pipes) pipe.close();
		await parts.fifos.close();
		await removeTree(directory);
		return { leftovers };
	};
	return {
		tier: 'host',
		...paths,
		toolCache,
		home,
		env,
		unkept: unkeptLimits(spec.limits, cgroup),
		...roomFiles(folders, undefined, directory),
		async run(step) {
			const pipe = openOutputPipe(await parts.fifos.take());
			pipes.add(pipe);
			if (step.trace !== undefined) openTrace(step.trace).close();
			const cwd = cgroup === undefined ? step.cwd : directory;
			return starter.run({
				process: step,
				pipe,
				ladder: parts.ladder,
				isEntrance: false,
				inside: (output) => ({ ...plainCommand(parts, step), cwd: step.cwd, output }),
				outside: (output, procs) => ({ ...commandOf(parts, step, procs), cwd, output }),
				isFollowed: false,
				started: (identity) => steps.push(identity),
			});
		},
		destroy() {
			destroyed ??= destroy();
			return destroyed;
		},
	};
}

/** A shell that enters the control group before anything else comes first, and GNU env restores the variables behind it. */
function commandOf(parts: Parts, step: RoomProcess, procs: readonly string[]): Command {
	const { argv, env } = plainCommand(parts, step);
	if (parts.cgroup === undefined) return { argv, env };
	const inner = withEnvironment(argv, step.cwd, env);
	return { argv: inCgroups(procs, inner.argv), env: inner.env };
}

function plainCommand({ env: roomEnv }: Parts, { argv, env, trace }: RoomProcess): Command {
	if (trace === undefined) return { argv, env: properEnvironment({ ...roomEnv, ...env }) };
	return { argv: traced(argv, trace), env: properEnvironment({ ...roomEnv, ...env, ...tracedEnvironment }) };
}

/** Whether /usr/bin/env does what `withEnvironment` needs of it. */
function canRestoreEnvironment(): Promise<boolean> {
	restores ??= new Promise((resolve) => {
		const { argv, env } = withEnvironment(['true'], '/', { PATH: '/usr/bin:/bin' });
		const [program = '', ...args] = argv;
		const child = spawn(program, args, { env, stdio: 'ignore' });
		child.once('error', () => resolve(false));
		child.once('exit', (code) => resolve(code === 0));
	});
	return restores;
}

let restores: Promise<boolean> | undefined;

/** Every process of a room that is alive, found in all the ways that there are here. */
function leftOf(id: string, steps: readonly ProcessIdentity[], held: () => readonly number[]): readonly ProcessEntry[] {
	const table = processTable();
	const roots = steps.filter((step) => !isReused(step)).map(({ pid }) => pid);
	const known = new Set(held());
	for (const { pid } of [...processesMarked(`${marker}=${id}`), ...treeOf(new Set(roots), table)]) known.add(pid);
	return table.filter(({ pid }) => known.has(pid));
}

/** A pid is given to nobody while its session has members: once it is, the step and its session are gone. */
function isReused(step: ProcessIdentity): boolean {
	return processEntry(step.pid) !== undefined && !isAlive(step);
}

/** Ends what `find` finds until it finds nothing; how many there were at first. */
async function endAll(find: () => readonly ProcessEntry[]): Promise<number> {
	const first = find();
	const end = performance.now() + longestEndMs;
	for (let left = first; left.length > 0 && performance.now() < end; left = find()) {
		for (const { pid } of left) signal(pid, 'SIGKILL');
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
	return first.length;
}

/** What another user owns cannot be ended: the job's end does not wait for it for ever. */
const longestEndMs = 5000;

/** Where processes cannot be listed. */
function endGroup(pid: number): void {
	if (process.platform !== 'linux') signal(-pid, 'SIGKILL');
}
