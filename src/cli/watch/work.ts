import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { effects } from '#core/affected.ts';
import type { Plan, Trigger } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { Planner } from '#edge/planner/planner.ts';
import { type JobRecord, likelyFirst, recordKey } from './likely-first.ts';

/** What is to run because of a change. */
export interface Work {
	/** Workflows with the ids of their jobs, both with the likeliest to fail first. */
	readonly workflows: readonly { readonly workflow: string; readonly jobs: readonly string[] }[];
	/** What the change does not reach, and why. */
	readonly left: readonly { readonly what: string; readonly why: string }[];
	/** Workflows that cannot run. */
	readonly broken: readonly { readonly workflow: string; readonly problems: readonly Problem[] }[];
}

export interface WorkRequest {
	/** Root of the work tree. */
	readonly root: string;
	/** Absent: everything is asked for, whatever changed. */
	readonly changed?: readonly string[];
	/** Only this workflow, whose own filters are then not asked. */
	readonly workflow?: string;
	/** Only these jobs, by id or key. */
	readonly jobs?: readonly string[];
	readonly event: string;
	readonly ref: string;
	readonly records: ReadonlyMap<string, JobRecord>;
}

const folder = '.github/workflows';
const limitBytes = 1024 * 1024;

/** Finds what of the workflows, as they are in the work tree now, a change reaches. */
export async function workOf(planner: Planner, request: WorkRequest): Promise<Work> {
	const { root, changed, workflow, event, ref } = request;
	const trigger: Trigger = {
		...{ event, ref, sha: '0'.repeat(40), payload: {} },
		...(changed === undefined ? {} : { changed }),
	};
	const files = await workflowFiles(root);
	const outcome = await planner.plan(files, trigger, workflow === undefined ? {} : { workflow });
	const { plans, notPlanned, broken } = outcome;
	const reached = plans.map((plan) => ({ plan, ...reachedBy(plan, request) }));
	const found = reached.flatMap(({ plan, jobs }) =>
		jobs.length === 0 ? [] : [{ workflow: plan.workflow, jobs: orderOf(plan, jobs, request.records) }],
	);
	return {
		workflows: likelyFirst(found, ({ workflow: path, jobs: [first = ''] }) =>
			request.records.get(recordKey(path, first)),
		),
		left: [...notPlanned.map(({ workflow: what, why }) => ({ what, why })), ...reached.flatMap(({ left }) => left)],
		broken,
	};
}

async function workflowFiles(root: string): Promise<ReadonlyMap<string, string>> {
	const names = await readdir(join(root, folder)).catch(() => []);
	const wanted = names.filter((name) => /\.ya?ml$/.test(name));
	const read = wanted.map(async (name) => {
		const text = await readFile(join(root, folder, name), 'utf8').catch(() => undefined);
		return text === undefined || text.length > limitBytes ? [] : [[`${folder}/${name}`, text] as const];
	});
	return new Map((await Promise.all(read)).flat());
}

/** Ids of the jobs that a change reaches. */
function reachedBy(
	plan: Plan,
	{ changed, jobs: asked }: WorkRequest,
): Pick<Work, 'left'> & { readonly jobs: readonly string[] } {
	const wanted = plan.jobs.filter((job) => asked === undefined || asked.includes(job.id) || asked.includes(job.key));
	if (changed === undefined) return { jobs: idsOf(wanted), left: [] };
	const told = effects(plan, changed);
	const isReached = (key: string) => told.get(key)?.is !== 'unaffected';
	return {
		jobs: idsOf(wanted.filter((job) => isReached(job.key))),
		left: wanted
			.filter((job) => !isReached(job.key))
			.map((job) => ({ what: `${plan.workflow} ${job.key}`, why: `it ${told.get(job.key)?.why ?? ''}` })),
	};
}

/** A called workflow's jobs are not known here; a matrix is one job. */
function idsOf(jobs: readonly { readonly id: string }[]): readonly string[] {
	return [...new Set(jobs.map((job) => job.id))];
}

function orderOf(plan: Plan, jobs: readonly string[], records: ReadonlyMap<string, JobRecord>): readonly string[] {
	return likelyFirst(jobs, (job) => records.get(recordKey(plan.workflow, job)));
}
