import type { Event, EventOf, Recorded, Status, StepResult } from './event.ts';
import type { PlannedJob } from './plan.ts';
import { type Job, notBegun, type Run, type Step } from './run.ts';
import { rerun } from './run-rerun.ts';

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
			attempt: 1,
			status: 'failed',
			queuedAt: at,
			finishedAt: at,
			env: {},
			vars: {},
			failFast: false,
			until: {},
			matrix: {},
			hasTurn: false,
			secrets: [],
			problems: event.problems,
			plan: { workflow: event.workflow, name: event.workflow, env: null, jobs: [] },
			jobs: [],
		};
	}
	if (run === undefined) return undefined;
	if (event.kind === 'cancel-requested') return { ...run, cancel: event.why };
	if (event.kind === 'run-finished') return { ...run, status: event.conclusion, finishedAt: at };
	if (event.kind === 'rerun-requested') return rerun(run, event.jobs);
	if (event.kind === 'turn-taken' && event.job === undefined) return { ...run, hasTurn: true };
	if (event.kind === 'job-expanded') return replaced(run, event.job, event.jobs);
	if (event.kind === 'workflow-called') return called(run, recorded, event);
	if (!('job' in event)) return run;
	const jobs = withUncalled(run.jobs, event).map((job) => (job.key === event.job ? evolveJob(job, recorded) : job));
	const hasStarted = run.startedAt === undefined && event.kind === 'job-started';
	return hasStarted ? { ...run, jobs, status: 'running', startedAt: at } : { ...run, jobs };
}

/** A job that only its needs could tell what it is, replaced by what it is. */
function replaced(run: Run, key: string, planned: readonly PlannedJob[]): Run {
	return {
		...run,
		plan: { ...run.plan, jobs: run.plan.jobs.flatMap((job) => (job.key === key ? planned : [job])) },
		jobs: run.jobs.flatMap((job) => (job.key === key ? planned.map(newJob) : [job])),
	};
}

/** A called workflow's jobs stand behind the job that calls it. What they were in an earlier attempt counts on. */
function called(run: Run, { at }: Recorded, { job: key, inputs, jobs }: EventOf<'workflow-called'>): Run {
	const isOld = (other: { readonly parent?: string }) => other.parent === key;
	const old = new Map(run.jobs.filter(isOld).map((job) => [job.key, job.attempt]));
	const fresh = jobs.map((job) => ({ ...newJob(job), attempt: old.get(job.key) ?? 0 }));
	const begin = (job: Job): Job => ({ ...job, status: 'running', attempt: job.attempt + 1, startedAt: at, inputs });
	return {
		...run,
		status: 'running',
		startedAt: run.startedAt ?? at,
		plan: {
			...run.plan,
			jobs: run.plan.jobs.flatMap((job) => (isOld(job) ? [] : job.key === key ? [job, ...jobs] : [job])),
		},
		jobs: run.jobs.flatMap((job) => (isOld(job) ? [] : job.key === key ? [begin(job), ...fresh] : [job])),
	};
}

/** Jobs of an earlier attempt's call are skipped when the call does not come about this time. */
function withUncalled(jobs: readonly Job[], event: Event): readonly Job[] {
	if (event.kind !== 'job-skipped' && event.kind !== 'job-finished') return jobs;
	const isUncalled = jobs.some((job) => job.key === event.job && job.status === 'queued');
	if (!isUncalled) return jobs;
	const skipped = { status: 'skipped' as const, why: `${event.job} was not called` };
	const isBelow = (job: Job): boolean =>
		job.parent === event.job || jobs.some((other) => other.key === job.parent && isBelow(other));
	return jobs.map((job) => (isBelow(job) ? { ...job, ...skipped } : job));
}

function queued(recorded: Recorded, event: EventOf<'run-queued'>): Run {
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
		...(event.title === undefined ? {} : { title: event.title }),
		...(event.origin === undefined ? {} : { origin: event.origin }),
		attempt: 1,
		status: 'queued',
		queuedAt: recorded.at,
		...(event.tier === undefined ? {} : { tier: event.tier }),
		env: event.env ?? {},
		vars: event.vars ?? {},
		failFast: event.failFast ?? false,
		until: event.until ?? {},
		matrix: event.matrix ?? {},
		...(event.concurrency === undefined ? {} : { concurrency: event.concurrency }),
		hasTurn: false,
		secrets: event.secrets ?? [],
		problems: [],
		plan: event.plan,
		jobs: wanted.map(newJob),
	};
}

function newJob(planned: PlannedJob): Job {
	return {
		key: planned.key,
		id: planned.id,
		name: planned.name,
		needs: planned.needs,
		...(planned.parent === undefined ? {} : { parent: planned.parent }),
		...notBegun,
		attempt: 0,
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
					...(event.phase === undefined ? {} : { phase: event.phase }),
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
					...(event.phase === undefined ? {} : { phase: event.phase }),
					name: event.name,
					status: statusOf(event.conclusion),
					outcome: event.outcome,
					...(event.exitCode === undefined ? {} : { exitCode: event.exitCode }),
					...(event.signal === undefined ? {} : { signal: event.signal }),
					...(event.why === undefined ? {} : { why: event.why }),
					...(event.isUnreached === undefined ? {} : { isUnreached: event.isUnreached }),
					...(event.summary === undefined ? {} : { summary: event.summary }),
					annotations: event.annotations ?? [],
					...(event.usage === undefined ? {} : { usage: event.usage }),
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
				...(event.environmentUrl === undefined ? {} : { environmentUrl: event.environmentUrl }),
				steps: job.steps.map((step) => (step.status === 'running' ? { ...step, status: 'cancelled' as const } : step)),
			};
		case 'job-lost':
			return { ...job, status: 'queued', attempt: event.attempt, lost: job.lost + 1, hasTurn: false, why: event.why };
		case 'turn-taken':
			return { ...job, hasTurn: true };
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

function statusOf(result: StepResult): Status {
	return ({ success: 'passed', failure: 'failed', cancelled: 'cancelled', skipped: 'skipped' } as const)[result];
}

const idOf = (stream: string): string => stream.slice(stream.indexOf('/') + 1);
