import { conclude } from '#core/diagnosis/conclude.ts';
import type { Known, Outcome } from '#core/diagnosis/known.ts';
import {
	isSameComplaint,
	lacksEngine,
	type TellingLine,
	tellingLine,
	unknownHost,
} from '#core/diagnosis/log-reading.ts';
import { outwardStep } from '#core/diagnosis/outward.ts';
import { type Difference, differences } from '#core/diagnosis/snapshot-difference.ts';
import { keyOf, rankSuspects, type Suspect } from '#core/diagnosis/suspect.ts';
import { isSameFailure } from '#core/diagnosis/verdict.ts';
import type { Commit } from '#core/event.ts';
import type { Finding } from '#core/finding.ts';
import type { Job, Run, Step } from '#core/run.ts';
import { evolve } from '#core/run-fold.ts';
import type { RunQuery } from '#edge/store/store.ts';
import { findCulprit, type SameStep, tryRun, wouldReachOut } from './experiment-commits.ts';
import { lookAtRight, type SeenRight, tryWithRight } from './experiment-right.ts';
import { notRun, readStepLog, type StepEnd, type Trial, tryStep } from './experiment-trial.ts';
import type { JobRequest } from './job-request.ts';
import type { Ports } from './ports.ts';

/** A failed job with all that is needed to try it again. */
export interface Failure {
	/** Of the failed attempt, with a fresh signal, emitting nothing. */
	readonly request: JobRequest;
	readonly run: Run;
	readonly job: Job;
	readonly lastGood?: GoodRun;
}

/** An earlier run in which the job passed. */
export interface GoodRun {
	readonly run: Run;
	readonly job: Job;
}

/** Lines at the end of the failed step's log that are held against its failed calls. */
const tailLines = 400;
const commitsLimit = 50;
/** One experiment gets three times what the job took until it failed (tracing slows down), all together no more than `allMs`. */
const budget = { factor: 3, leastMs: 20_000, allMs: 15 * 60_000 };
/** Refused calls whose paths are looked at while the room stands. */
const mostRights = 3;

/**
 * Finds out whether the code or the environment is at fault. One experiment after the other, because rooms share the machine's ports:
 * the failed job again, its failed step traced; the last good commit in today's environment; then what names the cause: the commits
 * between the two, or the missing right given in a room alone.
 */
export async function diagnose(ports: Ports, failure: Failure): Promise<Finding> {
	const began = ports.clock.monotonic();
	const { request, run, job, lastGood } = failure;
	const step = job.steps.find((other) => other.status === 'failed');
	const log = await readStepLog(ports, request.logKey, { from: step?.firstLine ?? 1, to: step?.lastLine });
	const logTail = log
		.slice(-tailLines)
		.map(({ text }) => text)
		.join('\n');
	const commits = await commitsSince(ports, request.repository.path, lastGood?.run.commit, run.commit);
	const line = tellingLine(log);
	// A test may print it and fail for another reason.
	const host = line?.class === 'test-failure' ? unknownHost(line.text) : unknownHost(logTail);
	const tried = await experiment(ports, failure, { step, line, logTail, commits });
	return conclude({
		...tried,
		...endOf(job, step),
		commit: run.commit,
		isUncommitted: run.trigger.worktreeOf !== undefined,
		commits,
		...surroundings(job, lastGood?.job, logTail),
		durationMs: ports.clock.monotonic() - began,
		...(line === undefined ? {} : { line }),
		...(host === undefined ? {} : { unknownHost: host }),
		...(line?.class !== 'test-failure' && lacksEngine(logTail) ? { lacksEngine: true } : {}),
	});
}

/** The newest earlier run of the same workflow in which this job passed: on the same branch if there is one, else anywhere. */
export async function lastGoodOf(ports: Pick<Ports, 'store'>, run: Run, job: Job): Promise<GoodRun | undefined> {
	const query: RunQuery = {
		project: run.project,
		workflow: run.workflow,
		status: ['passed', 'failed', 'cancelled'],
		before: run.seq,
		limit: 50,
	};
	const isUncommitted = run.trigger.worktreeOf !== undefined;
	for (const onBranch of [true, false]) {
		const rows = await ports.store.runs(onBranch ? { ...query, ref: run.trigger.ref } : query);
		for (const row of rows) {
			// What was never committed is no state of the project that a commit could be compared with.
			if ((row.worktree && !isUncommitted) || (!onBranch && row.ref === run.trigger.ref)) continue;
			const earlier = (await ports.store.read(`run/${row.run}`)).reduce<Run | undefined>(evolve, undefined);
			const passed = earlier?.jobs.find((other) => other.key === job.key && other.status === 'passed');
			if (earlier !== undefined && passed !== undefined) return { run: earlier, job: passed };
		}
	}
	return undefined;
}

interface Setting {
	readonly step: Step | undefined;
	readonly line: TellingLine | undefined;
	readonly logTail: string;
	readonly commits: readonly Commit[];
}

type Tried = Pick<Known, 'again' | 'lastGood' | 'repair' | 'culprit' | 'tried' | 'suspects' | 'right'>;

async function experiment(ports: Ports, failure: Failure, { step, line, logTail, commits }: Setting): Promise<Tried> {
	const { request, run, lastGood } = failure;
	const planned = request.job.steps[step?.index ?? -1];
	const unwanted = whyNotAgain(failure, step?.index);
	if (unwanted !== undefined || step === undefined || planned === undefined) {
		const outcome = notRun(unwanted ?? 'no step of the job failed');
		return { again: outcome, suspects: [], tried: 0, ...goodOutcome(lastGood, outcome) };
	}
	const limits = limitsOf(ports, failure.job);
	const trial = { step: planned, of: request.job.steps, limitMs: limits.oneMs };
	const { again, rights } = await tryAgain(ports, request, { step: step.index, logTail, limitMs: limits.oneMs });
	if (again.outcome.came !== 'fail' || lastGood === undefined || !limits.hasTime()) {
		const good = goodOutcome(
			lastGood,
			notRun(again.outcome.came === 'pass' ? 'it was not needed' : 'it would not tell more'),
		);
		return { again: again.outcome, tried: 0, ...good, ...named(again, undefined, { logTail, rights }) };
	}
	const failed = { ...step, ...(line === undefined ? {} : { line }) };
	const good = await tryLastGood(ports, request, { ...trial, run: lastGood.run, failed, hasTime: limits.hasTime });
	const known = { again: again.outcome, tried: 0, ...goodOutcome(lastGood, good.outcome) };
	const names = named(again, good, { logTail, rights });
	if (isSameFailure(again.outcome) && (good.outcome.came === 'pass' || good.outcome.came === 'no-such-step')) {
		const search = { commits, good: lastGood.run.commit.sha, trigger: run.trigger, trial, hasTime: limits.hasTime };
		return { ...known, ...names, ...(await findCulprit(ports, request, search)) };
	}
	const seen = rightOf(names.suspects[0], rights);
	if (seen?.isCopy !== true || seen.right.isSystems || !limits.hasTime()) return { ...known, ...names };
	const repair = await tryWithRight(ports, request, { right: seen.right, step: step.index, limitMs: limits.oneMs });
	// Given back it was no help: it is not what made the step fail.
	if (repair.came === 'fail') return { ...known, suspects: names.suspects.slice(1) };
	return { ...known, ...names, repair };
}

/**
 * The last good commit today. One that fails in another way than the job did may be another failure: it is tried twice.
 */
async function tryLastGood(
	ports: Ports,
	request: JobRequest,
	{
		run,
		failed,
		hasTime,
		...trial
	}: SameStep & {
		readonly run: Run;
		readonly failed: StepEnd;
		readonly limitMs: number;
		readonly hasTime: () => boolean;
	},
): Promise<Trial> {
	const first = await tryRun(ports, request, run, { ...trial, name: 'last-good' });
	if (first.outcome.came !== 'fail' || first.outcome.elsewhere !== undefined) return first;
	const differently = howDifferent(failed, first.end);
	if (differently === undefined) return first;
	const second = hasTime() ? await tryRun(ports, request, run, { ...trial, name: 'last-good-2' }) : undefined;
	if (second?.outcome.came === 'pass') return { ...second, outcome: { came: 'both' } };
	if (isSameFailure(second?.outcome) && howDifferent(failed, second?.end) === undefined) return second ?? first;
	return { ...first, outcome: { came: 'fail', differently } };
}

function howDifferent(failed: StepEnd, end: StepEnd | undefined): string | undefined {
	if (failed.signal !== end?.signal || failed.exitCode !== end?.exitCode) {
		return end?.signal === undefined ? `exit code ${end?.exitCode ?? 'unknown'}` : end.signal;
	}
	return isSameComplaint(failed.line, end?.line) ? undefined : (end?.line?.text ?? 'its log says nothing');
}

/** The failed job once more; what its refused calls lacked is looked at while the room stands. */
async function tryAgain(
	ports: Ports,
	request: JobRequest,
	{ step, logTail, limitMs }: { readonly step: number; readonly logTail: string; readonly limitMs: number },
): Promise<{ readonly again: Trial; readonly rights: ReadonlyMap<string, SeenRight> }> {
	const rights = new Map<string, SeenRight>();
	const again = await tryStep(ports, request, {
		step,
		name: 'again',
		limitMs,
		inRoom: async (room, calls) => {
			const refused = rankSuspects(calls, { logTail }).filter((suspect) => suspect.class === 'permission');
			for (const { call } of refused.slice(0, mostRights)) {
				const right = await lookAtRight(room, call);
				if (right !== undefined) rights.set(keyOf(call), right);
			}
		},
	});
	return { again, rights };
}

type Named = Pick<Known, 'suspects' | 'right'>;

/** What the traces name: what failed in the failed run, and not in one that passed. */
function named(
	again: Trial,
	good: Trial | undefined,
	{ logTail, rights }: { readonly logTail: string; readonly rights: ReadonlyMap<string, SeenRight> },
): Named {
	if (again.calls === undefined) return { suspects: [] };
	const others = good?.calls === undefined ? undefined : new Set(good.calls.map(keyOf));
	const suspects = rankSuspects(again.calls, {
		logTail,
		...(others === undefined ? {} : good?.outcome.came === 'pass' ? { inPassed: others } : {}),
		...(others !== undefined && isSameFailure(good?.outcome) ? { inFailed: others } : {}),
	});
	const right = rightOf(suspects[0], rights)?.right;
	return right === undefined ? { suspects } : { suspects, right };
}

function rightOf(suspect: Suspect | undefined, rights: ReadonlyMap<string, SeenRight>): SeenRight | undefined {
	return suspect === undefined ? undefined : rights.get(keyOf(suspect.call));
}

function goodOutcome(lastGood: GoodRun | undefined, outcome: Outcome): Pick<Known, 'lastGood'> {
	if (lastGood === undefined) return {};
	return { lastGood: { outcome, commit: lastGood.run.commit, runNumber: lastGood.run.number } };
}

function endOf(
	job: Job,
	step: Step | undefined,
): Pick<Known, 'job' | 'step' | 'exitCode' | 'signal' | 'why' | 'problems'> {
	const why = step === undefined ? job.why : step.why;
	return {
		job: job.name,
		problems: job.problems,
		...(step === undefined ? {} : { step: step.name }),
		...(step?.exitCode === undefined ? {} : { exitCode: step.exitCode }),
		...(step?.signal === undefined ? {} : { signal: step.signal }),
		...(why === undefined ? {} : { why }),
	};
}

function surroundings(job: Job, good: Job | undefined, logTail: string): Pick<Known, 'differences' | 'ports'> {
	const [before, now] = [factsOf(good), factsOf(job)];
	const changed: readonly Difference[] =
		good?.snapshot === undefined || job.snapshot === undefined ? [] : differences(before, now, logTail);
	return { differences: changed, ports: { before: portsIn(before), now: portsIn(now) } };
}

function factsOf(job: Job | undefined): { readonly [fact: string]: string } {
	return { ...job?.snapshot?.facts, ...(job?.tier === undefined ? {} : { tier: job.tier }) };
}

function portsIn(facts: { readonly [fact: string]: string }): ReadonlySet<string> {
	return new Set(Object.keys(facts).flatMap((fact) => /^port\/(\d+)$/.exec(fact)?.[1] ?? []));
}

function whyNotAgain({ request, run }: Failure, failedStep: number | undefined): string | undefined {
	if (run.secrets.length > 0) return 'the job has secrets';
	const outward = outwardStep(request.job.steps.slice(0, (failedStep ?? 0) + 1));
	return outward === undefined ? undefined : wouldReachOut(outward);
}

function limitsOf(ports: Ports, job: Job): { readonly oneMs: number; readonly hasTime: () => boolean } {
	const spent = job.steps.reduce((sum, step) => sum + (step.durationMs ?? 0), 0);
	const oneMs = Math.min(budget.allMs, Math.max(budget.leastMs, budget.factor * spent));
	const until = ports.clock.monotonic() + budget.allMs;
	return { oneMs, hasTime: () => ports.clock.monotonic() + Math.min(spent, oneMs) < until };
}

async function commitsSince(
	ports: Ports,
	path: string,
	from: Commit | undefined,
	to: Commit,
): Promise<readonly Commit[]> {
	return ports.source.commits(path, from?.sha, to.sha, commitsLimit).catch(() => []);
}
