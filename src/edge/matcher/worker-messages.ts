import type { Annotation } from '#core/event.ts';
import type { ProblemMatcher } from '#core/job/problem-matcher.ts';

/** Lines of one stream, to be looked through with these matchers. */
export interface LinesRequest {
	/** What matchers saw of a problem so far is kept by this name. */
	readonly stream: number;
	readonly workspace: string;
	/** The first one that finds a problem in a line has it. */
	readonly matchers: readonly ProblemMatcher[];
	readonly lines: readonly string[];
	/** Nothing more comes of this stream. */
	readonly isLast: boolean;
}

export interface LinesAnswer {
	readonly found: readonly FoundLine[];
	/** Matchers that are used no longer, because of their expressions. */
	readonly removed: readonly RemovedMatcher[];
	/** So much time was lost that no matcher of the job is used any longer. */
	readonly isOver: boolean;
}

export interface FoundLine {
	/** Index in `lines`. */
	readonly line: number;
	readonly annotation: Omit<Annotation, 'logLine'>;
}

export interface RemovedMatcher {
	readonly owner: string;
	readonly why: string;
}
