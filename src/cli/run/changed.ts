import type { Client } from '#cli/client.ts';
import { changedPaths, firstCommit } from '#cli/git-tree.ts';
import { effects } from '#core/affected.ts';
import type { PlanView, StartRuns } from '#core/api.ts';
import type { NotPlanned, Plan } from '#core/plan.ts';

/** A job that a change does not reach. */
export interface NotAffected {
	readonly workflow: string;
	readonly job: string;
	/** A half sentence behind "it". */
	readonly why: string;
}

/** What is left of a request for what a change affects. */
export interface Narrowed {
	/** The requests that together start all that the change may affect. */
	readonly requests: readonly StartRuns[];
	readonly notPlanned: readonly NotPlanned[];
	readonly notAffected: readonly NotAffected[];
	/** How many paths differ; undefined when git could not tell, and nothing was left out. */
	readonly changed: number | undefined;
}

/** Leaves out the jobs that cannot see what changed since `request.changedSince`. What cannot be told is run. */
export async function narrowed(
	client: Client,
	request: StartRuns,
	project: { readonly path: string; readonly defaultBranch: string },
): Promise<Narrowed> {
	const whole: Narrowed = { requests: [request], notPlanned: [], notAffected: [], changed: undefined };
	const changed = await changedSince(request, project);
	if (changed === undefined) return whole;
	// A job that was asked for by name is run.
	if (request.jobs !== undefined) return { ...whole, changed: changed.length };
	const {
		until: _until,
		env: _env,
		matrix: _matrix,
		failFast: _failFast,
		tier: _tier,
		secrets: _secrets,
		...asked
	} = request;
	const { plans, broken, notPlanned } = await client.post<PlanView>('/plans', asked);
	const told = plans.map((plan) => ({ plan, ...reached(plan, changed) }));
	const notAffected = told.flatMap((one) => one.notAffected);
	if (notAffected.length === 0) return { ...whole, changed: changed.length };
	const only = told.flatMap(({ plan, jobs }) =>
		jobs.length === 0 ? [] : [{ ...request, workflow: plan.workflow, jobs: [...jobs] }],
	);
	const refused = broken.map(({ workflow }) => ({ ...request, workflow }));
	return { requests: [...refused, ...only], notPlanned, notAffected, changed: changed.length };
}

async function changedSince(
	{ at, changedSince: since }: StartRuns,
	{ path, defaultBranch }: { readonly path: string; readonly defaultBranch: string },
): Promise<readonly string[] | undefined> {
	if (since === undefined) return undefined;
	const named = since === '' ? [`refs/remotes/origin/${defaultBranch}`, defaultBranch] : [since];
	const [base, to] = [await firstCommit(path, named), at === 'worktree' ? at : await firstCommit(path, [at])];
	return base === undefined || to === undefined ? undefined : changedPaths(path, base, to);
}

/** Ids of the jobs that a change may reach; one combination of a matrix brings the others. */
function reached(plan: Plan, changed: readonly string[]) {
	const told = effects(plan, changed);
	const ids = new Set(plan.jobs.filter((job) => told.get(job.key)?.is !== 'unaffected').map((job) => job.id));
	const left = plan.jobs.filter((job) => !ids.has(job.id));
	return {
		jobs: [...ids],
		notAffected: left.map((job) => ({ workflow: plan.workflow, job: job.key, why: told.get(job.key)?.why ?? '' })),
	};
}
