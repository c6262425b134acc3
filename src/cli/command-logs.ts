import type { LogLines, RunView } from '#core/api.ts';
import { ProblemError } from '#core/result.ts';
import type { Job } from '#core/run.ts';
import type { Client } from './client.ts';
import { type CommandContext, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { failedStepOf } from './run-lines.ts';

export interface LogsOptions {
	readonly job?: string;
	readonly failed?: boolean;
}

const pageLines = 5000;

/** Prints logs of a run's jobs, whole, with their colours; with `--failed` only the steps that failed. Follows a job that still runs. */
export async function logsCommand(run: string, options: LogsOptions, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const view = await findRun(client, context, run);
		const jobs = wantedJobs(view, options);
		for (const job of jobs) {
			if (jobs.length > 1) context.out.print(context.out.paint('bold', `▸ ${job.name}`));
			await printLog(client, context, view, job, options.failed === true);
		}
		return 0;
	});
}

function wantedJobs(run: RunView, { job: name, failed }: LogsOptions): readonly Job[] {
	const named = run.jobs.filter(
		(job) => name === undefined || job.key === name || job.id === name || job.name === name,
	);
	if (named.length === 0 && name !== undefined) {
		throw new ProblemError({
			code: 'FB1003',
			what: `run #${run.number} has no job ${name}`,
			why: `its jobs are ${run.jobs.map((job) => job.key).join(', ')}`,
			next: 'name one of these',
		});
	}
	return named.filter((job) => job.attempt > 0 && (failed !== true || job.status === 'failed'));
}

async function printLog(
	client: Client,
	{ out }: CommandContext,
	run: RunView,
	job: Job,
	isFailedOnly: boolean,
): Promise<void> {
	const step = isFailedOnly ? failedStepOf(job) : undefined;
	const last = step?.lastLine ?? Number.POSITIVE_INFINITY;
	const path = `/runs/${run.id}/jobs/${encodeURIComponent(job.key)}/log`;
	for (let from = step?.firstLine ?? 1; from <= last; ) {
		const limit = Math.min(pageLines, last - from + 1);
		const page = await client.get<LogLines>(`${path}?from=${from}&limit=${limit}&wait=10`);
		if (page.lines.length > 0) out.print(...page.lines.map((line) => line.text));
		from += page.lines.length;
		if (page.ended && from > page.total) return;
	}
}
