import type { RunView } from '#core/api.ts';
import type { Annotation, Usage } from '#core/event.ts';
import type { Finding } from '#core/finding.ts';
import type { NotPlanned } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { Job, Step } from '#core/run.ts';
import type { NotAffected } from './changed.ts';
import type { FirstError } from './error.ts';

/** What `run --json` and `rerun --json` print: docs/cli-json.md. Fields are only ever added; a change of one makes a new schema. */
export interface RunDocument {
	readonly schema: 'footbridge.run/1';
	/** Of the command. */
	readonly exitCode: number;
	readonly sha: string | null;
	readonly isDirty: boolean;
	/** Of the server's pages, when one runs. */
	readonly url: string | null;
	readonly runs: readonly RunRecord[];
	readonly notPlanned: readonly NotPlanned[];
	readonly notAffected: readonly NotAffected[];
}

interface RunRecord {
	readonly id: string;
	readonly number: number;
	readonly project: string;
	readonly workflow: string;
	readonly name: string;
	readonly title: string | null;
	readonly status: string;
	readonly attempt: number;
	readonly event: string;
	readonly ref: string;
	readonly sha: string;
	/** The commit below an uncommitted work tree. */
	readonly worktreeOf: string | null;
	readonly queuedAt: string;
	readonly startedAt: string | null;
	readonly finishedAt: string | null;
	readonly durationMs: number | null;
	readonly cancel: string | null;
	readonly problems: readonly Problem[];
	readonly jobs: readonly JobRecord[];
}

interface JobRecord {
	readonly key: string;
	readonly id: string;
	readonly name: string;
	readonly needs: readonly string[];
	readonly status: string;
	readonly attempt: number;
	readonly tier: string | null;
	/** Why it ran there. */
	readonly reason: string | null;
	readonly why: string | null;
	readonly startedAt: string | null;
	readonly finishedAt: string | null;
	readonly durationMs: number | null;
	readonly outputs: { readonly [name: string]: string };
	readonly environmentUrl: string | null;
	readonly steps: readonly StepRecord[];
	readonly problems: readonly Problem[];
	readonly firstError: FirstError | null;
	readonly finding: Finding | null;
}

interface StepRecord {
	/** From 1; what actions do before the first step counts up to 0, what they do after the last goes on. */
	readonly number: number;
	readonly phase: 'pre' | 'main' | 'post';
	readonly name: string;
	readonly status: string;
	/** Before `continue-on-error`. */
	readonly outcome: string | null;
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly why: string | null;
	readonly startedAt: string | null;
	readonly durationMs: number | null;
	/** In the job's log. */
	readonly firstLine: number | null;
	readonly lastLine: number | null;
	readonly annotations: readonly Annotation[];
	readonly usage: Usage | null;
}

/** A run as the document has it: without what the workflow file says anyway. */
export function runRecord(run: RunView, errors: ReadonlyMap<string, FirstError>): RunRecord {
	const { trigger } = run;
	return {
		id: run.id,
		number: run.number,
		project: run.project,
		workflow: run.workflow,
		name: run.name,
		title: run.title ?? null,
		status: run.status,
		attempt: run.attempt,
		event: trigger.event,
		ref: trigger.ref,
		sha: trigger.sha,
		worktreeOf: trigger.worktreeOf ?? null,
		queuedAt: run.queuedAt,
		startedAt: run.startedAt ?? null,
		finishedAt: run.finishedAt ?? null,
		durationMs: between(run.queuedAt, run.finishedAt),
		cancel: run.cancel ?? null,
		problems: run.problems,
		jobs: run.jobs.map((job) => jobRecord(job, errors.get(job.key))),
	};
}

function jobRecord(job: Job, error: FirstError | undefined): JobRecord {
	return {
		key: job.key,
		id: job.id,
		name: job.name,
		needs: job.needs,
		status: job.status,
		attempt: job.attempt,
		tier: job.tier ?? null,
		reason: job.reason ?? null,
		why: job.why ?? null,
		startedAt: job.startedAt ?? null,
		finishedAt: job.finishedAt ?? null,
		durationMs: between(job.startedAt, job.finishedAt),
		outputs: job.outputs,
		environmentUrl: job.environmentUrl ?? null,
		steps: job.steps.map(stepRecord),
		problems: job.problems,
		firstError: error ?? null,
		finding: job.finding ?? null,
	};
}

function stepRecord(step: Step): StepRecord {
	return {
		number: step.index + 1,
		phase: step.phase ?? 'main',
		name: step.name,
		status: step.status,
		outcome: step.outcome ?? null,
		exitCode: step.exitCode ?? null,
		signal: step.signal ?? null,
		why: step.why ?? null,
		startedAt: step.startedAt ?? null,
		durationMs: step.durationMs ?? null,
		firstLine: step.firstLine ?? null,
		lastLine: step.lastLine ?? null,
		annotations: step.annotations,
		usage: step.usage ?? null,
	};
}

function between(from: string | undefined, to: string | undefined): number | null {
	return from === undefined || to === undefined ? null : Date.parse(to) - Date.parse(from);
}
