/** Asks a URL once, as a user would. Never rejects: what went wrong is in `detail`. */
export interface Probe {
	ask(url: string, timeoutMs: number): Promise<ProbeAnswer>;
}

export interface ProbeAnswer {
	/** Answered below 500 in time. */
	readonly good: boolean;
	/** `HTTP 200`, `connection refused` ... */
	readonly detail: string;
	readonly durationMs: number;
}
