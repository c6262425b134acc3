import { randomUUID } from 'node:crypto';
import { linkSync, statSync, unlinkSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { shownBytes } from '#core/isolation/cgroup-files.ts';
import { ProblemError } from '#core/result.ts';
import { type OutputPipe, openOutputPipe } from '../process-output.ts';
import { reachedPorts } from './container-reach.ts';
import { type Folder, inside } from './container-request.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import type { HolderSession, RunningProgram } from './container-session.ts';
import type { Fifos } from './fifos.ts';
import { type FileOwner, type RoomFiles, roomFiles } from './room-files.ts';
import type { Ladder } from './room-process.ts';
import { removeTree } from './room-record.ts';
import type { ProcessEnd, Room, RoomProcess, RoomSpec } from './sandbox.ts';
import { openTrace } from './trace-file.ts';

/** A container that is held. */
export interface HeldRoom {
	readonly id: string;
	readonly spec: RoomSpec;
	readonly directory: string;
	readonly folders: readonly Folder[];
	readonly session: HolderSession;
	readonly env: Room['env'];
	readonly ladder: Ladder;
	readonly fifos: Fifos;
}

interface Begin {
	/** In the words of `--user`. */
	readonly user: string;
	readonly runtime: ContainerRuntime;
	/** Removes the container. */
	readonly end: () => Promise<void>;
}

/** The room that a held container is. FB2106: nothing can be started in it. */
export async function makeContainerRoom(held: HeldRoom, begin: Begin): Promise<Room> {
	const { id, spec, directory, folders, session, env, fifos } = held;
	const owner = await beginIn(held, begin);
	const pipes = new Set<OutputPipe>();
	const ports = reachedPorts(session, join(directory, 'pipes'));
	let destroyed: Promise<{ readonly leftovers: number }> | undefined;
	const destroy = async () => {
		const { count = 0 } = await session.ask({ do: 'count' });
		// What another user owns can be removed in the container only.
		if (owner === 'another')
			await session.ask({ do: 'empty', paths: folders.filter(isOwn).map((folder) => folder.inside) });
		ports.close();
		session.close();
		await begin.end();
		for (const pipe of pipes) pipe.close();
		await fifos.close();
		await removeTree(directory);
		return { leftovers: count };
	};
	return {
		tier: 'container',
		workspace: `/__w/${spec.repository}/${spec.repository}`,
		temp: inside.temp,
		toolCache: inside.toolCache,
		home: inside.home,
		env,
		container: id,
		reach: ports.open,
		...filesOf(held, owner),
		run: (process) => runInside(held, pipes, process),
		destroy() {
			destroyed ??= destroy();
			return destroyed;
		},
	};
}

/** The tool cache outlives the room. */
function isOwn(folder: Folder): boolean {
	return folder.inside !== inside.toolCache;
}

/** Whom the job's files belong to on this machine: `another` is a user that this one cannot give files to. */
type Owner = FileOwner | 'present user' | 'another';

async function beginIn({ session, folders }: HeldRoom, { user, runtime }: Begin): Promise<Owner> {
	const name = `.footbridge-${randomUUID()}`;
	const { machine, node, bin } = runtime;
	const begun = await session.ask({ do: 'begin', user, probe: `${inside.temp}/${name}`, machine, node, bin });
	if (begun.error !== undefined) throw new ProblemError(notBegun(begun.error));
	const probe = join(folders.find((folder) => folder.inside === inside.temp)?.outside ?? '', name);
	const { uid, gid } = statSync(probe);
	unlinkSync(probe);
	const own = process.getuid?.();
	if (own === uid) return 'present user';
	if (own !== 0) return 'another';
	for (const { inside: path } of folders.filter(isOwn)) {
		const { error } = await session.ask({ do: 'own', path });
		if (error !== undefined) throw new ProblemError(notBegun(error));
	}
	return { uid, gid };
}

function notBegun(why: string) {
	return {
		code: 'FB2106',
		what: 'Nothing can be started in the container of the job',
		why,
		next: 'the engine must be on this machine, and the image must be of its platform',
	};
}

function filesOf({ folders, directory, session }: HeldRoom, owner: Owner): RoomFiles {
	const files = roomFiles(folders, typeof owner === 'object' ? owner : undefined, directory);
	const own = async (path: string) => {
		const { error } = await session.ask({ do: 'own', path });
		if (error !== undefined) throw new Error(error);
	};
	const given = owner === 'another' ? own : async () => undefined;
	return {
		...files,
		own,
		async put(path, content, mode) {
			await files.put(path, content, mode);
			await given(path);
		},
		async bring(path, fill) {
			const mounted = folders.find((folder) => folder.inside === path);
			if (mounted === undefined) await files.bring(path, fill);
			else await fillMounted(mounted.outside, directory, fill);
			await (mounted === undefined ? given(path) : own(path));
		},
	};
}

/** What is mounted stays, and what is brought goes into it. */
async function fillMounted(folder: string, directory: string, fill: (folder: string) => Promise<void>): Promise<void> {
	const outside = await mkdtemp(join(directory, 'bring-'));
	try {
		await fill(outside);
		for (const name of await readdir(outside)) await rename(join(outside, name), join(folder, name));
	} finally {
		await rm(outside, { recursive: true, force: true });
	}
}

async function runInside(held: HeldRoom, pipes: Set<OutputPipe>, step: RoomProcess): Promise<ProcessEnd> {
	const began = performance.now();
	const over = (end: Omit<ProcessEnd, 'durationMs'>): ProcessEnd => ({ ...end, durationMs: performance.now() - began });
	if (step.signal?.aborted === true) return over({ exitCode: null, signal: 'SIGINT' });
	if (step.trace !== undefined) openTrace(step.trace).close();
	const fifo = await held.fifos.take();
	// A second name, for the holder: opening it takes the first one away.
	const name = `${fifo}-in`;
	linkSync(fifo, name);
	const pipe = openOutputPipe(fifo);
	pipes.add(pipe);
	const following = pipe.follow(step.output);
	following.ended.catch(() => undefined);
	const program = held.session.run({
		argv: step.argv,
		env: { ...held.env, ...step.env },
		cwd: step.cwd,
		output: posix.join(inside.pipes, name.slice(held.directory.length + '/pipes/'.length)),
	});
	await program.started;
	pipe.closeWriter();
	unlinkSync(name);
	const { ladder } = held;
	const stop = () => program.stop(ladder.interruptMs, ladder.terminateMs);
	step.signal?.addEventListener('abort', stop, { once: true });
	if (isAborted(step)) stop();
	try {
		const exit = await Promise.race([program.exit, following.ended.then(() => program.exit)]);
		await Promise.race([following.ended, following.quiet()]);
		return over(endOf(held, exit));
	} catch (error) {
		program.stop(0, 0);
		await program.exit;
		throw error;
	} finally {
		step.signal?.removeEventListener('abort', stop);
		following.ignore();
	}
}

/** It may have come meanwhile, which the compiler cannot know. */
function isAborted({ signal }: RoomProcess): boolean {
	return signal?.aborted === true;
}

function endOf({ spec }: HeldRoom, exit: Awaited<RunningProgram['exit']>): Omit<ProcessEnd, 'durationMs'> {
	const { code, signal, error, isOutOfMemory } = exit;
	if (error !== undefined) return { exitCode: null, signal: null, error };
	const limit = spec.limits?.memoryBytes;
	const isLimit = isOutOfMemory === true && (code !== 0 || signal !== null);
	return {
		exitCode: code,
		signal,
		...(isLimit ? { limit: limit === undefined ? 'memory' : `memory limit ${shownBytes(limit)}` } : {}),
	};
}
