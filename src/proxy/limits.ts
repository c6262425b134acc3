/** How long the proxy waits, and how much it takes, from users and from versions. */
export interface Limits {
	/** From the first byte of a connection or the end of the request before, until all headers are there. */
	readonly headersMs: number;
	readonly headerBytes: number;
	/** Between two pieces of a request's body. */
	readonly bodyPauseMs: number;
	/** From a whole request until the answer's headers; what follows may take any time. */
	readonly answerMs: number;
	/** How long a connection without a request is kept open. */
	readonly idleMs: number;
}

/** What holds for users. */
export const usualLimits: Limits = {
	headersMs: 20_000,
	headerBytes: 32 * 1024,
	bodyPauseMs: 60_000,
	answerMs: 120_000,
	idleMs: 75_000,
};
