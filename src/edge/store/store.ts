import type { DeploymentItem, IncidentItem, Project, RunItem } from '#core/api.ts';
import type { AuditItem } from '#core/audit.ts';
import type { Event, Recorded } from '#core/event.ts';
import type { Register } from './register.ts';

/**
 * The event log and its projections.
 *
 * Life cycle: `open` (by wire.ts) -> append/read in any number -> `close`. One writer process.
 * `append` resolves when the events are durable (group commit); all events of one call are written together or not at all.
 * Subscribers get every event exactly once, in `seq` order, after it is durable, from the moment they subscribe.
 */
export interface Store {
	/** `expected` is the number of events that the caller has seen in the stream; a mismatch rejects with StreamMoved. */
	append(stream: string, by: string, events: readonly Event[], expected?: number): Promise<readonly Recorded[]>;
	/** One stream, oldest first. */
	read(stream: string): Promise<readonly Recorded[]>;
	/** The whole log after `seq`, at most `limit`, oldest first. */
	readAfter(seq: number, limit: number): Promise<readonly Recorded[]>;
	/** Highest seq, 0 when empty. */
	head(): Promise<number>;
	subscribe(listener: (recorded: Recorded) => void): () => void;

	/** Lists, from projections. Newest first; `before` is the `seq` cursor of the last row seen. */
	projects(): Promise<readonly ProjectRow[]>;
	runs(query: RunQuery): Promise<readonly RunRow[]>;
	deployments(query: DeploymentQuery): Promise<readonly DeploymentRow[]>;
	incidents(query: IncidentQuery): Promise<readonly IncidentRow[]>;
	audit(query: AuditQuery): Promise<readonly AuditItem[]>;
	/** The next number of a counter such as `run/<project>`; durable before it resolves, never given twice. */
	nextNumber(counter: string): Promise<number>;
	/** Drops every projection and folds the log again. */
	rebuild(): Promise<void>;

	/** Measured numbers, not events: good and bad counts a minute for one series (`<project>/<environment>/<source>`). */
	addSamples(samples: readonly Sample[]): Promise<void>;
	samples(series: string, fromMinute: number, toMinute: number): Promise<readonly Sample[]>;

	/** What is kept beside the log because it may be changed and erased: people, their sessions and tokens, secrets. */
	readonly register: Register;
	close(): Promise<void>;
}

/** Counts of one minute; `minute` is minutes since the epoch. Adding twice adds up. */
export interface Sample {
	readonly series: string;
	readonly minute: number;
	readonly good: number;
	readonly bad: number;
	/** Sum of durations in ms, for a mean. */
	readonly sumMs: number;
}

export type ProjectRow = Project;

export type RunRow = RunItem;

export interface RunQuery {
	readonly project?: string;
	/** Only these. Absent: all. */
	readonly projects?: readonly string[];
	readonly workflow?: string;
	readonly ref?: string;
	readonly sha?: string;
	readonly status?: readonly string[];
	readonly before?: number;
	readonly limit: number;
}

export type DeploymentRow = DeploymentItem;

export interface DeploymentQuery {
	readonly project?: string;
	/** Only these. Absent: all. */
	readonly projects?: readonly string[];
	readonly environment?: string;
	readonly status?: readonly string[];
	readonly before?: number;
	readonly limit: number;
}

export type IncidentRow = IncidentItem;

export interface IncidentQuery {
	readonly project?: string;
	/** Only these. Absent: all. */
	readonly projects?: readonly string[];
	readonly environment?: string;
	readonly isOpen?: boolean;
	readonly before?: number;
	readonly limit: number;
}

export interface AuditQuery {
	/** Acts in this project, and on its runs. */
	readonly project?: string;
	/** By this person, or done to them. */
	readonly person?: string;
	readonly before?: number;
	readonly limit: number;
}

/** Somebody else appended to the stream since the caller looked. */
export class StreamMoved extends Error {}

/** The part of a clock that stamps events. */
export interface WallClock {
	/** Milliseconds since the epoch. */
	now(): number;
}
