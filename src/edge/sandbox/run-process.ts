import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProcessEnd, RoomProcess } from './sandbox.ts';

/** How a step's process is started on this machine. */
export interface Launch {
	readonly argv: readonly string[];
	readonly env: { readonly [name: string]: string };
	readonly cwd?: string;
}

/** How long a process has after SIGINT, and then after SIGTERM, in ms. */
export interface Patience {
	readonly interruptMs: number;
	readonly terminateMs: number;
}

export const githubsPatience: Patience = { interruptMs: 7500, terminateMs: 2500 };

/** Output that stays open after the process has ended belongs to something it left behind; it is read for this long. */
const lingerMs = 500;

/**
 * Starts a process in a session of its own, hands its output on as it comes and as fast as it is taken, and climbs the ladder of
 * signals when it is cancelled. `signalTree` sends a signal to everything the process has started.
 */
export async function runProcess(
	launch: Launch,
	wanted: Pick<RoomProcess, 'output' | 'signal'>,
	tree: { readonly signalTree: (child: ChildProcess, signal: NodeJS.Signals) => void; readonly patience: Patience },
): Promise<ProcessEnd> {
	const began = performance.now();
	const [command = '', ...args] = launch.argv;
	let child: ChildProcess;
	try {
		child = spawn(command, args, {
			env: { ...launch.env },
			cwd: launch.cwd,
			detached: true,
			stdio: ['ignore', 'pipe', 'ignore'],
		});
	} catch (error) {
		return cannotStart(error, began);
	}
	const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
	try {
		await once(child, 'spawn');
	} catch (error) {
		exited.catch(() => {});
		return cannotStart(error, began);
	}
	const ladder = climb(child, wanted.signal, tree);
	const drained = drain(child, wanted.output);
	const [exitCode, signal] = await exited;
	ladder.stop();
	await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, lingerMs).unref())]);
	child.stdout?.destroy();
	await drained;
	return { exitCode, signal, durationMs: performance.now() - began };
}

async function drain(child: ChildProcess, output: RoomProcess['output']): Promise<void> {
	try {
		for await (const chunk of child.stdout ?? []) await output(chunk as Uint8Array);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
	}
}

function climb(
	child: ChildProcess,
	signal: AbortSignal | undefined,
	{
		signalTree,
		patience,
	}: { readonly signalTree: (child: ChildProcess, signal: NodeJS.Signals) => void; readonly patience: Patience },
): { stop(): void } {
	const timers: NodeJS.Timeout[] = [];
	const start = () => {
		signalTree(child, 'SIGINT');
		timers.push(setTimeout(() => signalTree(child, 'SIGTERM'), patience.interruptMs));
		timers.push(setTimeout(() => signalTree(child, 'SIGKILL'), patience.interruptMs + patience.terminateMs));
	};
	if (signal?.aborted === true) start();
	else signal?.addEventListener('abort', start, { once: true });
	return {
		stop: () => {
			signal?.removeEventListener('abort', start);
			for (const timer of timers) clearTimeout(timer);
		},
	};
}

function cannotStart(error: unknown, began: number): ProcessEnd {
	return {
		exitCode: null,
		signal: null,
		durationMs: performance.now() - began,
		error: error instanceof Error ? error.message : String(error),
	};
}
