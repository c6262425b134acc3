/** How often something failed of late. */
export interface Failures {
	readonly count: number;
	/** Ms since the epoch. */
	readonly lastAt: number;
}

export interface BackOff {
	/** Failures that cost no waiting. */
	readonly free: number;
	/** The longest wait, in ms. */
	readonly mostMs: number;
}

/** Wrong passwords of one account, from wherever they come. */
export const accountBackOff: BackOff = { free: 5, mostMs: 15 * 60_000 };
/** Wrong passwords, links, codes and tokens from one address, whatever account they are for. */
export const addressBackOff: BackOff = { free: 30, mostMs: 15 * 60_000 };

const forgetMs = 60 * 60_000;

/** Ms to wait before the next try: none at first, then a second, then twice as long each time. */
export function waitMs(failures: Failures | undefined, { free, mostMs }: BackOff, now: number): number {
	if (failures === undefined || failures.count < free) return 0;
	const wait = Math.min(mostMs, 1000 * 2 ** Math.min(30, failures.count - free));
	return Math.max(0, failures.lastAt + wait - now);
}

/** The failures with one more; those of more than an hour ago count no more. */
export function failedAgain(failures: Failures | undefined, now: number): Failures {
	return { count: isForgotten(failures, now) ? 1 : (failures?.count ?? 0) + 1, lastAt: now };
}

/** Whether nothing failed for so long that it may be forgotten. */
export function isForgotten(failures: Failures | undefined, now: number): boolean {
	return failures === undefined || now - failures.lastAt > forgetMs;
}
