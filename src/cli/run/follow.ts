import { spawn } from 'node:child_process';
import type { Client } from '#cli/client.ts';
import type { CommandContext } from '#cli/command.ts';
import { exitCodes } from '#cli/exit-code.ts';
import type { RunView } from '#core/api.ts';
import { displayRuns } from './display.ts';
import { followRuns } from './follow-runs.ts';

export interface Followed {
	readonly runs: readonly RunView[];
	readonly isInterrupted: boolean;
}

/** Follows runs to their end. The first Ctrl+C cancels them and lets them end; the second one leaves at once. */
export async function followToEnd(
	client: Client,
	context: CommandContext,
	ids: readonly string[],
	/** Shown while they happen, or only waited for. */
	how: 'shown' | 'quiet',
): Promise<Followed> {
	let isInterrupted = false;
	const leave = new AbortController();
	const interrupt = () => {
		if (isInterrupted) {
			leave.abort();
			// Without a server the jobs are this process's, and would be given their time to end.
			if (client.url === undefined) leaveJobs(context.data);
			return;
		}
		isInterrupted = true;
		context.err.print('', 'Cancelling. Ctrl+C again leaves at once.');
		for (const id of ids) client.post(`/runs/${id}/cancel`, { why: 'interrupted with Ctrl+C' }).catch(() => {});
	};
	process.on('SIGINT', interrupt);
	process.on('SIGTERM', interrupt);
	try {
		const runs =
			how === 'quiet'
				? await followRuns(client, ids, { signal: leave.signal, onChange: () => {} })
				: await displayRuns(client, context.out, ids, { signal: leave.signal, logs: 'whole' });
		return { runs, isInterrupted };
	} finally {
		process.off('SIGINT', interrupt);
		process.off('SIGTERM', interrupt);
	}
}

/** Goes at once. What the jobs leave is ended by a process that only waits for this one's end: opening the data folder is sweeping it. */
function leaveJobs(data: string | undefined): void {
	const own = [...process.execArgv, process.argv[1] ?? '', ...(data === undefined ? [] : ['--data', data])];
	const wait = 'while kill -0 "$0" 2>/dev/null; do sleep 0.05; done; exec "$@"';
	const args = ['-c', wait, String(process.pid), process.execPath, ...own, 'runs', '--limit', '1'];
	spawn('sh', args, { detached: true, stdio: 'ignore' }).unref();
	process.exit(exitCodes.interrupted.code);
}
