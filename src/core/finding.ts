/** The diagnosis of something that failed. Made by core/diagnosis, kept in an event, shown by every surface. */
export interface Finding {
	/** Who broke. */
	readonly verdict: 'code' | 'environment' | 'flaky' | 'platform' | 'unknown';
	/** `proved` only when an experiment showed it; else `suspected`. */
	readonly certainty: 'proved' | 'suspected';
	/** Machine-readable kind of the cause: `test-failure`, `permission`, `disk-full`, `missing-tool` ... */
	readonly class: string;
	/** One sentence that a person reads first. */
	readonly cause: string;
	readonly evidence: readonly Evidence[];
	/** What to do: a sentence, and the command that does it where there is one. */
	readonly next: string;
	readonly command?: string;
	/** The commit that is at fault, for verdict `code`. */
	readonly commit?: { readonly sha: string; readonly subject: string };
	/** The log line (1-based, of the failed job's log) that shows it best. */
	readonly logLine?: number;
	readonly durationMs: number;
}

export interface Evidence {
	/** `fact` needs no experiment; the others say which one gave it. */
	readonly from: 'fact' | 'snapshot' | 'trace' | 'rerun' | 'last-good-commit' | 'log';
	readonly what: string;
}
