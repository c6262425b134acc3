import type { Annotation, Commit, Status, StepResult, Tier, Usage } from './event.ts';
import type { Finding } from './finding.ts';
import type { Concurrency, Json, Plan, PlannedJob, Trigger } from './plan.ts';
import type { Problem } from './result.ts';
import type { EnvironmentSnapshot } from './snapshot.ts';

/**
 * A plan happening at a commit.
 *
 *   queued ──► running ──► passed | failed | cancelled | skipped
 *      └── refused (a workflow that cannot run) is `failed` with problems and no jobs
 *
 *   job: queued ──► running ──► passed | failed | cancelled
 *          │           └── lost (Footbridge or the machine stopped) ──► queued again, once
 *          ├──► skipped | cancelled
 *          └──► replaced by the jobs of its matrix, when only its needs tell what they are
 *
 *   A job that calls a workflow is running from the moment that the called workflow's jobs are the run's too, until all of
 *   these have ended. A rerun queues jobs again: the run's next attempt.
 */
export interface Run {
	readonly id: string;
	readonly seq: number;
	readonly project: string;
	readonly number: number;
	readonly workflow: string;
	readonly name: string;
	/** What the run is about, when the workflow says so (`run-name`). */
	readonly title?: string;
	readonly trigger: Trigger;
	readonly commit: Commit;
	/** URL of the repository's `origin`, where it has one. */
	readonly origin?: string;
	/** Counts from 1; each rerun is one more. */
	readonly attempt: number;
	readonly status: Status;
	readonly queuedAt: string;
	readonly startedAt?: string;
	readonly finishedAt?: string;
	/** Why somebody asked to cancel it. */
	readonly cancel?: string;
	readonly tier?: Tier;
	/** Laid over the environment of every step. */
	readonly env: { readonly [name: string]: string };
	/** The context `vars`. */
	readonly vars: { readonly [name: string]: string };
	/** The first failed job stops all others. */
	readonly failFast: boolean;
	/** By job id: the index of the step after which the job ends. */
	readonly until: { readonly [job: string]: number };
	/** Combinations that were asked for: only those that have these values. */
	readonly matrix: { readonly [key: string]: string };
	readonly concurrency?: Concurrency;
	/** Its turn in the concurrency group has come. */
	readonly hasTurn: boolean;
	readonly secrets: readonly string[];
	readonly problems: readonly Problem[];
	/** With the jobs as far as they are known now. */
	readonly plan: Plan;
	readonly jobs: readonly Job[];
}

export interface Job {
	readonly key: string;
	readonly id: string;
	readonly name: string;
	readonly needs: readonly string[];
	/** Key of the job that calls the workflow this one stands in. */
	readonly parent?: string;
	readonly status: Status;
	/** 0 before the first. */
	readonly attempt: number;
	/** Attempts that the machine or Footbridge, not the job, ended, since it was last asked for. */
	readonly lost: number;
	/** Its turn in the concurrency group has come. */
	readonly hasTurn: boolean;
	/** Values of the inputs of the workflow that it calls. */
	readonly inputs?: { readonly [name: string]: Json };
	readonly tier?: Tier;
	readonly reason?: string;
	/** Why it was skipped, cancelled, lost or failed without a failing step. */
	readonly why?: string;
	readonly startedAt?: string;
	readonly finishedAt?: string;
	readonly outputs: { readonly [name: string]: string };
	readonly steps: readonly Step[];
	readonly problems: readonly Problem[];
	readonly snapshot?: EnvironmentSnapshot;
	readonly diagnosis: 'none' | 'running' | 'done';
	readonly finding?: Finding;
	/** Where what it deployed can be seen. */
	readonly environmentUrl?: string;
}

export interface Step {
	/** In the file from 0; what actions do before the first step has negative ones, what they do after the last goes on. */
	readonly index: number;
	/** Set when it is what an action does before the first step, or after the last. */
	readonly phase?: 'pre' | 'post';
	readonly name: string;
	readonly status: Status;
	readonly outcome?: StepResult;
	readonly exitCode?: number;
	readonly signal?: string;
	readonly why?: string;
	/** Skipped because what it is for lies outside of this machine's reach. */
	readonly isUnreached?: true;
	readonly startedAt?: string;
	readonly durationMs?: number;
	readonly firstLine?: number;
	readonly lastLine?: number;
	readonly summary?: string;
	readonly annotations: readonly Annotation[];
	readonly usage?: Usage;
}

/** The job as the plan has it. */
export function plannedJob(run: Run, key: string): PlannedJob {
	const planned = run.plan.jobs.find((job) => job.key === key);
	if (planned === undefined) throw new Error(`the plan of run ${run.id} has no job ${key}`);
	return planned;
}

export function isEnded(status: Status): boolean {
	return status === 'passed' || status === 'failed' || status === 'cancelled' || status === 'skipped';
}

/** What a job is before it begins, the first time and each time again. */
export const notBegun = {
	status: 'queued',
	lost: 0,
	hasTurn: false,
	outputs: {},
	steps: [],
	problems: [],
	diagnosis: 'none',
} as const satisfies Partial<Job>;
