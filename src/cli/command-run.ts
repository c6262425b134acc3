import type { StartedRuns } from '#core/api.ts';
import type { Client } from './client.ts';
import { type CommandContext, withClient } from './command.ts';
import { clean, cut } from './line-fit.ts';
import { projectHere } from './project-here.ts';
import { type Narrowed, narrowed } from './run/changed.ts';
import { type Ended, tellEnd } from './run/end.ts';
import { followToEnd } from './run/follow.ts';
import { type RunOptions, runRequest } from './run/request.ts';

/** Runs the workflows of the present folder's repository and shows them to their end. */
export async function runCommand(
	workflow: string | undefined,
	options: RunOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const project = await projectHere(client, context);
		const request = await runRequest(project.project, workflow, options, process);
		const narrow = await narrowed(client, request, project);
		const isQuiet = options.json === true || options.agent === true;
		if (!isQuiet) tellLeft(narrow, context);
		const started = await startAll(client, narrow);
		const { runs, isInterrupted } = await followToEnd(client, context, started.runs, isQuiet ? 'quiet' : 'shown');
		const ended: Ended = { ...started, runs, isInterrupted, notAffected: narrow.notAffected };
		return tellEnd(client, context, ended, options);
	});
}

/** Several requests are one to the person who asked. Where nothing is left to start, nothing is asked. */
async function startAll(client: Client, { requests, notPlanned }: Narrowed): Promise<StartedRuns> {
	const all: StartedRuns[] = [];
	for (const request of requests) all.push(await client.post<StartedRuns>('/runs', request));
	const [first] = all;
	return {
		sha: first?.sha ?? '',
		isDirty: first?.isDirty ?? false,
		runs: all.flatMap(({ runs }) => runs),
		notPlanned: [...notPlanned, ...all.flatMap((one) => one.notPlanned)],
	};
}

/** Says what a change does not reach, and why. */
function tellLeft({ notAffected, changed }: Narrowed, { out }: CommandContext): void {
	if (notAffected.length === 0) return;
	out.print(
		`${notAffected.length} ${notAffected.length === 1 ? 'job is' : 'jobs are'} not affected by ${paths(changed)}:`,
	);
	for (const { workflow, job, why } of notAffected) {
		const file = workflow.slice(workflow.lastIndexOf('/') + 1);
		out.print(out.paint('dim', cut(`  ⊘ ${clean(file)} ${clean(job)}: it ${clean(why)}`, out.columns)));
	}
	out.print('');
}

function paths(count: number | undefined): string {
	return count === 1 ? 'the 1 path that changed' : `the ${count ?? 0} paths that changed`;
}
