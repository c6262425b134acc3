import type { Annotation } from '#core/event.ts';
import type { Result } from '#core/result.ts';

/**
 * Problem matchers at work on the output of jobs. Their expressions come from jobs: one that takes too long must cost Footbridge
 * nothing but that matcher.
 */
export interface Matchers {
	/** Opens the matchers of a job; none is there at first. */
	open(workspace: string): JobMatchers;
	close(): Promise<void>;
}

/** The matchers of one job. Everything happens in the order in which it is called. */
export interface JobMatchers {
	/** The matchers of a file; one with an owner that is there already takes its place. */
	add(file: Promise<Result<string>>, path: string): void;
	remove(owner: string): void;
	/** The output of one process. */
	stream(): MatcherStream;
	close(): void;
}

export interface MatcherStream {
	/** A line of output, with the number it has in the log. */
	line(text: string, logLine: number): void;
	/** What was found in the lines so far, and what is worth a warning in the log. */
	settle(): Promise<Found>;
}

export interface Found {
	readonly annotations: readonly Annotation[];
	readonly warnings: readonly string[];
}
