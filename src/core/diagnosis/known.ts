import type { Commit } from '../event.ts';
import type { Problem } from '../result.ts';
import type { TellingLine } from './log-reading.ts';
import type { MissingRight } from './missing-right.ts';
import type { Difference } from './snapshot-difference.ts';
import type { Suspect } from './suspect.ts';

/** What an experiment came to, for the step that had failed. */
export type Outcome =
	| { readonly came: 'pass' }
	/**
	 * `elsewhere`: it was another step that failed, which tells nothing of the one in question. `differently`: it was the step, but it
	 * ended or complained in another way than the failed one.
	 */
	| { readonly came: 'fail'; readonly elsewhere?: string; readonly differently?: string }
	/** Tried twice, it failed and passed. */
	| { readonly came: 'both' }
	/** The tried commit does not have the step. */
	| { readonly came: 'no-such-step' }
	| { readonly came: 'not-run'; readonly why: string };

/** Everything that is known about one failed job. */
export interface Known {
	/** Name of the failed step; absent when the job failed without one. */
	readonly step?: string;
	readonly job: string;
	readonly exitCode?: number;
	readonly signal?: string;
	/** What the runner says of the end of the step, or of the job when no step failed. */
	readonly why?: string;
	/** Of a job that could not be started. */
	readonly problems: readonly Problem[];
	readonly commit: Commit;
	/** The failed commit holds uncommitted changes. */
	readonly isUncommitted: boolean;
	/** The failed commit once more, in today's environment. */
	readonly again: Outcome;
	/** The last good commit in today's environment; absent when the job never passed before. */
	readonly lastGood?: { readonly outcome: Outcome; readonly commit: Commit; readonly runNumber: number };
	/** The failed commit once more with the missing right given in the room alone; absent when that was not tried. */
	readonly repair?: Outcome;
	/** First-parent commits from the last good one (not in it) to the failed one, newest first. */
	readonly commits: readonly Commit[];
	/** The one of them that broke it, when experiments (or their number) say which. */
	readonly culprit?: Commit;
	/** How many of them were tried to find it. */
	readonly tried: number;
	/** Between the surroundings of the last good run and those of the failed one. */
	readonly differences: readonly Difference[];
	readonly suspects: readonly Suspect[];
	/** For the first suspect, when a right was missing. */
	readonly right?: LostRight;
	/** Ports that were listened on in the last good run, and now. */
	readonly ports: { readonly before: ReadonlySet<string>; readonly now: ReadonlySet<string> };
	readonly line?: TellingLine;
	/** A host that the log says cannot be found by its name. */
	readonly unknownHost?: string;
	/** The log says that no container engine answers. */
	readonly lacksEngine?: true;
	readonly durationMs: number;
}

/** A missing right with where its path is on this machine. */
export type LostRight = MissingRight & { readonly machinePath: string };
