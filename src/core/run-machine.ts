import type { Conclusion, Event } from './event.ts';
import type { Machine } from './machine.ts';
import type { Concurrency, PlannedJob } from './plan.ts';
import type { Problem, Result } from './result.ts';
import { isEnded, type Job, plannedJob, type Run } from './run.ts';
import { isForgiven, jobContexts } from './run-context.ts';
import { call, callOutputs, expansion } from './run-expansion.ts';
import { evolve } from './run-fold.ts';
import { concurrencyOf } from './run-turn.ts';
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
	/** Wait in a concurrency group, and record `turn-taken`; without a job, the whole run waits. */
	| { readonly do: 'take-turn'; readonly key: string; readonly concurrency: Concurrency; readonly job?: string }
	| { readonly do: 'record'; readonly key: string; readonly events: readonly Event[] }
	| { readonly do: 'diagnose'; readonly key: string; readonly job: string; readonly attempt: number };

/** Attempts that a job may lose to the machine or to Footbridge. */
const maxLost = 2;

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
	if (run.concurrency !== undefined && !run.hasTurn && run.cancel === undefined) {
		return [{ do: 'take-turn', key: `turn ${run.attempt}`, concurrency: run.concurrency }];
	}
	const actions = run.jobs.flatMap((job) => decideJob(run, job, begun));
	if (run.jobs.every((job) => isEnded(job.status))) {
		actions.push(record(`finish ${run.attempt}`, [{ kind: 'run-finished', conclusion: conclusionOf(run) }]));
	}
	return actions;
}

function decideJob(run: Run, job: Job, begun: ReadonlySet<string>): RunAction[] {
	if (isEnded(job.status)) return [];
	const planned = plannedJob(run, job.key);
	const attempt = job.status === 'running' ? job.attempt : job.attempt + 1;
	// A job that was skipped has had no attempt, and may be skipped once more in the run's next.
	const key = run.attempt === 1 ? `${job.key}#${attempt}` : `${job.key}#${attempt}@${run.attempt}`;
	// Its end, or what it becomes, is on its way into the log; what has come since does not change it.
	const isSettled = ['expand', 'call'].some((what) => begun.has(`${what} ${key}`)) && job.status === 'queued';
	if (isSettled || begun.has(`end ${key}`)) return [];
	if (job.status === 'running' && planned.call !== undefined) return endCall(run, job, planned, key);
	// A job is under way from the moment that its start was begun: it waits for a free place before it says so in the log.
	if (job.status === 'running' || begun.has(`start ${key}`)) {
		const why = run.cancel ?? victimOf(run, job);
		return why === undefined ? [] : [{ do: 'stop-job', key: `stop ${key}`, job: job.key, attempt, why }];
	}
	const needed = run.jobs.filter((other) => other.parent === job.parent && job.needs.includes(other.id));
	if (!isCalled(run, job) || !needed.every((other) => isEnded(other.status))) return [];
	const settled = withoutStart(run, job, planned, needed);
	if (settled !== undefined) return [record(`end ${key}`, [settled])];
	if (planned.deferred !== undefined) return [recorded('expand', { key, job, event: expansion(run, planned) })];
	if (isAtMaxParallel(run, planned)) return [];
	return begin(run, job, planned, { key, attempt });
}

/** The first thing that a job does whose time has come. */
function begin(
	run: Run,
	job: Job,
	planned: PlannedJob,
	{ key, attempt }: { key: string; attempt: number },
): RunAction[] {
	if (planned.concurrency !== undefined && !job.hasTurn) {
		const concurrency = concurrencyOf(planned.concurrency, jobContexts(run, planned));
		return concurrency.ok
			? [{ do: 'take-turn', key: `turn ${key}`, job: job.key, concurrency: concurrency.value }]
			: [record(`end ${key}`, [failedJob(job, [concurrency.error])])];
	}
	if (planned.call !== undefined) return [recorded('call', { key, job, event: call(run, planned, planned.call) })];
	return [{ do: 'start-job', key: `start ${key}`, job: job.key, attempt }];
}

/** How a job ends that is not started at all; undefined when it is to start. */
function withoutStart(run: Run, job: Job, planned: PlannedJob, needed: readonly Job[]): Event | undefined {
	const cancelled = (why: string): Event => ({
		kind: 'job-finished',
		job: job.key,
		attempt: job.attempt,
		conclusion: 'cancelled',
		outputs: {},
		why,
	});
	if (job.lost >= maxLost) {
		const why = `lost ${job.lost} times: ${job.why ?? 'Footbridge stopped'}`;
		return { kind: 'job-finished', job: job.key, attempt: job.attempt, conclusion: 'failed', outputs: {}, why };
	}
	const victim = victimOf(run, job);
	if (victim !== undefined) return cancelled(victim);
	// A run that was cancelled before its turn came runs nothing, whatever its jobs ask for.
	if (run.cancel !== undefined && run.concurrency !== undefined && !run.hasTurn) return cancelled(run.cancel);
	const condition = evaluateCondition(planned.if, {
		contexts: jobContexts(run, planned),
		status: needsStatus(run, needed),
	});
	if (!condition.ok) return failedJob(job, [condition.error]);
	if (!condition.value.value) {
		if (run.cancel !== undefined) return cancelled(run.cancel);
		const blocker = needed.find((other) => other.status !== 'passed');
		const why = blocker === undefined ? condition.value.why : `${blocker.key} ${blocker.status}`;
		return { kind: 'job-skipped', job: job.key, why };
	}
	return planned.problems === undefined ? undefined : failedJob(job, planned.problems);
}

/** A job in a called workflow has its time only once the workflow was called. */
function isCalled(run: Run, job: Job): boolean {
	return job.parent === undefined || run.jobs.some((other) => other.key === job.parent && other.status === 'running');
}

/** A job that calls a workflow ends with the last of the workflow's jobs. */
function endCall(run: Run, job: Job, planned: PlannedJob, key: string): RunAction[] {
	const own = run.jobs.filter((other) => other.parent === job.key);
	if (planned.call === undefined || !own.every((other) => isEnded(other.status))) return [];
	const outputs = callOutputs(run, job, planned.call);
	const conclusion = worstOf(run, own);
	const culprit = own.find((other) => other.status === conclusion && conclusion !== 'passed');
	const end: Event = {
		kind: 'job-finished',
		job: job.key,
		attempt: job.attempt,
		conclusion: outputs.ok ? conclusion : 'failed',
		outputs: outputs.ok ? outputs.value : {},
		...(culprit === undefined ? {} : { why: `${culprit.key} ${culprit.status}` }),
		...(outputs.ok
			? {}
			: { why: outputs.error[0]?.what ?? 'the outputs cannot be evaluated', problems: outputs.error }),
	};
	return [record(`end ${key}`, [end])];
}

/** Set when a failed job stops this one: another combination of its matrix with `fail-fast`, or any job when the run was asked for so. */
function victimOf(run: Run, job: Job): string | undefined {
	if (run.failFast) {
		const failed = run.jobs.find((other) => other.status === 'failed' && !isForgiven(run, other));
		if (failed !== undefined) return `${failed.key} failed and the run stops at the first failure`;
	}
	const planned = plannedJob(run, job.key);
	if (planned.matrix !== undefined && planned.strategy.failFast) {
		const failed = run.jobs.find(
			(other) => isSibling(job, other) && other.status === 'failed' && !isForgiven(run, other),
		);
		if (failed !== undefined) return `${failed.key} failed and fail-fast is on`;
	}
	const parent = run.jobs.find((other) => other.key === job.parent);
	return parent === undefined ? undefined : victimOf(run, parent);
}

function isAtMaxParallel(run: Run, planned: PlannedJob): boolean {
	if (planned.strategy.maxParallel === undefined) return false;
	const siblings = run.jobs.filter((job) => isSibling(planned, job));
	const running = siblings.filter((job) => job.status === 'running').length;
	const before = siblings.filter((job) => job.status === 'queued').findIndex((job) => job.key === planned.key);
	return running + before >= planned.strategy.maxParallel;
}

/** Whether two jobs are combinations of one matrix, or the same job. */
function isSibling(one: Pick<PlannedJob, 'id' | 'parent'>, other: Job): boolean {
	return one.id === other.id && one.parent === other.parent;
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
		for (const other of run.jobs) {
			if (other.parent === job.parent && job.needs.includes(other.id)) found.set(other.key, other);
		}
	}
	return [...found.values()];
}

function conclusionOf(run: Run): Conclusion {
	const conclusion = worstOf(run, run.jobs);
	return conclusion === 'passed' && run.cancel !== undefined ? 'cancelled' : conclusion;
}

function worstOf(run: Run, jobs: readonly Job[]): Conclusion {
	const counted = jobs.filter((job) => !isForgiven(run, job));
	if (counted.some((job) => job.status === 'failed')) return 'failed';
	if (counted.some((job) => job.status === 'cancelled')) return 'cancelled';
	return jobs.length > 0 && jobs.every((job) => job.status === 'skipped') ? 'skipped' : 'passed';
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

/** What becomes of a job, or its end when that cannot be told. */
function recorded(
	what: 'expand' | 'call',
	{ key, job, event }: { readonly key: string; readonly job: Job; readonly event: Result<Event> },
): RunAction {
	return event.ok ? record(`${what} ${key}`, [event.value]) : record(`end ${key}`, [failedJob(job, event.error)]);
}

function failedJob(job: Job, problems: readonly Problem[]): Event {
	return {
		kind: 'job-finished',
		job: job.key,
		attempt: job.attempt,
		conclusion: 'failed',
		outputs: {},
		why: problems[0]?.what ?? 'it cannot run',
		problems,
	};
}

function recover(run: Run): readonly Event[] {
	if (run.finishedAt !== undefined) return [];
	return run.jobs.flatMap((job): Event[] => {
		if (job.status !== 'running' || plannedJob(run, job.key).call !== undefined) return [];
		const why = 'Footbridge stopped while the job ran; what was left of it was ended';
		return [{ kind: 'job-lost', job: job.key, attempt: job.attempt, why }];
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
		case 'take-turn':
			return [
				{
					kind: 'cancel-requested',
					why: `its turn in the group ${action.concurrency.group} could not be taken: ${why}`,
				},
			];
		case 'stop-job':
		case 'record':
			return [];
	}
}
