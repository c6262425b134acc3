import { setTimeout as sleep } from 'node:timers/promises';

export interface RequestCount {
	readonly requests: number;
	/** Not answered, or with 500 and above. */
	readonly failed: number;
	/** What the answers called themselves, in order of appearance. */
	readonly versions: readonly string[];
}

/** Asks an address again and again, as users do, until `stop`, which says how it went. */
export function startRequests(url: string, everyMs = 20): { stop(): Promise<RequestCount> } {
	let [requests, failed] = [0, 0];
	const versions = new Set<string>();
	const stopping = new AbortController();
	const loop = ask();
	return {
		stop: async () => {
			stopping.abort();
			await loop;
			return { requests, failed, versions: [...versions] };
		},
	};

	async function ask(): Promise<void> {
		while (!stopping.signal.aborted) {
			requests += 1;
			try {
				const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
				const { version } = (await answer.json()) as { version?: string };
				if (answer.status >= 500) failed += 1;
				else if (version !== undefined) versions.add(version);
			} catch {
				failed += 1;
			}
			await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
		}
	}
}
