import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runner } from '#core/isolation/accounts.ts';
import { inCgroups, traced, tracedEnvironment, withEnvironment } from '#core/isolation/launch.ts';
import { toolCachePath } from '#core/isolation/room-mounts.ts';
import { type Problem, ProblemError } from '#core/result.ts';
import { identityOf, isAlive, type ProcessIdentity, signal } from '../process.ts';
import { type OutputPipe, openOutputPipe } from '../process-output.ts';
import { type ProcessStarter, processStarter } from '../process-starter.ts';
import { processesBeside } from '../process-table.ts';
import { type Cgroup, endCgroups, makeCgroup, unkeptLimits } from './cgroup.ts';
import { type Fifos, openFifos } from './fifos.ts';
import { networkEnvironment } from './inherited-environment.ts';
import { roomFiles } from './room-files.ts';
import type { RoomMaker } from './room-maker.ts';
import { type Ladder, usualLadder } from './room-process.ts';
import { claimDirectory, type RoomRecord, removeTree, saveRecord, sweepRooms } from './room-record.ts';
import type { Room, RoomProcess, RoomSpec, Sandbox } from './sandbox.ts';
import { type StepStarter, stepStarter } from './step-starter.ts';
import { openTrace } from './trace-file.ts';

/** How a tier of such rooms is set up. */
export interface NamespacedOptions {
	/** Where rooms will be: `available` tries there. */
	readonly rooms?: string;
	readonly ladder?: Ladder;
	/** Starts what jobs run. */
	readonly starter?: ProcessStarter;
	/** How many processes a room has before it gets a helper of its own, where a test says so. */
	readonly helperAfter?: number;
}

/** A tier whose rooms are copy-on-write copies of this machine in namespaces of their own. */
export interface NamespacedTier {
	readonly tier: 'disposable' | 'sandbox';
	readonly maker: RoomMaker;
}

/**
 * Rooms that see the machine's programs and files, but no process, device, socket or temporary file of it, no home, no password hash
 * and no host key. They never outlive their Footbridge: the process that holds a room ends with the pipe to its owner, and the
 * kernel then ends everything else. Needs Linux with util-linux and coreutils, and what the maker needs.
 */
export function namespacedSandbox({ tier, maker }: NamespacedTier, options: NamespacedOptions = {}): Sandbox {
	const { ladder = usualLadder, starter = processStarter(), helperAfter } = options;
	let works: Promise<undefined> | undefined;
	const prepare = (spec: RoomSpec) => prepareRoom(spec, { tier, maker, ladder, starter, helperAfter });
	const end = async ({ holder, cgroups }: RoomRecord) => {
		await endHolder(holder);
		await endCgroups(cgroups ?? []);
	};
	return {
		tier,
		async available() {
			if (works !== undefined) return works;
			const why = maker.whyNot() ?? (await tryOne({ tier, maker, prepare, end, rooms: options.rooms }));
			if (why === undefined) works = Promise.resolve(undefined);
			return why;
		},
		prepare,
		sweep: (directory) => sweepRooms(directory, tier, end),
	};
}

/** Only a room that stands says that they can: kernels, containers and file systems refuse at many places. */
async function tryOne({ tier, maker, prepare, end, rooms }: Trial): Promise<string | undefined> {
	const parent = rooms ?? tmpdir();
	await mkdir(parent, { recursive: true });
	// A Footbridge that was killed while it tried left its own.
	const prefix = `footbridge-try-${tier}-`;
	await sweepRooms(parent, tier, end, prefix);
	const directory = await mkdtemp(join(parent, prefix));
	try {
		const toolCache = join(directory, 'tools');
		const room = await prepare({ id: 'try', directory, repository: 'try', toolCache, hidden: [] });
		let output = '';
		const ended = await room.run({
			argv: ['true'],
			env: {},
			cwd: room.workspace,
			output: (chunk) => {
				output += Buffer.from(chunk).toString();
			},
		});
		await room.destroy();
		return ended.exitCode === 0 ? undefined : `a trial room does not run programs: ${oneLine(output)}`;
	} catch (error) {
		await removeTree(directory);
		const why = error instanceof ProblemError ? (error.problem.why ?? error.problem.what) : String(error);
		return maker.explain?.(why) ?? why;
	}
}

interface Trial {
	readonly maker: RoomMaker;
	readonly tier: NamespacedTier['tier'];
	readonly prepare: (spec: RoomSpec) => Promise<Room>;
	readonly end: (record: RoomRecord) => Promise<void>;
	readonly rooms: string | undefined;
}

function oneLine(text: string): string {
	return text.trim().replace(/\s*\n\s*/g, '; ');
}

interface Kind extends NamespacedTier {
	readonly ladder: Ladder;
	readonly starter: ProcessStarter;
	readonly helperAfter: number | undefined;
}

async function prepareRoom(asked: RoomSpec, kind: Kind): Promise<Room> {
	const record = claimDirectory(asked.directory, kind.tier, asked.id);
	const spec = { ...asked, directory: await realpath(asked.directory) };
	const cgroup = makeCgroup(`footbridge-${asked.id}`, { limits: asked.limits });
	const cgroups = cgroup?.places.map(({ path }) => path) ?? [];
	let holder: Holder | undefined;
	try {
		saveRecord(spec.directory, { ...record, cgroups });
		const pipes = openFifos(join(spec.directory, 'pipes'));
		kind.maker.makeFolders(spec);
		holder = await hold(spec.directory, kind.maker.hold(spec.directory, spec.network ?? 'shared'));
		saveRecord(spec.directory, { ...record, cgroups, holder: holder.identity });
		const { helperAfter } = kind;
		const starter = stepStarter({ cgroup, limits: spec.limits, starter: kind.starter, helperAfter });
		return makeRoom({ spec, kind, holder, cgroup, starter, fifos: pipes });
	} catch (error) {
		await endHolder(holder?.identity);
		await endCgroups(cgroups);
		await removeTree(spec.directory);
		throw error;
	}
}

interface Holder {
	/** Pid 1 of the room. */
	readonly identity: ProcessIdentity;
	/** The room's own processes, which are no leftovers of a job. */
	readonly own: ReadonlySet<number>;
	/** Resolves when the room is empty. */
	ended(): Promise<void>;
}

async function hold(directory: string, [program = '', ...args]: readonly string[]): Promise<Holder> {
	const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
	const child = spawn(program, args, { cwd: '/', env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
	const ended = new Promise<void>((resolve) => {
		child.once('exit', () => resolve());
		child.once('error', () => resolve());
	});
	const answer = await answerOf(child);
	const pid = Number(/^ready (\d+)$/m.exec(answer.output)?.[1]);
	const identity = Number.isNaN(pid) ? undefined : identityOf(pid);
	if (identity === undefined) throw new ProblemError(notHeld(directory, oneLine(answer.complaint)));
	// The room is there as long as its job: it does not keep Footbridge from ending.
	child.unref();
	for (const stream of [child.stdin, child.stdout, child.stderr]) unref(stream);
	const own = new Set(processesBeside(pid).map((entry) => entry.pid));
	const waitForEnd = () => {
		child.ref();
		return ended;
	};
	return { identity, own, ended: waitForEnd };
}

/** Pipes to a child are sockets, which are not declared so. */
function unref(stream: object | null): void {
	if (stream instanceof Socket) stream.unref();
}

/** The line that says that the room is ready, or what was said until the holder ended. */
function answerOf(child: ChildProcess): Promise<{ readonly output: string; readonly complaint: string }> {
	let output = '';
	let complaint = '';
	// Writing to a holder that is gone is not an error of anybody's.
	child.stdin?.on('error', () => undefined);
	return new Promise((resolve) => {
		const done = () => resolve({ output, complaint });
		child.stdout?.on('data', (chunk) => {
			output += chunk;
			if (output.endsWith('\n')) done();
		});
		child.stderr?.on('data', (chunk) => {
			complaint += chunk;
		});
		child.once('close', done);
		child.once('error', (error) => {
			complaint += error.message;
			done();
		});
	});
}

function notHeld(directory: string, why: string): Problem {
	return {
		code: 'FB2062',
		what: 'No copy of this machine could be made for the job',
		why: why === '' ? 'the process that holds the room ended at once' : why,
		where: directory,
		next: 'ask for the tier host, or put the data folder on a disk that overlayfs can use (ext4, xfs, btrfs)',
	};
}

async function endHolder(holder: ProcessIdentity | undefined): Promise<void> {
	if (holder === undefined) return;
	// The kernel lets pid 1 of a namespace go only after everything in it.
	for (const end = performance.now() + longestEndMs; isAlive(holder); ) {
		if (performance.now() > end) throw new ProblemError(notEnded(holder));
		signal(holder.pid, 'SIGKILL');
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

const longestEndMs = 30_000;

function notEnded({ pid }: ProcessIdentity): Problem {
	return {
		code: 'FB2063',
		what: 'A killed process of the job does not end',
		why: 'it hangs in the kernel, mostly on a disk or network file system that does not answer (state D in ps)',
		where: `the room of pid ${pid}`,
		next: 'mend the file system; the next start of Footbridge removes the room',
	};
}

interface Parts {
	readonly spec: RoomSpec;
	readonly kind: Kind;
	readonly holder: Holder;
	readonly cgroup: Cgroup | undefined;
	readonly starter: StepStarter;
	readonly fifos: Fifos;
}

function makeRoom(parts: Parts): Room {
	const { spec, kind } = parts;
	const { directory } = spec;
	const pipes = new Set<OutputPipe>();
	const work = `${runner.home}/work`;
	const room = { workspace: `${work}/${spec.repository}/${spec.repository}`, temp: `${work}/_temp` };
	const folders = [
		{ inside: '/home', outside: join(directory, 'home') },
		{ inside: '/tmp', outside: join(directory, 'tmp') },
		{ inside: toolCachePath, outside: spec.toolCache },
	];
	const env = roomEnvironment();
	let destroyed: Promise<{ readonly leftovers: number }> | undefined;
	return {
		tier: kind.tier,
		...room,
		toolCache: toolCachePath,
		home: runner.home,
		env,
		unkept: unkeptLimits(spec.limits, parts.cgroup),
		...roomFiles(folders, kind.maker.owner, directory, true),
		run: (process) => runInside({ ...parts, env, pipes }, process),
		destroy() {
			destroyed ??= destroyRoom(parts, pipes);
			return destroyed;
		},
	};
}

function roomEnvironment(): Room['env'] {
	return {
		...networkEnvironment(process.env),
		PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin',
		HOME: runner.home,
		USER: runner.name,
		LOGNAME: runner.name,
		SHELL: existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh',
		LANG: 'C.UTF-8',
	};
}

interface Inside extends Parts {
	readonly env: Room['env'];
	readonly pipes: Set<OutputPipe>;
}

async function runInside({ spec, kind, holder, starter, fifos, env: roomEnv, pipes }: Inside, step: RoomProcess) {
	// Its number may be that of another room's by now.
	if (!isAlive(holder.identity)) return { exitCode: null, signal: null, durationMs: 0, error: 'the room has ended' };
	const pipe = openOutputPipe(await fifos.take());
	pipes.add(pipe);
	const trace = step.trace === undefined ? undefined : openTrace(step.trace, kind.maker.owner);
	try {
		const argv = trace === undefined ? step.argv : traced(step.argv, '/proc/self/fd/3');
		const env = { ...roomEnv, ...step.env, ...(trace === undefined ? {} : tracedEnvironment) };
		const inner = withEnvironment(argv, step.cwd, env);
		const entrance = { pid: holder.identity.pid, network: spec.network ?? 'shared' };
		const entered = kind.maker.enter(entrance, inner.argv);
		const extra = trace === undefined ? {} : { extra: trace.descriptor };
		const program = { argv: entered, env: inner.env, cwd: '/', ...extra };
		// Who is limited must be in its groups before it can start anything; who is only counted need not wait for that.
		const isLimited = spec.limits !== undefined;
		return await starter.run({
			process: step,
			pipe,
			ladder: kind.ladder,
			isEntrance: true,
			inside: (output) => ({ ...program, output }),
			outside: (output, procs) => ({ ...program, argv: isLimited ? inCgroups(procs, entered) : entered, output }),
			isFollowed: !isLimited,
		});
	} finally {
		trace?.close();
	}
}

async function destroyRoom({ spec, holder, cgroup, starter, fifos }: Parts, pipes: ReadonlySet<OutputPipe>) {
	await starter.end();
	const leftovers = processesBeside(holder.identity.pid).filter(({ pid }) => !holder.own.has(pid)).length;
	await endHolder(holder.identity);
	await holder.ended();
	await endCgroups(cgroup?.places.map(({ path }) => path) ?? []);
	for (const pipe of pipes) pipe.close();
	await fifos.close();
	await removeTree(spec.directory);
	return { leftovers };
}
