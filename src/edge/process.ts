import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, ProblemError } from '#core/result.ts';
import { type ProcessEntry, processEntry, processTable, treeOf } from './process-table.ts';

/** Names one process for ever: pids are used again, a pid with its start is not. */
export interface ProcessIdentity {
	readonly pid: number;
	/** Clock ticks since boot; 0 where the platform has no /proc. */
	readonly startTime: number;
}

/** What a detached process is started from. */
export interface DetachedProcess {
	readonly argv: readonly string[];
	/** The whole environment; nothing of Footbridge's own is added. */
	readonly env: { readonly [name: string]: string };
	readonly cwd: string;
	/** stdout and stderr are appended here; made with mode 0640 when missing. */
	readonly logFile: string;
	readonly uid?: number;
	readonly gid?: number;
}

/** The identity of a living process; undefined when there is none with this pid (a zombie is none). */
export function identityOf(pid: number): ProcessIdentity | undefined {
	const entry = processEntry(pid);
	if (entry !== undefined) return { pid, startTime: entry.startTime };
	return process.platform !== 'linux' && signal(pid, 0) ? { pid, startTime: 0 } : undefined;
}

/** Whether this very process still runs; a zombie does not, nor does another process that was given the pid since. */
export function isAlive(identity: ProcessIdentity): boolean {
	return identityOf(identity.pid)?.startTime === identity.startTime;
}

/**
 * Starts a process in a session of its own that outlives Footbridge.
 * Rejects with a ProblemError FB0110 when it cannot be started: no such program, folder or right.
 */
export function startDetached(options: DetachedProcess): Promise<ProcessIdentity> {
	const [program = '', ...args] = options.argv;
	return new Promise((resolve, reject) => {
		const refuse = (error: unknown) => reject(new ProblemError(notStarted(options, error), { cause: error }));
		let log: number;
		try {
			log = openSync(options.logFile, 'a', 0o640);
		} catch (error) {
			refuse(error);
			return;
		}
		try {
			const child = spawn(program, args, {
				env: options.env,
				cwd: options.cwd,
				detached: true,
				stdio: ['ignore', log, log],
				...(options.uid === undefined ? {} : { uid: options.uid }),
				...(options.gid === undefined ? {} : { gid: options.gid }),
			});
			child.once('error', refuse);
			// Read before the next turn of the loop, in which a process that ended at once is reaped.
			const identity = child.pid === undefined ? undefined : startedIdentity(child.pid);
			child.once('spawn', () => identity !== undefined && resolve(identity));
			child.unref();
		} catch (error) {
			refuse(error);
		} finally {
			closeSync(log);
		}
	});
}

function startedIdentity(pid: number): ProcessIdentity {
	return identityOf(pid) ?? { pid, startTime: 0 };
}

function notStarted({ argv, cwd }: DetachedProcess, error: unknown): Problem {
	const why = error instanceof Error ? error.message : String(error);
	return {
		code: 'FB0110',
		what: `${argv[0]} could not be started`,
		why,
		where: cwd,
		next: 'check that the program and the folder exist and may be used',
	};
}

/**
 * Ends a process and everything of its tree: SIGTERM, after `graceMs` SIGKILL. Resolves when nothing of it is left; rejects with
 * a ProblemError FB0111 when that cannot be reached.
 * The tree is what descends from the process or is in a session or group that it or a descendant leads. A process whose pid
 * was given to another one since is left alone.
 */
export async function killTree(identity: ProcessIdentity, graceMs: number): Promise<void> {
	// What was seen once stays a member: when its parent ends, nothing else ties it to the tree.
	const members = new Map<number, ProcessIdentity>();
	const look = (): readonly ProcessIdentity[] => {
		for (const entry of livingTree(identity, members)) members.set(entry.pid, entry);
		return [...members.values()].filter(isAlive);
	};
	const send = (name: NodeJS.Signals) => {
		for (const { pid } of look()) signal(pid, name);
		if (process.platform !== 'linux') signal(-identity.pid, name);
	};
	const isGone = () => look().length === 0 && (process.platform === 'linux' || !signal(-identity.pid, 0));
	send('SIGTERM');
	// A stopped process acts on SIGTERM only when it goes on.
	send('SIGCONT');
	for (const end = performance.now() + graceMs; performance.now() < end; ) {
		if (isGone()) return;
		await sleep(pollMs);
	}
	for (const end = performance.now() + killMs; performance.now() < end; ) {
		send('SIGKILL');
		await sleep(pollMs);
		if (isGone()) return;
	}
	throw new ProblemError(notEnded(look()));
}

const pollMs = 10;

/** The kernel ends a killed process within milliseconds, unless it hangs in a device or is not ours to kill. */
const killMs = 10_000;

function notEnded(left: readonly ProcessIdentity[]): Problem {
	return {
		code: 'FB0111',
		what: `${left.length} processes could not be ended`,
		why: 'they belong to another user, or hang in the kernel (state D in ps)',
		where: `pid ${left.map(({ pid }) => pid).join(', ')}`,
		next: 'look at them with ps, then end them as their user or restart the machine',
	};
}

/** The processes of the tree that are alive now, looked up from its root and from members seen before. */
function livingTree(
	root: ProcessIdentity,
	seen: ReadonlyMap<number, ProcessIdentity> = new Map(),
): readonly ProcessEntry[] {
	const current = identityOf(root.pid);
	// While a session or group of that id lives, the kernel gives the pid to nobody: without the root they are still its.
	const isReused = current !== undefined && current.startTime !== root.startTime;
	const roots = new Set([...seen.values()].filter(isAlive).map(({ pid }) => pid));
	if (!isReused) roots.add(root.pid);
	return roots.size === 0 ? [] : treeOf(roots, processTable());
}

/** The living processes below a process, without itself. */
export function descendantsOf(identity: ProcessIdentity): readonly ProcessEntry[] {
	return livingTree(identity).filter(({ pid }) => pid !== identity.pid);
}

/** Sends a signal (0 asks only); false when there is no such process or it is not ours to signal. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
	try {
		process.kill(pid, name);
		return true;
	} catch {
		return false;
	}
}
