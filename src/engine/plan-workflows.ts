import { repositoryOf, usesReference } from '#core/action/uses-reference.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { RemoteWorkflow } from '#core/workflow/called-workflows.ts';
import type { PlanOutcome } from '#edge/planner/planner.ts';
import type { Occasion } from './occasion.ts';
import type { Ports } from './ports.ts';
import { actionsAt, type RunActions } from './run-actions.ts';

const workflowFolder = '.github/workflows';
const workflowLimitBytes = 1024 * 1024;

/** What the repository's workflows make of a trigger; nothing is started. */
export async function planOf(
	ports: Ports,
	{ project, trigger, origin, vars }: Occasion,
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
		await withRemote(ports, { project, trigger }, (remote) =>
			ports.planner.plan(workflows, trigger, {
				project: project.project,
				vars,
				remote,
				...(origin === undefined ? {} : { origin }),
				...(workflow === undefined ? {} : { workflow }),
			}),
		),
	);
}

type Plans = (remote: ReadonlyMap<string, RemoteWorkflow>) => Promise<PlanOutcome>;

/** Plans until no workflow of another repository is missing: each of them may call more, ten deep and fifty in all. */
async function withRemote(ports: Ports, { project, trigger }: Pick<Occasion, 'project' | 'trigger'>, plan: Plans) {
	const remote = new Map<string, RemoteWorkflow>();
	let actions: RunActions | undefined;
	for (;;) {
		const outcome = await plan(remote);
		const { missing = [] } = outcome;
		if (missing.length === 0) return outcome;
		actions ??= await actionsAt(ports, project, trigger);
		const found = await Promise.all(missing.map((uses) => remoteWorkflow(ports, actions, uses)));
		for (const [index, uses] of missing.entries()) remote.set(uses, found[index] ?? { problems: [] });
	}
}

async function remoteWorkflow(ports: Ports, actions: RunActions | undefined, uses: string): Promise<RemoteWorkflow> {
	const reference = usesReference(uses);
	if (reference?.kind !== 'repository' || actions === undefined) throw new Error(`${uses} is no workflow of others`);
	const repository = repositoryOf(reference);
	const { ref, path } = reference;
	const commit = await actions.commitOf(repository, ref);
	if (!commit.ok) return { problems: commit.error };
	const text = await ports.actions.file(commit.value, path);
	if (text !== undefined) return { text, from: { repository, ref, sha: commit.value.sha } };
	const what = `${repository} has no workflow ${path} at ${ref}`;
	return { problems: [{ code: 'FB1012', what, next: 'compare the path and the version' }] };
}
