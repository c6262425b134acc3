import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '#core/isolation/launch.ts';
import { identityOf, type ProcessIdentity, signal } from '../process.ts';
import type { Following, OutputPipe } from '../process-output.ts';
import { processTable, treeOf } from '../process-table.ts';
import type { ProcessEnd, RoomProcess } from './sandbox.ts';

/** How long a process that is to be stopped is given, in ms. */
export interface Ladder {
	/** After SIGINT, until SIGTERM. */
	readonly interruptMs: number;
	/** After SIGTERM, until SIGKILL. */
	readonly terminateMs: number;
}

/** What GitHub gives a cancelled step. */
export const usualLadder: Ladder = { interruptMs: 7500, terminateMs: 2500 };

/** One process tree, ready to be started. */
export interface Launch {
	readonly command: Command;
	/** The folder that the first program of the chain starts in. */
	readonly cwd: string;
	readonly pipe: OutputPipe;
	readonly ladder: Ladder;
	/** Given to the child as descriptor 3. */
	readonly extraDescriptor?: number;
	/** The first process only enters a room and waits there for the job's: a signal would end it too early. */
	readonly isEntrance: boolean;
	/** Told which process it is, at once. */
	readonly started?: (identity: ProcessIdentity) => void;
}

/** Starts the tree and waits for its end and its output. Rejects only with what `output` threw, after everything was killed. */
export async function runProcess(launch: Launch, { output, signal: abort }: RoomProcess): Promise<ProcessEnd> {
	const started = performance.now();
	const over = (end: Exit): ProcessEnd => ({ ...end, durationMs: performance.now() - started });
	if (abort?.aborted === true) {
		launch.pipe.closeWriter();
		return over({ exitCode: null, signal: 'SIGINT' });
	}
	const head: Uint8Array[] = [];
	let length = 0;
	const following = launch.pipe.follow((chunk) => {
		length += chunk.length;
		if (length <= headBytes) head.push(chunk);
		return output(chunk);
	});
	const { child, exit } = start(launch);
	const tree = child?.pid === undefined ? undefined : liveTree(child.pid, launch.isEntrance);
	if (child?.pid !== undefined) launch.started?.(identityOf(child.pid) ?? { pid: child.pid, startTime: 0 });
	const climb = () => {
		if (tree !== undefined) void descend(tree, launch.ladder, exit);
	};
	abort?.addEventListener('abort', climb, { once: true });
	try {
		const end = await Promise.race([exit, following.ended.then(() => exit)]);
		await drained(following);
		const why = length > headBytes ? undefined : whyNotStarted(end, Buffer.concat(head).toString());
		return over(why === undefined ? end : { ...end, error: why });
	} catch (error) {
		await descend(tree ?? { send: () => 0 }, { interruptMs: 0, terminateMs: 0 }, exit);
		throw error;
	} finally {
		abort?.removeEventListener('abort', climb);
		following.ignore();
	}
}

const headBytes = 1000;

async function drained(following: Following): Promise<void> {
	await Promise.race([following.ended, following.quiet()]);
}

type Exit = Pick<ProcessEnd, 'exitCode' | 'signal' | 'error'>;

function start({ command, cwd, pipe, extraDescriptor }: Launch): { child?: ChildProcess; exit: Promise<Exit> } {
	const [program = '', ...args] = command.argv;
	const { promise: exit, resolve } = Promise.withResolvers<Exit>();
	const fail = (error: unknown) =>
		resolve({ exitCode: null, signal: null, error: error instanceof Error ? error.message : String(error) });
	const stdio = [
		'ignore',
		pipe.writer,
		pipe.writer,
		...(extraDescriptor === undefined ? [] : [extraDescriptor]),
	] as const;
	try {
		const child = spawn(program, args, { env: command.env, cwd, detached: true, stdio: [...stdio] });
		// The system's own words name the program when it is the folder that is missing.
		child.once('error', (error) => fail(existsSync(cwd) ? error : new Error(`the folder ${cwd} is not there`)));
		child.once('exit', (exitCode, signalName) => resolve({ exitCode, signal: signalName }));
		return { child, exit };
	} catch (error) {
		// Arguments or an environment that are too large for the kernel.
		fail(error);
		return { exit };
	} finally {
		pipe.closeWriter();
	}
}

/** The programs before the job's own say in one line why they could not go on. */
function whyNotStarted({ exitCode }: Exit, head: string): string | undefined {
	if (exitCode === null || (exitCode !== 1 && exitCode < 125)) return undefined;
	return /^(?:\S*\/)?(?:env|chroot|setpriv|nsenter): (.+)\n$/.exec(head)?.[1];
}

interface Tree {
	/** How many processes were sent the signal. */
	send(name: NodeJS.Signals): number;
}

function liveTree(root: number, isEntrance: boolean): Tree {
	const seen = new Map<number, number>();
	return {
		send(name) {
			const table = processTable();
			if (table.length === 0) return signal(-root, name) ? 1 : 0;
			// Seen once, always a member: nothing ties a process to the tree when its parent ends.
			const known = table.filter((entry) => seen.get(entry.pid) === entry.startTime).map(({ pid }) => pid);
			const members = treeOf(new Set([root, ...known]), table);
			for (const { pid, startTime } of members) seen.set(pid, startTime);
			const targets = members.filter(({ pid }) => !(isEntrance && pid === root));
			for (const { pid } of targets) signal(pid, name);
			return targets.length;
		},
	};
}

async function descend(tree: Tree, ladder: Ladder, exit: Promise<Exit>): Promise<void> {
	let isOver = false;
	const over = exit.then(() => {
		isOver = true;
	});
	const rungs = [
		['SIGINT', ladder.interruptMs],
		['SIGTERM', ladder.terminateMs],
	] as const;
	for (const [name, ms] of rungs) {
		const end = performance.now() + ms;
		// A tree that has only just been started may have nobody in it yet.
		while (tree.send(name) === 0 && !isOver && performance.now() < end) await sleep(5);
		await within(over, end - performance.now());
		if (isOver) return;
	}
	while (!isOver) {
		tree.send('SIGKILL');
		await within(over, 20);
	}
}

/** Waits for a promise, at most `ms`, and leaves no timer behind. */
async function within(promise: Promise<void>, ms: number): Promise<void> {
	const timer = new AbortController();
	const late = sleep(Math.max(0, ms), undefined, { signal: timer.signal }).catch(() => undefined);
	await Promise.race([promise, late]);
	timer.abort();
}
