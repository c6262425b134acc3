import type { LogLines } from '#core/api.ts';
import { askLog, type LogAddress } from '../fetching.ts';

export type Line = LogLines['lines'][number];

/** One log as the page needs it: blocks of lines by number, fetched when they come into view, and its end as it grows. */
export interface LogFile {
	readonly state: LogState;
	subscribe(listener: () => void): () => void;
	/** The line, when its block is here. */
	line(number: number): Line | undefined;
	/** Sees to it that these lines come. */
	want(from: number, to: number): void;
	/** Lines by number, fetched if need be. */
	lines(from: number, to: number): Promise<readonly Line[]>;
	/** Follows the log until `stop`. */
	start(): () => void;
}

export interface LogState {
	/** Undefined until it is known. */
	readonly total: number | undefined;
	readonly ended: boolean;
	readonly error: unknown;
	/** Changes with everything that may be drawn differently. */
	readonly version: number;
}

const blockLines = 500;
/** Blocks that are kept: 30,000 lines. */
const keptBlocks = 60;
const waitSeconds = 15;
const retryMs = 1500;

/** Opens a log of the API. Nothing is fetched before `start`. */
export function openLog(address: LogAddress): LogFile {
	const blocks = new Map<number, Line[]>();
	const loading = new Set<number>();
	const listeners = new Set<() => void>();
	let state: LogState = { total: undefined, ended: false, error: undefined, version: 0 };
	let ending = new AbortController();

	const change = (part: Partial<LogState>) => {
		state = { ...state, ...part, version: state.version + 1 };
		for (const listener of listeners) listener();
	};
	const keep = (page: LogLines) => {
		for (const line of page.lines) {
			const number = blockOf(line.number);
			const block = blocks.get(number) ?? [];
			block[(line.number - 1) % blockLines] = line;
			// Put last: the map's order is the order of use.
			blocks.delete(number);
			blocks.set(number, block);
		}
		for (const number of blocks.keys()) {
			if (blocks.size <= keptBlocks) break;
			blocks.delete(number);
		}
		const total = Math.max(page.total, state.total ?? 0);
		change({ total, ended: page.ended, error: undefined });
	};
	const load = async (number: number) => {
		if (loading.has(number)) return;
		loading.add(number);
		const { signal } = ending;
		try {
			keep(await askLog(address, { from: number * blockLines + 1, limit: blockLines }, signal));
		} catch (error) {
			if (signal.aborted) return;
			change({ error });
			await pause(retryMs);
		} finally {
			loading.delete(number);
		}
	};
	const isWhole = (number: number) => {
		const block = blocks.get(number);
		if (block === undefined) return false;
		const length = Math.min(blockLines, (state.total ?? 0) - number * blockLines);
		for (let index = 0; index < length; index++) if (block[index] === undefined) return false;
		return true;
	};
	const follow = async (signal: AbortSignal) => {
		keep(await askLog(address, { from: 1, limit: 0 }, signal));
		while (!state.ended && !signal.aborted) {
			const from = (state.total ?? 0) + 1;
			keep(await askLog(address, { from, limit: blockLines, wait: waitSeconds }, signal));
		}
	};

	return {
		get state() {
			return state;
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		line: (number) => blocks.get(blockOf(number))?.[(number - 1) % blockLines],
		want(from, to) {
			const last = blockOf(Math.min(to, state.total ?? 0));
			for (let number = blockOf(from); number <= last; number++) if (!isWhole(number)) void load(number);
		},
		async lines(from, to) {
			const page = await askLog(address, { from, limit: Math.min(5000, to - from + 1) }, ending.signal);
			return page.lines;
		},
		start() {
			ending = new AbortController();
			const { signal } = ending;
			const keepFollowing = async () => {
				while (!signal.aborted && !state.ended) {
					await follow(signal).catch((error: unknown) => signal.aborted || change({ error }));
					if (!state.ended) await pause(retryMs);
				}
			};
			void keepFollowing();
			return () => ending.abort();
		},
	};
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const blockOf = (line: number) => Math.floor((Math.max(1, line) - 1) / blockLines);
