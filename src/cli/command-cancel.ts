import { isEnded } from '#core/run.ts';
import { type CommandContext, withClient } from './command.ts';
import { findRun } from './find-run.ts';

/** Asks a run to stop. */
export async function cancelCommand(run: string, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const view = await findRun(client, context, run);
		if (isEnded(view.status)) {
			context.out.print(`#${view.number} ${view.status} already.`);
			return 0;
		}
		await client.post(`/runs/${view.id}/cancel`, {});
		context.out.print(`#${view.number} is being cancelled.`);
		return 0;
	});
}
