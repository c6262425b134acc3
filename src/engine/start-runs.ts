import type { StartedRuns, StartRuns } from '#core/api.ts';
import type { Event } from '#core/event.ts';
import type { Json, Trigger } from '#core/plan.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import type { PlanOutcome } from '#edge/planner/planner.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

const workflowFolder = '.github/workflows';
const workflowLimitBytes = 1024 * 1024;

/** A trigger with everything that was found out about it. */
export interface Occasion {
	readonly project: ProjectRow;
	readonly trigger: Trigger;
	readonly isDirty: boolean;
}

/** Which commit a request means, and the event that it stands for. */
export async function occasionOf(
	ports: Ports,
	project: ProjectRow,
	request: Pick<StartRuns, 'at' | 'event'>,
): Promise<Result<Occasion>> {
	if (request.at === 'worktree') {
		const snapshot = await ports.source.snapshot(project.path);
		if (!snapshot.ok) return snapshot;
		const { sha, head, ref, isDirty } = snapshot.value;
		const trigger = {
			event: request.event,
			ref,
			sha,
			payload: pushPayload(project, ref, undefined, sha),
			...(isDirty ? { worktreeOf: head } : {}),
		};
		return ok({ project, trigger, isDirty });
	}
	const resolved = await ports.source.resolve(project.path, request.at);
	if (!resolved.ok) return resolved;
	const ref = await refOf(ports, project, request.at, resolved.value);
	return ok({ project, trigger: pushTrigger(project, request.event, { ref, after: resolved.value }), isDirty: false });
}

/** The trigger that a push of a branch is. */
export function pushTrigger(
	project: ProjectRow,
	event: string,
	change: {
		readonly ref: string;
		readonly before?: string;
		readonly after: string;
		readonly changed?: readonly string[];
	},
): Trigger {
	return {
		event,
		ref: change.ref,
		sha: change.after,
		payload: pushPayload(project, change.ref, change.before, change.after),
		...(change.before === undefined ? {} : { before: change.before }),
		...(change.changed === undefined ? {} : { changed: change.changed }),
	};
}

/** What the repository's workflows make of a trigger; nothing is started. */
export async function planOf(
	ports: Ports,
	{ project, trigger }: Occasion,
	workflow?: string,
): Promise<Result<PlanOutcome>> {
	const files = await ports.source.files(project.path, trigger.sha, workflowFolder, workflowLimitBytes);
	const workflows = new Map([...files].filter(([path]) => /\.ya?ml$/.test(path)));
	if (workflows.size === 0) {
		return failed({
			code: 'FB1009',
			what: 'there is no workflow to run',
			why: `${workflowFolder} of ${project.project} at ${trigger.sha.slice(0, 8)} has no .yml file`,
			where: workflowFolder,
			next: `write one, such as ${workflowFolder}/ci.yml (docs/workflows.md)`,
		});
	}
	if (
		workflow !== undefined &&
		![...workflows.keys()].some((path) => path === workflow || path === `${workflowFolder}/${workflow}`)
	) {
		return failed({
			code: 'FB1007',
			what: `there is no workflow ${workflow}`,
			why: `the repository has ${[...workflows.keys()].join(', ')}`,
			next: 'name one of these, by path or file name',
		});
	}
	return ok(
		await ports.planner.plan(workflows, trigger, {
			github: { repository: project.project },
			...(workflow === undefined ? {} : { workflow }),
		}),
	);
}

/** Queues a run for each workflow that the trigger starts, and records each one that is broken as refused. */
export async function queueRuns(
	ports: Ports,
	occasion: Occasion,
	request: Pick<StartRuns, 'workflow' | 'jobs' | 'tier' | 'secrets'>,
	onSecrets: (run: string, secrets: { readonly [name: string]: string }) => void,
): Promise<Result<StartedRuns>> {
	const outcome = await planOf(ports, occasion, request.workflow);
	if (!outcome.ok) return outcome;
	const missing = unknownJob(outcome.value, request.jobs);
	if (missing !== undefined) return failed(missing);
	const { project, trigger } = occasion;
	const commit = await ports.source.commit(project.path, trigger.sha);
	const runs: string[] = [];
	const queue = async (event: (number: number) => Event): Promise<void> => {
		const run = ports.newId();
		onSecrets(run, request.secrets);
		await ports.store.append(`run/${run}`, 'system', [event(await ports.store.nextNumber(`run/${project.project}`))]);
		runs.push(run);
	};
	for (const { workflow, problems } of outcome.value.broken) {
		await queue((number) => ({
			kind: 'run-refused',
			project: project.project,
			number,
			trigger,
			commit,
			workflow,
			problems,
		}));
	}
	for (const plan of outcome.value.plans) {
		await queue((number) => ({
			kind: 'run-queued',
			project: project.project,
			number,
			trigger,
			commit,
			plan,
			...(request.jobs === undefined ? {} : { only: request.jobs }),
			...(request.tier === undefined ? {} : { tier: request.tier }),
			...(Object.keys(request.secrets).length === 0 ? {} : { secrets: Object.keys(request.secrets) }),
		}));
	}
	return ok({ runs, notPlanned: outcome.value.notPlanned, sha: trigger.sha, isDirty: occasion.isDirty });
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

/** The branch that a revision names; for a bare commit the branch that HEAD is on. */
async function refOf(ports: Ports, project: ProjectRow, at: string, sha: string): Promise<string> {
	const refs = await ports.source.refs(project.path);
	for (const ref of [at, `refs/heads/${at}`, `refs/tags/${at}`]) if (refs.get(ref) === sha) return ref;
	return (await ports.source.head(project.path)).ref;
}

/** `github.event` of a push, as far as a repository alone can tell. */
function pushPayload(project: ProjectRow, ref: string, before: string | undefined, after: string): Json {
	return {
		ref,
		before: before ?? '0'.repeat(40),
		after,
		created: before === undefined,
		deleted: false,
		forced: false,
		repository: { name: project.project, full_name: project.project, default_branch: project.defaultBranch },
		head_commit: { id: after },
	};
}
