import type { Clock } from '#edge/clock/clock.ts';

/** Why and how a job is ended before its last step. */
export interface JobStop {
	/** What to end a step by that starts now: the job's own end, or, when that has come, the end of the time for cleaning up. */
	readonly signal: AbortSignal;
	/** Gives the job this much time from now; the first limit counts. */
	limit(minutes: number): void;
	/** Set once the job is to end. */
	readonly cause: StopCause | undefined;
	/** Frees the timers. */
	release(): void;
}

interface StopCause {
	readonly kind: 'cancelled' | 'timed-out';
	readonly why: string;
}

/** What steps with `always()` or `cancelled()` get after a job was cancelled, as on GitHub. */
const cleanUpMinutes = 5;

/** Timers hold no more than 24 days; who writes more means no limit. */
export function limitedMs(minutes: number): number {
	return Math.min(minutes * 60_000, 2 ** 31 - 1);
}

/** Ends a job when somebody cancels it, or when its time is over. */
export function watchForStop(clock: Clock, cancel: AbortSignal): JobStop {
	const job = new AbortController();
	const cleanUp = new AbortController();
	const timers = new AbortController();
	let cause: StopCause | undefined;

	const after = (time: number, act: () => void) => {
		clock.sleep(limitedMs(time), timers.signal).then(act, () => {});
	};
	const stop = (because: StopCause) => {
		if (cause !== undefined) return;
		cause = because;
		job.abort(new Error(because.why));
		after(cleanUpMinutes, () => cleanUp.abort(new Error(`cleaning up took longer than ${cleanUpMinutes} minutes`)));
	};
	const onCancel = () =>
		stop({ kind: 'cancelled', why: cancel.reason instanceof Error ? cancel.reason.message : 'it was cancelled' });

	if (cancel.aborted) onCancel();
	else cancel.addEventListener('abort', onCancel);
	return {
		get signal() {
			return cause === undefined ? job.signal : cleanUp.signal;
		},
		get cause() {
			return cause;
		},
		limit: (minutes) =>
			after(minutes, () => stop({ kind: 'timed-out', why: `the job took longer than its ${minutes} minutes` })),
		release() {
			cancel.removeEventListener('abort', onCancel);
			timers.abort();
		},
	};
}
