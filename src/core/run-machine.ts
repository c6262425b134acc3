import type { Conclusion, Event } from './event.ts';
import type { Machine } from './machine.ts';
import type { PlannedJob } from './plan.ts';
import type { Problem } from './result.ts';
import { evolve, isEnded, type Job, plannedJob, type Run } from './run.ts';
import { isForgiven, jobContexts } from './run-context.ts';
import { evaluateCondition } from './workflow/expression.ts';

export type RunAction =
	| { readonly do: 'start-job'; readonly key: string; readonly job: string; readonly attempt: number }
	| {
			readonly do: 'stop-job';
			readonly key: string;
			readonly job: string;
			readonly attempt: number;
			readonly why: string;
	  }
	| { readonly do: 'record'; readonly key: string; readonly events: readonly Event[] }
	| { readonly do: 'diagnose'; readonly key: string; readonly job: string; readonly attempt: number };

/** Attempts a job gets when the machine or Footbridge, not the job, ended the earlier ones. */
const maxAttempts = 2;

export const runMachine: Machine<Run | undefined, RunAction> = {
	initial: () => undefined,
	evolve,
	decide: (run, begun) => (run === undefined ? [] : decide(run, begun)),
	isOver: (run) => run?.finishedAt !== undefined && !run.jobs.some((job) => wantsDiagnosis(run, job)),
	recover: (run) => (run === undefined ? [] : recover(run)),
	broke: (_run, action, problem) => broke(action, problem),
};

/** Everything that should be under way, or be recorded, in this state. */
function decide(run: Run, begun: ReadonlySet<string>): readonly RunAction[] {
	if (run.finishedAt !== undefined) return run.jobs.filter((job) => wantsDiagnosis(run, job)).map(diagnose);
	const actions = run.jobs.flatMap((job) => decideJob(run, job, begun));
	if (run.jobs.every((job) => isEnded(job.status))) {
		actions.push(record('finish', [{ kind: 'run-finished', conclusion: conclusionOf(run) }]));
	}
	return actions;
}

function decideJob(run: Run, job: Job, begun: ReadonlySet<string>): RunAction[] {
	if (isEnded(job.status)) return [];
	const attempt = job.status === 'running' ? job.attempt : job.attempt + 1;
	const key = `${job.key}#${attempt}`;
	// Its end is on its way into the log; what has come since does not change it.
	if (begun.has(`end ${key}`)) return [];
	// A job is under way from the moment that its start was begun: it waits for a free place before it says so in the log.
	if (job.status === 'running' || begun.has(`start ${key}`)) {
		const why = run.cancel ?? failFastVictim(run, job);
		return why === undefined ? [] : [{ do: 'stop-job', key: `stop ${key}`, job: job.key, attempt, why }];
	}
	const needed = run.jobs.filter((other) => job.needs.includes(other.id));
	if (!needed.every((other) => isEnded(other.status))) return [];
	if (attempt > maxAttempts) {
		const why = `lost ${job.attempt} times: ${job.why ?? 'Footbridge stopped'}`;
		return [
			record(`end ${key}`, [
				{ kind: 'job-finished', job: job.key, attempt: job.attempt, conclusion: 'failed', outputs: {}, why },
			]),
		];
	}
	const victim = failFastVictim(run, job);
	if (victim !== undefined) {
		return [
			record(`end ${key}`, [
				{ kind: 'job-finished', job: job.key, attempt: job.attempt, conclusion: 'cancelled', outputs: {}, why: victim },
			]),
		];
	}
	const planned = plannedJob(run, job.key);
	const condition = evaluateCondition(planned.if, {
		contexts: jobContexts(run, planned),
		status: needsStatus(run, needed),
	});
	if (!condition.ok) {
		return [
			record(`end ${key}`, [
				{
					kind: 'job-finished',
					job: job.key,
					attempt: job.attempt,
					conclusion: 'failed',
					outputs: {},
					why: condition.error.what,
					problems: [condition.error],
				},
			]),
		];
	}
	if (!condition.value.value) {
		const why = whyNot(run, needed, condition.value.why);
		const event: Event =
			run.cancel === undefined
				? { kind: 'job-skipped', job: job.key, why }
				: {
						kind: 'job-finished',
						job: job.key,
						attempt: job.attempt,
						conclusion: 'cancelled',
						outputs: {},
						why: run.cancel,
					};
		return [record(`end ${key}`, [event])];
	}
	if (isAtMaxParallel(run, planned)) return [];
	return [{ do: 'start-job', key: `start ${key}`, job: job.key, attempt }];
}

function whyNot(run: Run, needed: readonly Job[], conditionWhy: string): string {
	if (run.cancel !== undefined) return run.cancel;
	const blocker = needed.find((job) => job.status !== 'passed');
	return blocker === undefined ? conditionWhy : `${blocker.key} ${blocker.status}`;
}

/** Set when another combination of the same matrix failed and `fail-fast` is on. */
function failFastVictim(run: Run, job: Job): string | undefined {
	const planned = plannedJob(run, job.key);
	if (planned.matrix === undefined || !planned.strategy.failFast) return undefined;
	const failed = run.jobs.find(
		(other) => other.id === job.id && other.status === 'failed' && plannedJob(run, other.key).continueOnError !== true,
	);
	return failed === undefined ? undefined : `${failed.key} failed and fail-fast is on`;
}

function isAtMaxParallel(run: Run, planned: PlannedJob): boolean {
	if (planned.strategy.maxParallel === undefined) return false;
	const running = run.jobs.filter((job) => job.id === planned.id && job.status === 'running').length;
	const before = run.jobs
		.filter((job) => job.id === planned.id && job.status === 'queued')
		.findIndex((job) => job.key === planned.key);
	return running + before >= planned.strategy.maxParallel;
}

/** `success()`, `failure()` and `cancelled()` as a job's `if` sees them. */
function needsStatus(run: Run, needed: readonly Job[]) {
	const all = ancestors(run, needed);
	const isCancelled = run.cancel !== undefined;
	return {
		success:
			!isCancelled &&
			all.every((job) => job.status === 'passed' || isForgiven(run, job)) &&
			needed.every((job) => job.status !== 'skipped'),
		failure: all.some((job) => job.status === 'failed' && !isForgiven(run, job)),
		cancelled: isCancelled,
	};
}

/** The needed jobs with all that they needed themselves. */
function ancestors(run: Run, needed: readonly Job[]): readonly Job[] {
	const found = new Map(needed.map((job) => [job.key, job]));
	for (const job of found.values()) {
		for (const other of run.jobs) if (job.needs.includes(other.id)) found.set(other.key, other);
	}
	return [...found.values()];
}

function conclusionOf(run: Run): Conclusion {
	const counted = run.jobs.filter((job) => !isForgiven(run, job));
	if (counted.some((job) => job.status === 'failed')) return 'failed';
	if (run.cancel !== undefined || counted.some((job) => job.status === 'cancelled')) return 'cancelled';
	return run.jobs.length > 0 && run.jobs.every((job) => job.status === 'skipped') ? 'skipped' : 'passed';
}

/** A job that failed by itself, in a run that was not cancelled, is looked into once. */
function wantsDiagnosis(run: Run, job: Job): boolean {
	return (
		job.status === 'failed' &&
		job.diagnosis !== 'done' &&
		job.attempt > 0 &&
		job.steps.some((step) => step.status === 'failed') &&
		run.cancel === undefined
	);
}

function diagnose(job: Job): RunAction {
	return { do: 'diagnose', key: `diagnose ${job.key}#${job.attempt}`, job: job.key, attempt: job.attempt };
}

function record(key: string, events: readonly Event[]): RunAction {
	return { do: 'record', key, events };
}

function recover(run: Run): readonly Event[] {
	return run.jobs.flatMap((job): Event[] => {
		if (run.finishedAt === undefined && job.status === 'running') {
			return [
				{
					kind: 'job-lost',
					job: job.key,
					attempt: job.attempt,
					why: 'Footbridge stopped while the job ran; what was left of it was ended',
				},
			];
		}
		return [];
	});
}

function broke(action: RunAction, problem: Problem): readonly Event[] {
	const why = problem.why === undefined ? problem.what : `${problem.what}: ${problem.why}`;
	switch (action.do) {
		case 'start-job':
			return [
				{
					kind: 'job-finished',
					job: action.job,
					attempt: action.attempt,
					conclusion: 'failed',
					outputs: {},
					why,
					problems: [problem],
				},
			];
		case 'diagnose':
			return [
				{
					kind: 'finding-made',
					job: action.job,
					attempt: action.attempt,
					finding: {
						verdict: 'unknown',
						certainty: 'suspected',
						class: 'no-diagnosis',
						cause: `The diagnosis itself failed: ${why}`,
						evidence: [],
						next: problem.next ?? 'read the log of the failed step',
						durationMs: 0,
					},
				},
			];
		case 'stop-job':
		case 'record':
			return [];
	}
}
