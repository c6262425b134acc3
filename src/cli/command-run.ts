import type { RunView, StartedRuns } from '#core/api.ts';
import type { Client } from './client.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { exitCodeOfRuns, exitCodes } from './exit-code.ts';
import { followRuns } from './follow-runs.ts';
import { nothingStarted } from './nothing-started.ts';
import { projectHere } from './project-here.ts';
import { displayRuns } from './run-display.ts';
import { type RunOptions, runRequest } from './run-request.ts';
import { runSummary } from './run-summary.ts';

/** Runs the workflows of the present folder's repository and shows them to their end. */
export async function runCommand(
	workflow: string | undefined,
	options: RunOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const { project } = await projectHere(client, context);
		const request = await runRequest(project, workflow, options, process);
		const started = await client.post<StartedRuns>('/runs', request);
		const { runs, isInterrupted } = await follow(client, context, started, options.json === true);
		if (options.json === true) printJson(context, { ...started, url: client.url ?? null, runs: runs.map(jsonOf) });
		else tellEnd(context, client, started, runs);
		return isInterrupted ? exitCodes.interrupted.code : exitCodeOfRuns(runs);
	});
}

/** The first Ctrl+C cancels the runs and lets them end; the second one leaves at once. */
async function follow(client: Client, context: CommandContext, { runs: ids }: StartedRuns, isQuiet: boolean) {
	let isInterrupted = false;
	const leave = new AbortController();
	const interrupt = () => {
		if (isInterrupted) return leave.abort();
		isInterrupted = true;
		context.err.print('', 'Cancelling. Ctrl+C again leaves at once.');
		for (const id of ids) client.post(`/runs/${id}/cancel`, { why: 'interrupted with Ctrl+C' }).catch(() => {});
	};
	process.on('SIGINT', interrupt);
	process.on('SIGTERM', interrupt);
	try {
		const runs = isQuiet
			? await followRuns(client, ids, { signal: leave.signal, onChange: () => {} })
			: await displayRuns(client, context.out, ids, { signal: leave.signal });
		return { runs, isInterrupted };
	} finally {
		process.off('SIGINT', interrupt);
		process.off('SIGTERM', interrupt);
	}
}

function tellEnd(context: CommandContext, client: Client, started: StartedRuns, runs: readonly RunView[]): void {
	const { out } = context;
	if (runs.length === 0) out.print(...nothingStarted(started.notPlanned));
	for (const run of runs) out.print('', ...runSummary(run, out, client.url));
}

/** A run without what the workflow file says anyway. */
function jsonOf({ plan: _, ...run }: RunView) {
	return run;
}
