import type { Clock } from '#edge/clock/clock.ts';
import type { Storage } from './storage.ts';

const hourMs = 3_600_000;

/** Once at the start and then every hour, removes artifacts and caches that have had their time. */
export function keepTidy({ clock, storage }: { readonly clock: Clock; readonly storage: Pick<Storage, 'tidy'> }): {
	stop(): Promise<void>;
} {
	const stopping = new AbortController();
	const working = (async () => {
		while (!stopping.signal.aborted) {
			// Space that is freed an hour later is no harm; a run that cannot go on would be.
			await storage.tidy().catch((error: unknown) => console.error(error));
			await clock.sleep(hourMs, stopping.signal).catch(() => {});
		}
	})();
	return {
		stop: async () => {
			stopping.abort();
			await working;
		},
	};
}
