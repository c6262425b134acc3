import type { Annotation, Commit, Event, Recorded, Status, StepResult, Tier } from './event.ts';
import type { Finding } from './finding.ts';
import type { Plan, PlannedJob, Trigger } from './plan.ts';
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
 *          └──► skipped | cancelled
 */
export interface Run {
	readonly id: string;
	readonly seq: number;
	readonly project: string;
	readonly number: number;
	readonly workflow: string;
	readonly name: string;
	readonly trigger: Trigger;
	readonly commit: Commit;
	readonly status: Status;
	readonly queuedAt: string;
	readonly startedAt?: string;
	readonly finishedAt?: string;
	/** Why somebody asked to cancel it. */
	readonly cancel?: string;
	readonly tier?: Tier;
	readonly secrets: readonly string[];
	readonly problems: readonly Problem[];
	readonly plan: Plan;
	readonly jobs: readonly Job[];
}

export interface Job {
	readonly key: string;
	readonly id: string;
	readonly name: string;
	readonly needs: readonly string[];
	readonly status: Status;
	/** 0 before the first. */
	readonly attempt: number;
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
}

export interface Step {
	readonly index: number;
	readonly name: string;
	readonly status: Status;
	readonly outcome?: StepResult;
	readonly exitCode?: number;
	readonly signal?: string;
	readonly why?: string;
	readonly startedAt?: string;
	readonly durationMs?: number;
	readonly firstLine?: number;
	readonly lastLine?: number;
	readonly summary?: string;
	readonly annotations: readonly Annotation[];
}

/** Folds one event of a run's stream. */
export function evolve(run: Run | undefined, recorded: Recorded): Run | undefined {
	const { event, at } = recorded;
	if (event.kind === 'run-queued') return queued(recorded, event);
	if (event.kind === 'run-refused') {
		return {
			id: idOf(recorded.stream),
			seq: recorded.seq,
			project: event.project,
			number: event.number,
			workflow: event.workflow,
			name: event.workflow,
			trigger: event.trigger,
			commit: event.commit,
			status: 'failed',
			queuedAt: at,
			finishedAt: at,
			secrets: [],
			problems: event.problems,
			plan: { workflow: event.workflow, name: event.workflow, env: null, jobs: [] },
			jobs: [],
		};
	}
	if (run === undefined) return undefined;
	if (event.kind === 'cancel-requested') return { ...run, cancel: event.why };
	if (event.kind === 'run-finished') return { ...run, status: event.conclusion, finishedAt: at };
	if (!('job' in event)) return run;
	const jobs = run.jobs.map((job) => (job.key === event.job ? evolveJob(job, recorded) : job));
	const hasStarted = run.startedAt === undefined && event.kind === 'job-started';
	return hasStarted ? { ...run, jobs, status: 'running', startedAt: at } : { ...run, jobs };
}

function queued(recorded: Recorded, event: Extract<Event, { kind: 'run-queued' }>): Run {
	const wanted = wantedJobs(event.plan.jobs, event.only);
	return {
		id: idOf(recorded.stream),
		seq: recorded.seq,
		project: event.project,
		number: event.number,
		workflow: event.plan.workflow,
		name: event.plan.name,
		trigger: event.trigger,
		commit: event.commit,
		status: 'queued',
		queuedAt: recorded.at,
		...(event.tier === undefined ? {} : { tier: event.tier }),
		secrets: event.secrets ?? [],
		problems: [],
		plan: event.plan,
		jobs: wanted.map((job) => ({
			key: job.key,
			id: job.id,
			name: job.name,
			needs: job.needs,
			status: 'queued' as const,
			attempt: 0,
			outputs: {},
			steps: [],
			problems: [],
			diagnosis: 'none' as const,
		})),
	};
}

/** The jobs asked for by id or key, with all that they need. */
function wantedJobs(jobs: readonly PlannedJob[], only: readonly string[] | undefined): readonly PlannedJob[] {
	if (only === undefined) return jobs;
	const wanted = new Set<string>();
	const visit = (name: string) => {
		for (const job of jobs) {
			if ((job.id !== name && job.key !== name) || wanted.has(job.key)) continue;
			wanted.add(job.key);
			job.needs.forEach(visit);
		}
	};
	only.forEach(visit);
	return jobs.filter((job) => wanted.has(job.key));
}

function evolveJob(job: Job, { event, at }: Recorded): Job {
	switch (event.kind) {
		case 'job-started':
			return {
				...job,
				status: 'running',
				attempt: event.attempt,
				tier: event.tier,
				reason: event.reason,
				startedAt: at,
				steps: [],
			};
		case 'snapshot-taken':
			return { ...job, snapshot: event.snapshot };
		case 'step-started':
			return {
				...job,
				steps: putStep(job.steps, {
					index: event.step,
					name: event.name,
					status: 'running',
					startedAt: at,
					firstLine: event.line,
					annotations: [],
				}),
			};
		case 'step-finished': {
			const started = job.steps.find((step) => step.index === event.step);
			return {
				...job,
				steps: putStep(job.steps, {
					...(started ?? { index: event.step, annotations: [] }),
					name: event.name,
					status: statusOf(event.conclusion),
					outcome: event.outcome,
					...(event.exitCode === undefined ? {} : { exitCode: event.exitCode }),
					...(event.signal === undefined ? {} : { signal: event.signal }),
					...(event.why === undefined ? {} : { why: event.why }),
					...(event.summary === undefined ? {} : { summary: event.summary }),
					annotations: event.annotations ?? [],
					durationMs: event.durationMs,
					lastLine: event.line,
				}),
			};
		}
		case 'job-finished':
			return {
				...job,
				status: event.conclusion,
				// A job that could not even start has no job-started event.
				attempt: event.attempt,
				outputs: event.outputs,
				problems: event.problems ?? [],
				finishedAt: at,
				...(event.why === undefined ? {} : { why: event.why }),
				steps: job.steps.map((step) => (step.status === 'running' ? { ...step, status: 'cancelled' as const } : step)),
			};
		case 'job-lost':
			return { ...job, status: 'queued', attempt: event.attempt, why: event.why };
		case 'job-skipped':
			return { ...job, status: 'skipped', why: event.why, finishedAt: at };
		case 'diagnosis-started':
			return { ...job, diagnosis: 'running' };
		case 'finding-made':
			return { ...job, diagnosis: 'done', finding: event.finding };
		default:
			return job;
	}
}

function putStep(steps: readonly Step[], step: Step): readonly Step[] {
	return [...steps.filter((other) => other.index !== step.index), step].sort((a, b) => a.index - b.index);
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

function statusOf(result: StepResult): Status {
	return ({ success: 'passed', failure: 'failed', cancelled: 'cancelled', skipped: 'skipped' } as const)[result];
}

const idOf = (stream: string): string => stream.slice(stream.indexOf('/') + 1);
