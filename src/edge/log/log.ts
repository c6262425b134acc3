import type { Result } from '#core/result.ts';

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
	/** All lines that match, counted, and the first of them. Never keeps others waiting; FB7013 or FB7014 for an expression that cannot be used. */
	search(key: string, search: LogSearch): Promise<Result<LogMatches>>;
	/** Whether somebody here writes it. */
	isOpen(key: string): boolean;
	/** Puts what `rewriter` makes of the texts of all lines in their place; each line keeps its number and time. Nobody may write the log meanwhile. */
	rewrite(key: string, rewriter: LogRewriter): Promise<{ readonly lines: number; readonly changed: number }>;
	/** Calls `listener` after new lines can be read (coalesced, at most ten times a second). */
	follow(key: string, listener: () => void): () => void;
}

export interface LogWriter {
	/** Appends lines (no line feeds inside) stamped with `at` (ms since the epoch); returns the number of the last line. */
	write(at: number, lines: readonly string[]): number;
	/** The same for lines as bytes, each with its line feed. Bytes that are not UTF-8 stay as they are. */
	append(at: number, lines: Uint8Array): number;
	/** The texts of all lines written so far, in blocks of whole lines, each line with its line feed. */
	texts(): AsyncIterable<Uint8Array>;
	/** Number of the last line written. */
	readonly line: number;
	/** Resolves when everything written is durable. */
	flush(): Promise<void>;
	close(): Promise<void>;
}

/** What lines are looked for. Colours and other control sequences are not part of a line's text. */
export interface LogSearch {
	readonly pattern: string;
	/** The pattern is a regular expression, else plain text. */
	readonly isRegex: boolean;
	/** Upper and lower case differ. Absent: they do not. */
	readonly isCaseSensitive?: boolean;
	/** Lines to give back at most. */
	readonly limit: number;
	readonly signal?: AbortSignal;
}

export interface LogMatches {
	/** All that match, whatever the limit is. */
	readonly total: number;
	/** Lines that were looked at. */
	readonly searched: number;
	readonly lines: readonly LogLine[];
}

/** Takes the texts of lines, with their line feeds, piece by piece, and gives back as many lines, at its own pace. */
export interface LogRewriter {
	push(texts: Uint8Array): Uint8Array;
	end(): Uint8Array;
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
