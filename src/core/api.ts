import { z } from 'zod';
import type { Application } from './compose/application.ts';
import type { Instance } from './event.ts';
import type { Forecast } from './forecast.ts';
import type { Json, NotPlanned, Plan } from './plan.ts';
import type { Problem } from './result.ts';
import type { Deployment } from './rollout/deployment.ts';
import type { Run } from './run.ts';

/**
 * Requests and responses of `/api/v1`, shared by server, cli and web.
 *
 * GET  /projects                                  { items: Project[] }
 * POST /projects            AddProject         -> Project
 * GET  /runs?project&ref&status&before&limit      { items: RunItem[], next: number | null }
 * POST /plans               MakePlan           -> PlanView: what a run would be; nothing is started
 * POST /runs                StartRuns          -> StartedRuns
 * GET  /runs/:run                                 Run (core/run.ts; fold `events` after its `head` to stay current)
 * POST /runs/:run/cancel    Cancel             -> {}
 * POST /runs/:run/rerun     Rerun              -> { run }: the same run, its next attempt
 * GET  /runs/:run/jobs/:job/log?from&limit&attempt&wait  LogLines; waits up to `wait` seconds for line `from`
 * GET  /runs/:run/jobs/:job/log/search?q&limit&attempt  LogMatches
 * GET  /runs/:run/artifacts                       { items: ArtifactItem[] }
 * GET  /runs/:run/artifacts/:id/files             { items: { name, sizeBytes }[] }
 * GET  /runs/:run/artifacts/:id/content?file      the bytes of it, or of a file in it
 * GET  /environments?project                      { items: EnvironmentView[] }
 * GET  /environments/:project/:environment        EnvironmentView
 * GET  /deployments?project&environment&before&limit  { items: DeploymentItem[], next }
 * POST /deployments         StartDeployment    -> { deployment }
 * GET  /deployments/:deployment                   Deployment (core/rollout/deployment.ts) with `head`, as a Run
 * GET  /incidents?project&environment&open        { items: IncidentItem[], next }
 * GET  /metrics/:project/:environment?days        Metrics
 * GET  /events                                    SSE: `id: <seq>`, `data: Recorded`; resumes after `Last-Event-ID`, or `?after=`; without either: from now
 * Errors are `application/problem+json`: { type, title, status, problems: Problem[] }.
 */

/** Any JSON that is an object; its values are not looked into here. */
const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<{ readonly [name: string]: Json }>;

export const AddProject = z.object({ path: z.string().min(1) });
export const StartRuns = z.object({
	project: z.string(),
	/** `worktree`, or anything git resolves: branch, tag, sha. */
	at: z.string().default('HEAD'),
	workflow: z.string().optional(),
	jobs: z.array(z.string()).optional(),
	event: z.string().default('push'),
	/** Laid over the event's payload. */
	payload: jsonObject.optional(),
	/** Values of the inputs of `workflow_dispatch` and `workflow_call`. */
	inputs: jsonObject.optional(),
	/** Laid over the environment of every step. */
	env: z.record(z.string(), z.string()).optional(),
	/** Path filters are asked with what changed since this revision; empty: since the branch left the default branch. */
	changedSince: z.string().optional(),
	/** Only combinations of matrices that have these values. */
	matrix: z.record(z.string(), z.string()).optional(),
	/** The first failed job stops all others. */
	failFast: z.boolean().optional(),
	/** By job id: the step (id, name or number from 1) after which the job ends. */
	until: z.record(z.string(), z.string()).optional(),
	tier: z.enum(['host', 'sandbox', 'disposable', 'container']).optional(),
	secrets: z.record(z.string(), z.string()).default({}),
});
export const MakePlan = StartRuns.pick({
	project: true,
	at: true,
	workflow: true,
	event: true,
	payload: true,
	inputs: true,
	changedSince: true,
});
export const Rerun = z.object({
	/** Only jobs that did not pass, and what needs them. */
	failed: z.boolean().default(false),
	/** These jobs (ids or keys), and what needs them. */
	jobs: z.array(z.string()).optional(),
	/** The values that the run was started with are not kept. */
	secrets: z.record(z.string(), z.string()).default({}),
});
export const Cancel = z.object({ why: z.string().default('cancelled by a person') });
export const StartDeployment = z.object({
	project: z.string(),
	environment: z.string(),
	at: z.string().default('HEAD'),
});

export type StartRuns = z.infer<typeof StartRuns>;
export type Rerun = z.infer<typeof Rerun>;
export type MakePlan = z.infer<typeof MakePlan>;
export type StartDeployment = z.infer<typeof StartDeployment>;

export interface Project {
	readonly project: string;
	readonly path: string;
	readonly defaultBranch: string;
}

/** One row of a list of runs. */
export interface RunItem {
	readonly run: string;
	readonly seq: number;
	readonly project: string;
	readonly number: number;
	readonly workflow: string;
	readonly name: string;
	readonly event: string;
	readonly ref: string;
	readonly sha: string;
	readonly worktree: boolean;
	readonly subject: string;
	readonly status: string;
	readonly queuedAt: string;
	readonly startedAt: string | null;
	readonly finishedAt: string | null;
	readonly cause: string | null;
}

export interface PlanView {
	readonly plans: readonly Plan[];
	/** By workflow, then by job key: what will become of the job, as far as it can be told. */
	readonly forecasts: { readonly [workflow: string]: { readonly [job: string]: Forecast } };
	readonly notPlanned: readonly NotPlanned[];
	readonly broken: readonly { readonly workflow: string; readonly problems: readonly Problem[] }[];
}

export interface StartedRuns {
	readonly runs: readonly string[];
	readonly notPlanned: readonly NotPlanned[];
	/** Runs among `runs` that were refused have their problems in the run itself. */
	readonly sha: string;
	readonly isDirty: boolean;
}

export type RunView = Run & { readonly head: number };

export type DeploymentView = Deployment & { readonly head: number };

export interface LogLines {
	readonly total: number;
	readonly ended: boolean;
	readonly lines: readonly { readonly number: number; readonly at: string; readonly text: string }[];
}

export interface LogMatches {
	/** All that match, whatever the limit is. */
	readonly total: number;
	/** Lines that were looked at. */
	readonly searched: number;
	readonly lines: readonly { readonly number: number; readonly at: string; readonly text: string }[];
}

export interface DeploymentItem {
	readonly deployment: string;
	readonly seq: number;
	readonly project: string;
	readonly environment: string;
	readonly number: number;
	readonly purpose: string;
	readonly sha: string;
	readonly subject: string;
	readonly status: string;
	readonly requestedAt: string;
	readonly finishedAt: string | null;
	readonly reason: string | null;
}

export interface EnvironmentView {
	readonly project: string;
	readonly environment: string;
	/** Where users reach it, when something is live. */
	readonly url: string | null;
	readonly deploys: string | null;
	readonly live:
		| (DeploymentItem & {
				readonly application: Application;
				readonly instances: { readonly [service: string]: Instance & { readonly alive: boolean } };
		  })
		| null;
	/** What the proxy really does, checked now: the live deployment's id, another's, or null. */
	readonly serving: string | null;
	readonly healthy: boolean | null;
	readonly healthDetail: string | null;
	readonly deployments: readonly DeploymentItem[];
	readonly openIncident: IncidentItem | null;
}

export interface IncidentItem {
	readonly incident: string;
	readonly seq: number;
	readonly project: string;
	readonly environment: string;
	readonly number: number;
	readonly what: string;
	readonly impactStart: string;
	readonly impactEnd: string | null;
}

/** Every number with what it was made of; `null` is "no data", never 0. */
export interface Metrics {
	readonly days: number;
	readonly since: string;
	readonly objective: ObjectiveView;
	readonly dora: DoraView;
}

export interface ObjectiveView {
	readonly name: string;
	readonly target: number;
	readonly windowDays: number;
	readonly good: number;
	readonly bad: number;
	/** Share of good events, or null without events. */
	readonly indicator: number | null;
	/** Share of the error budget that is left; negative when overspent; null without events. */
	readonly budgetLeft: number | null;
	readonly burn: readonly { readonly window: string; readonly rate: number | null }[];
	/** Hour buckets for a sparkline, oldest first. */
	readonly series: readonly { readonly at: string; readonly good: number; readonly bad: number }[];
}

export interface DoraView {
	readonly deploymentFrequency: Measure;
	readonly leadTime: Measure;
	readonly changeFailRate: Measure;
	readonly recoveryTime: Measure;
}

export interface Measure {
	/** Deployments a week, ms, share 0..1, ms. Null: no data. */
	readonly value: number | null;
	/** How many things the value was made of. */
	readonly n: number;
	/** One sentence: what is counted and how. */
	readonly definition: string;
	/** `1 of 14`, `median of 7 changes` ... */
	readonly detail: string;
}

export interface ProblemResponse {
	readonly type: string;
	readonly title: string;
	readonly status: number;
	readonly problems: readonly Problem[];
}
