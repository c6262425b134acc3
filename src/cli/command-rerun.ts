import type { CommandContext } from './command.ts';
import { withClient } from './command.ts';
import { exitCodeOfRuns } from './exit-code.ts';
import { findRun } from './find-run.ts';
import { displayRuns } from './run-display.ts';
import { runSummary } from './run-summary.ts';
import { secretValues } from './secret-values.ts';

export interface RerunOptions {
	readonly failed?: boolean;
	readonly job?: readonly string[];
	readonly secret?: readonly string[];
}

/** Lets jobs of a run happen again, and shows them to their end. */
export async function rerunCommand(run: string, options: RerunOptions, context: CommandContext): Promise<number> {
	const secrets = await secretValues(options.secret ?? [], process);
	return withClient(context, async (client) => {
		const { id } = await findRun(client, context, run);
		await client.post(`/runs/${id}/rerun`, {
			failed: options.failed === true,
			secrets,
			...(options.job === undefined ? {} : { jobs: options.job }),
		});
		const runs = await displayRuns(client, context.out, [id]);
		for (const ended of runs) context.out.print('', ...runSummary(ended, context.out, client.url));
		return exitCodeOfRuns(runs);
	});
}
