import { failed, ok, type Result } from '#core/result.ts';
import type { PlanOutcome } from '#edge/planner/planner.ts';
import type { Occasion } from './occasion.ts';
import type { Ports } from './ports.ts';

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
		await ports.planner.plan(workflows, trigger, {
			project: project.project,
			vars,
			...(origin === undefined ? {} : { origin }),
			...(workflow === undefined ? {} : { workflow }),
		}),
	);
}
