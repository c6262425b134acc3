import type { PlanView } from '#core/api.ts';
import { forecast } from '#core/forecast.ts';
import { githubContext } from '#core/github-context.ts';
import type { Plan } from '#core/plan.ts';
import { ok, type Result } from '#core/result.ts';
import type { Occasion } from './occasion.ts';
import { planOf } from './plan-workflows.ts';
import type { Ports } from './ports.ts';
import { configurationAt } from './project-configuration.ts';

/** What the repository's workflows make of a trigger, with what will become of each job. */
export async function planView(
	ports: Ports,
	occasion: Occasion,
	{ workflow, platform }: { readonly workflow: string | undefined; readonly platform: string },
): Promise<Result<PlanView>> {
	const outcome = await planOf(ports, occasion, workflow);
	if (!outcome.ok) return outcome;
	const { project, trigger } = occasion;
	const { runners } = await configurationAt(ports, project.path, trigger.sha);
	const forecasts = outcome.value.plans.map((plan) => {
		const contexts = contextsOf(occasion, plan);
		return [plan.workflow, forecast(plan, { contexts, runners, platform })] as const;
	});
	return ok({ ...outcome.value, forecasts: Object.fromEntries(forecasts) });
}

function contextsOf({ project, trigger, origin, vars }: Occasion, plan: Plan) {
	const inputs = plan.inputs ?? {};
	const github = githubContext({
		trigger,
		project: project.project,
		...(origin === undefined ? {} : { origin }),
		workflow: { path: plan.workflow, name: plan.name },
		inputs,
	});
	return { github, inputs, vars };
}
