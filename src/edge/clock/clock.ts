/**
 * Time, injected. Everything outside `edge` and `cli` asks this port, so that a simulation owns the clock.
 * `now` is wall time in ms since the epoch; `monotonic` is for durations only.
 */
export interface Clock {
	now(): number;
	monotonic(): number;
	/** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
