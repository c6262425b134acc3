import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CgroupPlace, refusalsOf, shownBytes, usageOf } from '#core/isolation/cgroup-files.ts';
import { type Cgroup, leaveInner, makeInner } from './cgroup.ts';
import type { Limits, ProcessEnd } from './sandbox.ts';

/** What a step takes is counted in groups of its own, below those of its room. */
export interface Accounting {
	/** Files that the step's first process writes 0 to. */
	readonly procs: readonly string[];
	/** Puts a process that runs already, and what it has started, into the groups: it need not wait for that, but what it takes in its first moments is not counted. */
	follow(pid: number): void;
	/** Adds what was counted, and the limit that ended the step, to its end. */
	close(end: ProcessEnd): ProcessEnd;
	/** Removes the groups; what is left in them is the room's. Nobody need wait for it: the next step may begin before. */
	leave(): void;
}

let steps = 0;

/** Begins to count one step of a room. */
export function openAccounting(outer: Cgroup, limits: Limits): Accounting {
	steps += 1;
	const inner = makeInner(outer, `step-${steps}`);
	const places = [...outer.places, ...inner.places];
	const isLimited = limits.memoryBytes !== undefined || limits.processes !== undefined;
	const refusals = () => (isLimited ? refusalsOf(places, readFrom) : { memory: 0, processes: 0 });
	const before = refusals();
	let isOver = false;
	return {
		// Where the step's own group could not be made, it is in the room's.
		procs: inner.places.length === outer.places.length ? inner.procs : [...outer.procs, ...inner.procs],
		follow(pid) {
			// The pid of a step that is over may be somebody else's.
			void moveTree(pid, inner.procs, () => isOver);
		},
		close(end) {
			isOver = true;
			const after = refusals();
			const usage = usageOf(inner.places, readFrom);
			const isFailed = end.exitCode !== 0;
			const limit = !isFailed
				? undefined
				: after.memory > before.memory && limits.memoryBytes !== undefined
					? `memory limit ${shownBytes(limits.memoryBytes)}`
					: after.processes > before.processes && limits.processes !== undefined
						? `limit of ${limits.processes} processes`
						: undefined;
			return {
				...end,
				...(Object.keys(usage).length === 0 ? {} : { usage }),
				...(limit === undefined ? {} : { limit }),
			};
		},
		leave: () => leaveInner(inner, outer),
	};
}

/** A process that was started meanwhile by one that was moved is where that one is. */
async function moveTree(pid: number, procs: readonly string[], isOver: () => boolean): Promise<void> {
	const moved = new Set<number>();
	const open = [pid];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		if (moved.has(next)) continue;
		moved.add(next);
		for (const file of procs) {
			if (isOver()) return;
			await writeFile(file, String(next)).catch(() => undefined);
		}
		open.push(...childrenOf(next));
	}
}

function childrenOf(pid: number): readonly number[] {
	try {
		const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
		return text === '' ? [] : text.split(' ').map(Number);
	} catch {
		return [];
	}
}

function readFrom({ path }: CgroupPlace, file: string): string | undefined {
	try {
		return readFileSync(join(path, file), 'utf8');
	} catch {
		return undefined;
	}
}
