import type { Annotation } from '#core/event.ts';
import type { Result } from '#core/result.ts';

/**
 * Problem matchers at work on the output of jobs. Their expressions come from jobs: one that takes too long must cost Footbridge
 * nothing but that matcher, and other jobs not even that.
 */
export interface Matchers {
	/** Opens the matchers of a job; none is there at first. */
	open(workspace: string): JobMatchers;
	close(): Promise<void>;
}

/** Reads the file of a matcher when its turn comes. */
export type MatcherFile = () => Promise<Result<string>>;

/** The matchers of one job. Everything happens in the order in which it is called. */
export interface JobMatchers {
	/** There are matchers, or there may soon be some: every line of output is to be handed over. */
	readonly isActive: boolean;
	/** Adds the matchers of a file before those that are there, in place of those with the same owner. */
	add(file: MatcherFile, path: string): void;
	/** Takes out the matcher of an owner. */
	remove(owner: string): void;
	/** Takes out the matchers that the file has. */
	removeOf(file: MatcherFile, path: string): void;
	/** The output of one process. */
	stream(): MatcherStream;
	close(): Promise<void>;
}

export interface MatcherStream {
	/** A line of output, with the number it has in the log. */
	line(text: string, logLine: number): void;
	/** Too many lines wait: resolves when more may come. */
	readonly behind: Promise<void> | undefined;
	/** What was found in the lines so far, and what is worth a warning in the log. Waits no longer once `signal` says so. */
	settle(signal?: AbortSignal): Promise<Found>;
}

export interface Found {
	readonly annotations: readonly Annotation[];
	readonly warnings: readonly string[];
}
