import type { StartedRuns, StartRuns } from '#core/api.ts';
import type { Event, EventOf } from '#core/event.ts';
import { githubContext } from '#core/github-context.ts';
import type { Concurrency, Json, Plan, PlannedJob } from '#core/plan.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { isWanted } from '#core/run-expansion.ts';
import { concurrencyOf } from '#core/run-turn.ts';
import { evaluateString } from '#core/workflow/expression.ts';
import type { PlanOutcome } from '#edge/planner/planner.ts';
import type { Occasion } from './occasion.ts';
import { planOf } from './plan-workflows.ts';
import type { Ports } from './ports.ts';

type Request = Pick<StartRuns, 'workflow' | 'jobs' | 'tier' | 'secrets' | 'env' | 'matrix' | 'failFast' | 'until'>;

/** Queues a run for each workflow that the trigger starts, and records each one that is broken as refused. */
export async function queueRuns(
	ports: Ports,
	occasion: Occasion,
	request: Request,
	onSecrets: (run: string, secrets: { readonly [name: string]: string }) => void,
	by = 'system',
): Promise<Result<StartedRuns>> {
	const outcome = await planOf(ports, occasion, request.workflow);
	if (!outcome.ok) return outcome;
	const wrong = unknownJob(outcome.value, request.jobs) ?? unknownMatrix(outcome.value, request.matrix);
	if (wrong !== undefined) return failed(wrong);
	const until = untilOf(outcome.value, request.until);
	if (!until.ok) return until;
	const { project, trigger } = occasion;
	const commit = await ports.source.commit(project.path, trigger.sha);
	const about = { project: project.project, trigger, commit };
	const runs: string[] = [];
	const queue = async (event: (run: string, number: number) => Event): Promise<void> => {
		const run = ports.newId();
		onSecrets(run, request.secrets);
		const number = await ports.store.nextNumber(`run/${project.project}`);
		await ports.store.append(`run/${run}`, by, [event(run, number)]);
		runs.push(run);
	};
	for (const { workflow, problems } of outcome.value.broken) {
		await queue((_run, number) => ({ kind: 'run-refused', ...about, number, workflow, problems }));
	}
	const { jobs: asked } = request;
	const isAsked = ({ jobs }: Plan) =>
		asked === undefined || jobs.some(({ id, key }) => asked.includes(id) || asked.includes(key));
	for (const plan of outcome.value.plans.filter(isAsked)) {
		await queue((run, number) => {
			const named = namesOf(plan, occasion, { id: run, number, attempt: 1 });
			if (!named.ok) return { kind: 'run-refused', ...about, number, workflow: plan.workflow, problems: named.error };
			return {
				kind: 'run-queued',
				...about,
				number,
				plan: only(plan, request.matrix),
				...named.value,
				...askedOf(occasion, request, until.value),
			};
		});
	}
	// A run without a single job would be green for nothing.
	const without = outcome.value.plans
		.filter((plan) => !isAsked(plan))
		.map(({ workflow }) => ({ workflow, why: `it has no job ${asked?.join(' or ')}` }));
	const notPlanned = [...outcome.value.notPlanned, ...without];
	return ok({ runs, notPlanned, sha: trigger.sha, isDirty: occasion.isDirty });
}

/** What the request says of every run. */
function askedOf(
	{ origin, vars }: Occasion,
	request: Request,
	until: EventOf<'run-queued'>['until'],
): Partial<EventOf<'run-queued'>> {
	const { jobs, tier, secrets, env, matrix, failFast } = request;
	return {
		...(origin === undefined ? {} : { origin }),
		...(Object.keys(vars).length === 0 ? {} : { vars }),
		...(jobs === undefined ? {} : { only: jobs }),
		...(tier === undefined ? {} : { tier }),
		...(env === undefined ? {} : { env }),
		...(matrix === undefined ? {} : { matrix }),
		...(failFast === undefined ? {} : { failFast }),
		...(until === undefined ? {} : { until }),
		...(Object.keys(secrets).length === 0 ? {} : { secrets: Object.keys(secrets) }),
	};
}

/** `run-name` and `concurrency`, which may read the run's own number. */
function namesOf(
	plan: Plan,
	{ project, trigger, origin, vars }: Occasion,
	run: { readonly id: string; readonly number: number; readonly attempt: number },
): Result<{ readonly title?: string; readonly concurrency?: Concurrency }> {
	const inputs = plan.inputs ?? {};
	const facts = { trigger, project: project.project, workflow: { path: plan.workflow, name: plan.name }, inputs, run };
	const github = githubContext({ ...facts, ...(origin === undefined ? {} : { origin }) });
	const contexts: { readonly [name: string]: Json } = { github, inputs, vars };
	const title = plan.runName === undefined ? undefined : evaluateString(plan.runName, { contexts });
	const concurrency = plan.concurrency === undefined ? undefined : concurrencyOf(plan.concurrency, contexts);
	const problems = [title, concurrency].flatMap((value) => (value?.ok === false ? [inFile(plan, value.error)] : []));
	if (problems.length > 0) return failed(...problems);
	return ok({
		...(title?.ok === true && title.value.trim() !== '' ? { title: title.value.trim() } : {}),
		...(concurrency?.ok === true ? { concurrency: concurrency.value } : {}),
	});
}

function inFile(plan: Plan, problem: Problem): Problem {
	return { ...problem, where: `${plan.workflow}:${problem.where ?? '1:1'}` };
}

/** The plan with only the combinations that were asked for. */
function only(plan: Plan, matrix: Request['matrix']): Plan {
	return matrix === undefined ? plan : { ...plan, jobs: plan.jobs.filter((job) => isWanted(job, matrix)) };
}

function unknownJob(outcome: PlanOutcome, jobs: readonly string[] | undefined): Problem | undefined {
	const known = outcome.plans.flatMap((plan) => plan.jobs.flatMap((job) => [job.id, job.key]));
	const missing = jobs?.find((job) => !known.includes(job));
	if (missing === undefined || outcome.plans.length === 0) return undefined;
	return {
		code: 'FB1003',
		what: `there is no job ${missing}`,
		why: `the workflow has ${[...new Set(known)].join(', ')}`,
		next: 'name one of these',
	};
}

/** A value that no combination has would leave no job; matrices that are known later are asked then. */
function unknownMatrix(outcome: PlanOutcome, matrix: Request['matrix']): Problem | undefined {
	const jobs = outcome.plans.flatMap((plan) => plan.jobs);
	if (
		matrix === undefined ||
		jobs.length === 0 ||
		jobs.some((job) => job.deferred !== undefined || job.call !== undefined)
	)
		return undefined;
	for (const [key, value] of Object.entries(matrix)) {
		const values = jobs.flatMap((job) => (job.matrix?.[key] === undefined ? [] : [shown(job.matrix[key])]));
		if (values.includes(value)) continue;
		const why =
			values.length === 0 ? `no matrix has the key ${key}` : `${key} is one of ${[...new Set(values)].join(', ')}`;
		return {
			code: 'FB1004',
			what: `no job has the matrix value ${key}=${value}`,
			why,
			next: 'name a value of the matrix',
		};
	}
	return undefined;
}

function shown(value: Json): string {
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The steps that jobs are to end after, as indexes. */
function untilOf(outcome: PlanOutcome, until: Request['until']): Result<EventOf<'run-queued'>['until']> {
	if (until === undefined) return ok(undefined);
	const jobs = outcome.plans.flatMap((plan) => plan.jobs);
	const indexes: { [job: string]: number } = {};
	for (const [id, name] of Object.entries(until)) {
		const job = jobs.find((other) => other.id === id || other.key === id);
		const index = job === undefined ? -1 : stepIndex(job, name);
		if (job !== undefined && index >= 0) indexes[job.id] = index;
		else if (jobs.length > 0) return failed(unknownStep(id, name, job));
	}
	return ok(indexes);
}

function stepIndex(job: PlannedJob, name: string): number {
	const byName = job.steps.findIndex((step) => step.id === name || step.name === name);
	if (byName >= 0) return byName;
	const number = Number(name);
	return Number.isInteger(number) && number >= 1 && number <= job.steps.length ? number - 1 : -1;
}

function unknownStep(id: string, name: string, job: PlannedJob | undefined): Problem {
	const steps = (job?.steps ?? []).map((step, index) => (step.id.startsWith('__') ? String(index + 1) : step.id));
	return {
		code: 'FB1003',
		what: job === undefined ? `there is no job ${id}` : `job ${id} has no step ${name}`,
		...(job === undefined ? {} : { why: `its steps are ${steps.join(', ')}` }),
		next: 'name a step by its id, its name or its number',
	};
}
