import { setTimeout as sleep } from 'node:timers/promises';
import { processTable, treeOf } from '../process-table.ts';
import type { Ladder } from './room-process.ts';

/** A program with all that it started. */
export class ProgramTree {
	isOver = false;
	readonly #root: number;
	readonly #seen = new Map<number, number>();

	constructor(root: number) {
		this.#root = root;
	}

	/** SIGINT to all of it, then SIGTERM, then SIGKILL, each after its time, until the program has ended. */
	async stop({ interruptMs, terminateMs }: Ladder): Promise<void> {
		const rungs = [
			['SIGINT', interruptMs],
			['SIGTERM', terminateMs],
		] as const;
		for (const [name, ms] of rungs) {
			this.#send(name);
			for (const end = performance.now() + ms; performance.now() < end; await sleep(5)) if (this.isOver) return;
		}
		for (; !this.isOver; await sleep(20)) this.#send('SIGKILL');
	}

	/** Seen once, always a member: nothing ties a process to the tree when its parent ends. */
	#send(name: NodeJS.Signals): void {
		const table = processTable();
		const known = table.filter((entry) => this.#seen.get(entry.pid) === entry.startTime).map(({ pid }) => pid);
		for (const { pid, startTime } of treeOf(new Set([this.#root, ...known]), table)) {
			this.#seen.set(pid, startTime);
			signal(pid, name);
		}
	}
}

/** Who has ended in the meantime needs no signal. */
function signal(pid: number, name: NodeJS.Signals): void {
	try {
		process.kill(pid, name);
	} catch {}
}
