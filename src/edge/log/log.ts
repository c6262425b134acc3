/**
 * Logs of jobs: files, masked before they come here, readable with `cat`.
 *
 * Life cycle: `writer` once an attempt -> `write` of whole lines -> `close`. Readers may read while it is written.
 * A key is `<run>/<job>.<attempt>`; characters that are unsafe in a file name are escaped by the implementation.
 * A line is `<ISO time> <text>`; text holds no line feed. What was flushed survives a crash; a torn last line is shown as it is.
 */
export interface Logs {
	writer(key: string): LogWriter;
	/** Lines `from` (1-based) on, at most `limit`. `total` counts the lines there are now. */
	read(key: string, from: number, limit: number): Promise<LogPage>;
	/** Calls `listener` after new lines can be read (coalesced, at most ten times a second). */
	follow(key: string, listener: () => void): () => void;
}

export interface LogWriter {
	/** Appends lines (no line feeds inside) stamped with `at` (ms since the epoch); returns the number of the last line. */
	write(at: number, lines: readonly string[]): number;
	/** Number of the last line written. */
	readonly line: number;
	/** Resolves when everything written is durable. */
	flush(): Promise<void>;
	close(): Promise<void>;
}

export interface LogPage {
	readonly total: number;
	readonly lines: readonly LogLine[];
}

export interface LogLine {
	readonly number: number;
	readonly at: string;
	readonly text: string;
}
