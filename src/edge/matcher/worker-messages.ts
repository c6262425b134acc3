import type { ProblemMatcher } from '#core/job/problem-matcher.ts';

/** Lines of one stream, to be looked through with these matchers. */
export interface LinesRequest {
	/** State of matchers between lines is kept by this name. */
	readonly stream: string;
	readonly matchers: readonly ProblemMatcher[];
	readonly lines: readonly string[];
	/** Nothing more comes of this stream. */
	readonly isLast: boolean;
}

export interface LinesAnswer {
	readonly found: readonly FoundLine[];
	/** Owners of matchers whose expression took too long, once for each line. */
	readonly slow: readonly string[];
}

export interface FoundLine {
	/** Index in `lines`. */
	readonly line: number;
	readonly owner: string;
	readonly match: { readonly [part: string]: string };
}
