/** Requests of one minute to one version through one listener. */
export interface Count {
	readonly listener: string;
	readonly version: string;
	/** Minutes since the epoch. */
	readonly minute: number;
	readonly good: number;
	readonly bad: number;
	/** Sum of the durations in ms. */
	readonly sumMs: number;
}

/** Requests that were answered since somebody last asked. Good is below 500. */
export class Counts {
	readonly #counts = new Map<string, Count>();

	add(request: {
		readonly listener: string;
		readonly version: string;
		readonly status: number;
		readonly durationMs: number;
	}): void {
		const { listener, version, status, durationMs } = request;
		const minute = Math.floor(Date.now() / 60_000);
		const key = `${minute} ${version} ${listener}`;
		const before = this.#counts.get(key) ?? { listener, version, minute, good: 0, bad: 0, sumMs: 0 };
		const isGood = status < 500;
		this.#counts.set(key, {
			...before,
			good: before.good + (isGood ? 1 : 0),
			bad: before.bad + (isGood ? 0 : 1),
			sumMs: before.sumMs + durationMs,
		});
	}

	/** Hands the counts over: the next call starts from nothing. */
	take(): readonly Count[] {
		const counts = [...this.#counts.values()];
		this.#counts.clear();
		return counts;
	}
}
