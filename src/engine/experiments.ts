import { join } from 'node:path';
import { conclude, type Known, type Outcome } from '#core/diagnosis/conclude.ts';
import { failingCalls } from '#core/diagnosis/failing-call.ts';
import { tellingLine } from '#core/diagnosis/log-reading.ts';
import { missingRight, pathStates, type Who } from '#core/diagnosis/missing-right.ts';
import { differences } from '#core/diagnosis/snapshot-difference.ts';
import { rankSuspects, type Suspect } from '#core/diagnosis/suspect.ts';
import type { Commit } from '#core/event.ts';
import type { Finding } from '#core/finding.ts';
import { evolve, type Job, plannedJob, type Run } from '#core/run.ts';
import { needsContext } from '#core/run-context.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import { attemptJob } from './job-attempt.ts';
import type { JobEnd, JobRequest } from './job-request.ts';
import type { Ports } from './ports.ts';

/** A failed job with all that is needed to try it again. */
export interface Failure {
	/** Of the failed attempt, with a fresh signal, emitting nothing. */
	readonly request: JobRequest;
	readonly run: Run;
	readonly job: Job;
	readonly lastGood?: { readonly run: Run; readonly job: Job };
}

const logTailLines = 400;
const traceLimit = 4000;
const commitsLimit = 50;
const budget = { leastMs: 20_000, mostMs: 15 * 60_000 };
/** Steps that reach outside: doing them again would do it to others. */
const reachesOut = /\b(deploy|publish|release|push|upload)\b/i;

/**
 * Finds out whether the code or the environment is at fault: the failed job once more, its failed step traced, and beside it the
 * last good commit in today's environment; compared with what was recorded of the last good run.
 */
export async function diagnose(ports: Ports, failure: Failure): Promise<Finding> {
	const began = ports.clock.monotonic();
	const { request, run, job, lastGood } = failure;
	const step = job.steps.find((other) => other.status === 'failed');
	const log = await tailOf(ports, request.logKey, step?.firstLine ?? 1);
	const unwanted = whyNotAgain(failure, step?.index);
	const signal = AbortSignal.any([request.signal, AbortSignal.timeout(budgetOf(job))]);
	const [again, good]: readonly [Again, Outcome | undefined] = await Promise.all([
		unwanted === undefined && step !== undefined
			? runAgain(ports, { ...request, signal }, { step: step.index, logTail: log.map(({ text }) => text).join('\n') })
			: { outcome: notRun(unwanted ?? 'no step of it failed'), suspects: [] },
		lastGood === undefined || step === undefined
			? undefined
			: runLastGood(ports, { ...request, signal }, lastGood, { unwanted, step: step.name }),
	]);
	const line = tellingLine(log);
	return conclude({
		step: step?.name ?? job.name,
		commit: run.commit,
		isUncommitted: run.trigger.worktreeOf !== undefined,
		again: again.outcome,
		suspects: again.suspects,
		commits: await commitsSince(ports, request.repository.path, lastGood?.run.commit, run.commit),
		differences:
			lastGood?.job.snapshot === undefined || job.snapshot === undefined
				? []
				: differences(lastGood.job.snapshot.facts, job.snapshot.facts),
		durationMs: ports.clock.monotonic() - began,
		...(step?.exitCode === undefined ? {} : { exitCode: step.exitCode }),
		...(step?.signal === undefined ? {} : { signal: step.signal }),
		...(job.why === undefined ? {} : { why: job.why }),
		...(again.right === undefined ? {} : { right: again.right }),
		...(lastGood === undefined || good === undefined
			? {}
			: { lastGood: { outcome: good, commit: lastGood.run.commit, runNumber: lastGood.run.number } }),
		...(line === undefined ? {} : { line }),
	});
}

/** The newest earlier run of the same workflow in which this job passed: on the same branch if there is one, else anywhere. */
export async function lastGoodOf(
	ports: Pick<Ports, 'store'>,
	run: Run,
	job: Job,
): Promise<{ readonly run: Run; readonly job: Job } | undefined> {
	const query = {
		project: run.project,
		workflow: run.workflow,
		status: ['passed', 'failed', 'cancelled'],
		before: run.seq,
		limit: 50,
	};
	const rows = await ports.store.runs(query);
	const sameBranchFirst = [
		...rows.filter((row) => row.ref === run.trigger.ref),
		...rows.filter((row) => row.ref !== run.trigger.ref),
	];
	for (const row of sameBranchFirst) {
		const earlier = (await ports.store.read(`run/${row.run}`)).reduce<Run | undefined>(evolve, undefined);
		const passed = earlier?.jobs.find((other) => other.key === job.key && other.status === 'passed');
		if (earlier !== undefined && passed !== undefined) return { run: earlier, job: passed };
	}
	return undefined;
}

interface Again {
	readonly outcome: Outcome;
	readonly suspects: readonly Suspect[];
	readonly right?: NonNullable<Known['right']>;
}

/** The failed job once more up to its failed step, which is traced where that works; what a missing right is about is looked at in the room. */
async function runAgain(
	ports: Ports,
	request: JobRequest,
	{ step, logTail }: { readonly step: number; readonly logTail: string },
): Promise<Again> {
	const untraced = await ports.traces.available();
	const path = join(ports.places.evidence, `${request.run.id}-${ports.newId()}.strace`);
	let suspects: readonly Suspect[] = [];
	let right: Again['right'];
	const end = await attemptJob(ports, {
		...request,
		logKey: `${request.logKey}.again`,
		...(untraced === undefined ? { trace: { step, path } } : {}),
		beforeDestroy: async (room) => {
			if (untraced !== undefined) return;
			suspects = rankSuspects(failingCalls(await ports.traces.failures(path, traceLimit)), { logTail });
			right = await lookAtRight(room, suspects[0]);
		},
	});
	await ports.traces.remove(path);
	return { outcome: outcomeOf(end, request.signal), suspects, ...(right === undefined ? {} : { right }) };
}

async function runLastGood(
	ports: Ports,
	request: JobRequest,
	{ run }: NonNullable<Failure['lastGood']>,
	{ unwanted, step }: { readonly unwanted: string | undefined; readonly step: string },
): Promise<Outcome> {
	if (unwanted !== undefined) return notRun(unwanted);
	const planned = plannedJob(run, request.job.key);
	const seen: { name: string; failed: boolean }[] = [];
	const end = await attemptJob(ports, {
		...request,
		plan: run.plan,
		job: planned,
		trigger: run.trigger,
		commit: run.commit,
		needs: needsContext(run, planned),
		logKey: `${request.logKey}.last-good`,
		emit: async (event) => {
			if (event.kind === 'step-finished') seen.push({ name: event.name, failed: event.conclusion === 'failure' });
		},
	});
	const same = seen.find(({ name }) => name === step);
	// A step that failed in this way and came through there has passed, whatever failed after it.
	if (same !== undefined && !same.failed && !request.signal.aborted) return { came: 'pass' };
	return outcomeOf(end, request.signal);
}

function outcomeOf(end: JobEnd, signal: AbortSignal): Outcome {
	if (signal.aborted || end.conclusion === 'cancelled') return notRun('the time for experiments was over');
	return { came: end.conclusion === 'passed' ? 'pass' : 'fail' };
}

/** Which right was missing, from the states of all components of the path as the job's user sees them. */
async function lookAtRight(room: Room, suspect: Suspect | undefined): Promise<Again['right']> {
	const path = suspect?.call.path;
	if (suspect?.class !== 'permission' || path === undefined || !path.startsWith('/')) return undefined;
	const parts = path.split('/').filter((part) => part !== '');
	const components = ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
	const states = pathStates(await outputOf(room, ['stat', '-c', '%n\t%U\t%G\t%u\t%g\t%a\t%F', '--', ...components]));
	const ids = (await outputOf(room, ['sh', '-c', 'id -u; id -G'])).split('\n');
	const who: Who = { uid: Number(ids[0]), gids: (ids[1] ?? '').split(' ').map(Number) };
	const right = missingRight(suspect.call, states, who);
	return right === undefined ? undefined : { ...right, machinePath: onMachine(room, right.state.path) };
}

/** A room's own folders are elsewhere on this machine; everything else is where it is. */
function onMachine(room: Room, path: string): string {
	try {
		return room.hostPath(path);
	} catch {
		return path;
	}
}

async function outputOf(room: Room, argv: readonly string[]): Promise<string> {
	const chunks: Uint8Array[] = [];
	const output = (chunk: Uint8Array) => {
		chunks.push(chunk);
	};
	await room.run({ argv, env: {}, cwd: '/', output });
	return Buffer.concat(chunks).toString();
}

async function tailOf(ports: Ports, logKey: string, from: number) {
	const { total } = await ports.logs.read(logKey, 1, 0);
	return (await ports.logs.read(logKey, Math.max(from, total - logTailLines), logTailLines + 1)).lines;
}

function whyNotAgain({ request, run }: Failure, failedStep: number | undefined): string | undefined {
	if (run.secrets.length > 0) return 'the job has secrets';
	const steps = request.job.steps.slice(0, (failedStep ?? 0) + 1);
	const outward = steps.find((step) => reachesOut.test(`${nameOf(step.name)} ${nameOf(step.run)}`));
	return outward === undefined ? undefined : `it would do ${nameOf(outward.name) || 'a step'} again`;
}

const nameOf = (template: unknown): string => (typeof template === 'string' ? template : '');
const notRun = (why: string): Outcome => ({ came: 'not-run', why });

function budgetOf(job: Job): number {
	const spent = job.steps.reduce((sum, step) => sum + (step.durationMs ?? 0), 0);
	return Math.min(budget.mostMs, Math.max(budget.leastMs, 4 * spent));
}

async function commitsSince(
	ports: Ports,
	path: string,
	from: Commit | undefined,
	to: Commit,
): Promise<readonly Commit[]> {
	return ports.source.commits(path, from?.sha, to.sha, commitsLimit).catch(() => [to]);
}
