/** System-call traces written by `RoomProcess.trace`. */
export interface Traces {
	/** Undefined when tracing works here, else one sentence why not. */
	available(): Promise<string | undefined>;
	/**
	 * The failing calls of a trace, as strace printed them, `unfinished`/`resumed` joined; at most `limit`, the last ones. Searches
	 * that found what they looked for elsewhere are left out; a connection that failed in the background has its real error.
	 */
	failures(path: string, limit: number): Promise<readonly string[]>;
	remove(path: string): Promise<void>;
}
