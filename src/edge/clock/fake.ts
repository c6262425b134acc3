import type { Clock } from './clock.ts';

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
	/** Moves time forward, waking sleepers in the order of their times; each sees the time it asked for, and may sleep again within. */
	advance(ms: number): Promise<void>;
	/** Moves to the earliest sleeper's time and wakes it; false when nobody sleeps. */
	advanceToNext(): Promise<boolean>;
	/** How many sleep now. */
	readonly sleepers: number;
}

/** Time for simulations: starts at `start` (ms since the epoch), and only `advance` moves it. */
export function fakeClock(start = 0): FakeClock {
	let elapsed = 0;
	// In the order of waking; equal times keep the order in which they went to sleep.
	const sleepers: Sleeper[] = [];

	const add = (sleeper: Sleeper) => {
		const index = sleepers.findIndex(({ at }) => at > sleeper.at);
		sleepers.splice(index < 0 ? sleepers.length : index, 0, sleeper);
	};
	const remove = (sleeper: Sleeper) => {
		const index = sleepers.indexOf(sleeper);
		if (index >= 0) sleepers.splice(index, 1);
	};
	const wakeUntil = async (until: number) => {
		await settled();
		for (let next = sleepers[0]; next !== undefined && next.at <= until; next = sleepers[0]) {
			elapsed = Math.max(elapsed, next.at);
			sleepers.shift();
			next.wake();
			await settled();
		}
		elapsed = Math.max(elapsed, until);
	};

	return {
		now: () => start + elapsed,
		monotonic: () => elapsed,
		sleep: (ms, signal) =>
			new Promise((resolve, reject) => {
				if (signal?.aborted === true) {
					reject(signal.reason);
					return;
				}
				const giveUp = () => {
					remove(sleeper);
					reject(signal?.reason);
				};
				const wake = () => {
					signal?.removeEventListener('abort', giveUp);
					resolve();
				};
				const sleeper = { at: elapsed + Math.max(0, ms), wake };
				add(sleeper);
				signal?.addEventListener('abort', giveUp, { once: true });
			}),
		advance: (ms) => wakeUntil(elapsed + ms),
		async advanceToNext() {
			await settled();
			const next = sleepers[0];
			if (next === undefined) return false;
			await wakeUntil(next.at);
			return true;
		},
		get sleepers() {
			return sleepers.length;
		},
	};
}

interface Sleeper {
	readonly at: number;
	readonly wake: () => void;
}

/** Until every promise that could go on has done so: a turn of the loop drains the whole queue of promise callbacks. */
function settled(): Promise<void> {
	return new Promise((resolve) => {
		setImmediate(resolve);
	});
}
