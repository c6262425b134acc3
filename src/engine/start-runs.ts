import type { StartRuns } from '#core/api.ts';
import type { Json, Trigger } from '#core/plan.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { PlanOutcome } from '#edge/planner/planner.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

const workflowFolder = '.github/workflows';
const workflowLimitBytes = 1024 * 1024;

/** A trigger with everything that was found out about it. */
export interface Occasion {
	readonly project: ProjectRow;
	readonly trigger: Trigger;
	/** URL of the repository's `origin`. */
	readonly origin?: string;
	readonly isDirty: boolean;
}

/** Which commit a request means, and the event that it stands for. */
export async function occasionOf(
	ports: Ports,
	project: ProjectRow,
	request: Pick<StartRuns, 'at' | 'event' | 'payload' | 'inputs'>,
): Promise<Result<Occasion>> {
	const described = await ports.source.describe(project.path);
	const origin = described.ok ? described.value.origin : undefined;
	const found = request.at === 'worktree' ? await worktree(ports, project) : await revision(ports, project, request.at);
	if (!found.ok) return found;
	const { ref, sha, worktreeOf } = found.value;
	const before = await pushedBefore(ports, project, ref, worktreeOf ?? sha);
	const changed = before === undefined ? undefined : await ports.source.changed(project.path, before, sha);
	const trigger = pushTrigger(project, request.event, {
		ref,
		after: sha,
		...(before === undefined ? {} : { before }),
		...(changed === undefined || changed.length === 0 ? {} : { changed }),
	});
	const inputs = request.inputs === undefined ? {} : { inputs: request.inputs };
	return ok({
		project,
		trigger: {
			...trigger,
			payload: { ...(trigger.payload as { readonly [key: string]: Json }), ...inputs, ...request.payload },
			...(worktreeOf === undefined ? {} : { worktreeOf }),
		},
		...(origin === undefined ? {} : { origin }),
		isDirty: worktreeOf !== undefined,
	});
}

interface Revision {
	readonly ref: string;
	readonly sha: string;
	/** Set for an uncommitted work tree: the commit it sits on. */
	readonly worktreeOf?: string;
}

async function worktree(ports: Ports, project: ProjectRow): Promise<Result<Revision>> {
	const snapshot = await ports.source.snapshot(project.path);
	if (!snapshot.ok) return snapshot;
	const { sha, head, ref, isDirty } = snapshot.value;
	return ok({ ref, sha, ...(isDirty ? { worktreeOf: head } : {}) });
}

async function revision(ports: Ports, project: ProjectRow, at: string): Promise<Result<Revision>> {
	const sha = await ports.source.resolve(project.path, at);
	return sha.ok ? ok({ ref: await refOf(ports, project, at, sha.value), sha: sha.value }) : sha;
}

/** Where origin has the branch now, when a push would move it. */
async function pushedBefore(ports: Ports, project: ProjectRow, ref: string, sha: string): Promise<string | undefined> {
	if (!ref.startsWith('refs/heads/')) return undefined;
	const remote = await ports.source.resolve(project.path, `refs/remotes/origin/${ref.slice('refs/heads/'.length)}`);
	return remote.ok && remote.value !== sha ? remote.value : undefined;
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
	{ project, trigger, origin }: Occasion,
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
			project: project.project,
			...(origin === undefined ? {} : { origin }),
			...(workflow === undefined ? {} : { workflow }),
		}),
	);
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
