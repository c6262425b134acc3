import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessIdentity, signal } from '../process.ts';
import type { Following, OutputPipe } from '../process-output.ts';
import type { Exit, Started } from '../process-start.ts';
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
	/** Starts it with this descriptor as its output. */
	readonly start: (output: number) => Promise<Started>;
	readonly pipe: OutputPipe;
	readonly ladder: Ladder;
	/** The first process only enters a room and waits there for the job's: a signal would end it too early. */
	readonly isEntrance: boolean;
	/** Told which process it is, at once. */
	readonly started?: (identity: ProcessIdentity) => void;
	/** Makes who would tell of its start and its end tell that it cannot, where a job could hold it up. */
	readonly giveUp?: () => void;
}

/** Starts the tree and waits for its end and its output. Rejects only with what `output` threw, after everything was killed. */
export async function runProcess(launch: Launch, { output, signal: abort }: RoomProcess): Promise<ProcessEnd> {
	const began = performance.now();
	const over = (end: Exit): ProcessEnd => ({ ...end, durationMs: performance.now() - began });
	const isAborted = () => abort?.aborted === true;
	if (isAborted()) {
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
	// What `output` throws before the program is known to run is told behind that.
	following.ended.catch(() => undefined);
	const { identity, exit } = await started(launch, abort);
	const tree = identity === undefined ? undefined : liveTree(identity.pid, launch.isEntrance);
	if (identity !== undefined) launch.started?.(identity);
	const climb = () => {
		if (tree !== undefined) void descend(tree, launch, exit);
	};
	abort?.addEventListener('abort', climb, { once: true });
	// It may have come while the program was being started.
	if (isAborted()) climb();
	try {
		const end = await Promise.race([exit, following.ended.then(() => exit)]);
		await drained(following);
		const why = length > headBytes ? undefined : whyNotStarted(end, Buffer.concat(head).toString());
		return over(why === undefined ? end : { ...end, error: why });
	} catch (error) {
		const ladder = { interruptMs: 0, terminateMs: 0 };
		await descend(tree ?? { send: () => 0 }, { ...launch, ladder }, exit);
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

/** Starts it, and closes this process's own end of the pipe: from then on the pipe ends when the tree does. */
async function started({ start, pipe, ladder, giveUp }: Launch, abort: AbortSignal | undefined): Promise<Started> {
	let timer: NodeJS.Timeout | undefined;
	const limit = () => {
		timer = setTimeout(() => giveUp?.(), ladder.interruptMs + ladder.terminateMs);
	};
	abort?.addEventListener('abort', limit, { once: true });
	try {
		return await start(pipe.writer);
	} finally {
		abort?.removeEventListener('abort', limit);
		clearTimeout(timer);
		pipe.closeWriter();
	}
}

/** The programs before the job's own say in one line why they could not go on. */
function whyNotStarted({ exitCode }: Exit, head: string): string | undefined {
	if (exitCode === null || (exitCode !== 1 && exitCode < 125)) return undefined;
	return /^(?:\S*\/)?(?:env|chroot|setpriv|unshare|nsenter): (.+)\n$/.exec(head)?.[1];
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

async function descend(
	tree: Tree,
	{ ladder, giveUp }: Pick<Launch, 'ladder' | 'giveUp'>,
	exit: Promise<Exit>,
): Promise<void> {
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
	for (const end = performance.now() + untoldMs; !isOver; ) {
		if (tree.send('SIGKILL') === 0 && performance.now() > end) giveUp?.();
		await within(over, 20);
	}
}

/** How long nobody of the tree may be left without its end being told. */
const untoldMs = 1000;

/** Waits for a promise, at most `ms`, and leaves no timer behind. */
async function within(promise: Promise<void>, ms: number): Promise<void> {
	const timer = new AbortController();
	const late = sleep(Math.max(0, ms), undefined, { signal: timer.signal }).catch(() => undefined);
	await Promise.race([promise, late]);
	timer.abort();
}
