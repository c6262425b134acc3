import type { PlanView } from '#core/api.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { printPlan } from './print-plan.ts';
import { projectHere } from './project-here.ts';
import { runRequest } from './run/request.ts';

export interface PlanOptions {
	readonly at: string;
	readonly event: string;
	readonly eventFile?: string;
	readonly input?: readonly string[];
	readonly json?: boolean;
}

/** Shows what a run would be; nothing is started. */
export async function planCommand(
	workflow: string | undefined,
	options: PlanOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const { project } = await projectHere(client, context);
		const { secrets: _, ...request } = await runRequest(project, workflow, options, process);
		const plan = await client.post<PlanView>('/plans', request);
		if (options.json === true) printJson(context, plan);
		else context.out.print(...printPlan(plan));
		return plan.broken.length > 0 ? exitCodes.invalid.code : exitCodes.passed.code;
	});
}
