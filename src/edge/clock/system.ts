import { setTimeout as after } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** The machine's own time. */
export function systemClock(): Clock {
	return {
		now: () => Date.now(),
		monotonic: () => performance.now(),
		async sleep(ms, signal) {
			signal?.throwIfAborted();
			const end = performance.now() + ms;
			try {
				// Node fires a timer longer than 24.8 days at once.
				for (let rest = ms; rest > 0; rest = end - performance.now()) {
					await after(Math.min(rest, longestTimer), undefined, signal === undefined ? {} : { signal });
				}
			} catch (error) {
				signal?.throwIfAborted();
				throw error;
			}
		},
	};
}

const longestTimer = 2 ** 31 - 1;
