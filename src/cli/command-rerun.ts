import { type CommandContext, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { tellEnd } from './run/end.ts';
import { followToEnd } from './run/follow.ts';
import { secretValues } from './run/secret-values.ts';

export interface RerunOptions {
	readonly failed?: boolean;
	readonly job?: readonly string[];
	readonly secret?: readonly string[];
	readonly json?: boolean;
	readonly agent?: boolean;
}

/** Lets jobs of a run happen again, and shows them to their end. */
export async function rerunCommand(run: string, options: RerunOptions, context: CommandContext): Promise<number> {
	const secrets = await secretValues(options.secret ?? [], process);
	return withClient(context, async (client) => {
		const { id, trigger } = await findRun(client, context, run);
		await client.post(`/runs/${id}/rerun`, {
			failed: options.failed === true,
			secrets,
			...(options.job === undefined ? {} : { jobs: options.job }),
		});
		const isQuiet = options.json === true || options.agent === true;
		const followed = await followToEnd(client, context, [id], isQuiet ? 'quiet' : 'shown');
		const about = { sha: trigger.sha, isDirty: trigger.worktreeOf !== undefined, notPlanned: [], notAffected: [] };
		return tellEnd(client, context, { ...followed, ...about }, options);
	});
}
