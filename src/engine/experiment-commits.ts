import type { Outcome } from '#core/diagnosis/known.ts';
import { outwardStep } from '#core/diagnosis/outward.ts';
import type { Commit } from '#core/event.ts';
import type { PlannedStep, Trigger } from '#core/plan.ts';
import { plannedJob, type Run } from '#core/run.ts';
import { needsContext } from '#core/run-context.ts';
import { notRun, type Trial, tryStep } from './experiment-trial.ts';
import type { JobRequest } from './job-request.ts';
import { planOf } from './plan-workflows.ts';
import type { Ports } from './ports.ts';

/** More commits than this are not searched: each costs a run. */
const mostCommits = 8;

/** The step in question among the steps of the failed job. */
export interface SameStep {
	readonly step: PlannedStep;
	readonly of: readonly PlannedStep[];
}

/** What is tried, how its log is called, and how long it may take. */
export interface StepTrial extends SameStep {
	readonly name: string;
	readonly limitMs: number;
}

/** The job as it was in a run that passed, up to the step with this name, in today's environment. */
export async function tryRun(ports: Ports, request: JobRequest, run: Run, trial: StepTrial): Promise<Trial> {
	const job = plannedJob(run, request.job.key);
	const step = indexOf(job.steps, trial);
	if (step === undefined) return { outcome: { came: 'no-such-step' } };
	const outward = outwardStep(job.steps.slice(0, step + 1));
	if (outward !== undefined) return { outcome: notRun(wouldReachOut(outward)) };
	const { plan, trigger, commit } = run;
	const needs = needsContext(run, job);
	return tryStep(
		ports,
		{ ...request, plan, job, trigger, commit, needs },
		{ name: trial.name, limitMs: trial.limitMs, step },
	);
}

export interface Search {
	/** Newest first; the failed commit is the first. */
	readonly commits: readonly Commit[];
	/** The last good commit. */
	readonly good: string;
	readonly trigger: Trigger;
	readonly trial: Omit<StepTrial, 'name'>;
	/** Whether there is time for one more. */
	readonly hasTime: () => boolean;
}

/**
 * The commit that broke the step, by halving: the first of them is known to fail, and the parent of the last to pass. Nothing is named
 * when the commits are too many, do not follow from the good one, or one of them can be neither passed nor failed.
 */
export async function findCulprit(
	ports: Ports,
	request: JobRequest,
	{ commits, good, trigger, trial, hasTime }: Search,
): Promise<{ readonly culprit?: Commit; readonly tried: number }> {
	const [newest] = commits;
	if (newest === undefined) return { tried: 0 };
	if (commits.length === 1) return { culprit: newest, tried: 0 };
	if (commits.length > mostCommits || !(await follows(ports, request, commits, good))) return { tried: 0 };
	let [failing, passing, tried] = [0, commits.length, 0];
	while (passing - failing > 1) {
		const middle = Math.floor((failing + passing) / 2);
		const commit = commits[middle];
		if (commit === undefined || !hasTime()) return { tried };
		const outcome = await tryCommit(ports, request, { commit, trigger, trial });
		tried += 1;
		if (outcome.came === 'pass') passing = middle;
		else if (outcome.came === 'fail' && outcome.elsewhere === undefined) failing = middle;
		else return { tried };
	}
	const culprit = commits[failing];
	return { tried, ...(culprit === undefined ? {} : { culprit }) };
}

async function follows(
	ports: Ports,
	{ repository }: JobRequest,
	commits: readonly Commit[],
	good: string,
): Promise<boolean> {
	const oldest = commits.at(-1);
	if (oldest === undefined) return false;
	const parent = await ports.source.resolve(repository.path, `${oldest.sha}^1`);
	return parent.ok && parent.value === good;
}

async function tryCommit(
	ports: Ports,
	request: JobRequest,
	{
		commit,
		trigger: { worktreeOf: _, ...pushed },
		trial,
	}: Pick<Search, 'trigger' | 'trial'> & { readonly commit: Commit },
): Promise<Outcome> {
	const { repository, run } = request;
	const trigger = { ...pushed, sha: commit.sha };
	const project = { project: run.project, path: repository.path, defaultBranch: repository.defaultBranch };
	const planned = await planOf(ports, { project, trigger, vars: request.vars, isDirty: false }, request.plan.workflow);
	const plan = planned.ok ? planned.value.plans[0] : undefined;
	const job = plan?.jobs.find(({ key }) => key === request.job.key);
	const step = job === undefined ? undefined : indexOf(job.steps, trial);
	if (plan === undefined || job === undefined || step === undefined) return { came: 'no-such-step' };
	const outward = outwardStep(job.steps.slice(0, step + 1));
	if (outward !== undefined) return notRun(wouldReachOut(outward));
	const { outcome } = await tryStep(
		ports,
		{ ...request, plan, job, trigger, commit },
		{ step, limitMs: trial.limitMs, name: `commit-${commit.sha.slice(0, 8)}` },
	);
	return outcome;
}

/** Why a job with such a step is not tried. */
export const wouldReachOut = (step: string): string => `it would do ${step} again`;

/** Where a step of the failed job is in another commit's: by its id, else by its name; else by its place when no step came or went. */
function indexOf(steps: readonly PlannedStep[], { step, of }: SameStep): number | undefined {
	const same = (other: PlannedStep) =>
		step.id.startsWith('__') ? JSON.stringify(other.name) === JSON.stringify(step.name) : other.id === step.id;
	const index = steps.findIndex(same);
	if (index >= 0) return index;
	const place = of.indexOf(step);
	return steps.length === of.length && steps[place]?.uses === step.uses ? place : undefined;
}
