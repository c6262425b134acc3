import type { LogLines, RunView } from '#core/api.ts';
import { ProblemError } from '#core/result.ts';
import { isEnded, type Job } from '#core/run.ts';
import { runMachine } from '#core/run-machine.ts';
import type { Client } from './client.ts';
import { type CommandContext, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { followRuns } from './follow-runs.ts';
import { terminalText } from './log-text.ts';
import { type LogTime, timeOf } from './log-time.ts';
import { failedStepOf } from './run-lines.ts';

export interface LogsOptions {
	readonly job?: string;
	/** Id, name or number of a step. */
	readonly step?: string;
	readonly failed?: boolean;
	/** Regular expression. */
	readonly grep?: string;
	readonly follow?: boolean;
	readonly time: LogTime;
	/** As the file has it, whatever it would do to a terminal. */
	readonly raw?: boolean;
}

const pageLines = 5000;

/** Prints logs of a run's jobs: whole, the steps that failed, one step, or the lines that match. Follows a job that still runs. */
export async function logsCommand(run: string, options: LogsOptions, context: CommandContext): Promise<number> {
	const pattern = options.grep === undefined ? undefined : expressionOf(options.grep);
	return withClient(context, async (client) => {
		const view = await findRun(client, context, run);
		const print = (one: RunView, job: Job, head?: string) =>
			printLog(client, context, { run: one, job, head, options, pattern });
		if (options.follow === true && !runMachine.isOver(view))
			return followLogs(client, context, { view, options, print });
		const jobs = wantedJobs(view, options);
		let count = 0;
		for (const job of jobs) {
			count += await print(view, job, jobs.length > 1 ? headOf(context, job) : undefined);
		}
		if (pattern !== undefined) context.err.print(`${count} ${count === 1 ? 'line matches' : 'lines match'}`);
		return pattern !== undefined && count === 0 ? 1 : 0;
	});
}

/** Prints each job's log when its turn comes, while the run goes on. */
async function followLogs(
	client: Client,
	context: CommandContext,
	{
		view,
		options,
		print,
	}: {
		readonly view: RunView;
		readonly options: LogsOptions;
		readonly print: (run: RunView, job: Job, head: string) => Promise<number>;
	},
): Promise<number> {
	const told = new Set<string>();
	const show = async (run: RunView): Promise<void> => {
		for (const job of wantedJobs(run, options)) {
			const key = `${job.key}#${job.attempt}`;
			if (told.has(key)) continue;
			told.add(key);
			await print(run, job, headOf(context, job));
		}
	};
	await followRuns(client, [view.id], { onChange: (run) => show(run) });
	return 0;
}

function headOf({ out }: CommandContext, job: Job): string {
	return out.paint('bold', `▸ ${terminalText(job.name, false)}`);
}

function expressionOf(source: string): RegExp {
	try {
		return new RegExp(source, 'i');
	} catch (error) {
		throw new ProblemError({
			code: 'FB0130',
			what: `--grep ${source} is no regular expression`,
			why: error instanceof Error ? error.message : String(error),
			next: 'put a backslash before characters that are meant as they are',
		});
	}
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
	// A job that calls a workflow has no log: its jobs have.
	const calls = new Set(run.jobs.map((job) => job.parent));
	return named.filter((job) => job.attempt > 0 && !calls.has(job.key) && (failed !== true || job.status === 'failed'));
}

interface Printing {
	readonly run: RunView;
	readonly job: Job;
	/** Said before the first line. */
	readonly head: string | undefined;
	readonly options: LogsOptions;
	readonly pattern: RegExp | undefined;
}

/** How many lines were printed. */
async function printLog(
	client: Client,
	{ out }: CommandContext,
	{ run, job, head, options, pattern }: Printing,
): Promise<number> {
	const { first, last } = rangeOf(job, options);
	const path = `/runs/${run.id}/jobs/${encodeURIComponent(job.key)}/log`;
	const now = Date.now();
	let count = 0;
	for (let from = first; from <= last; ) {
		const limit = Math.min(pageLines, last - from + 1);
		const wait = isEnded(job.status) ? '' : '&wait=10';
		const page = await client.get<LogLines>(`${path}?from=${from}&limit=${limit}&attempt=${job.attempt}${wait}`);
		const lines = page.lines.filter(({ text }) => pattern === undefined || pattern.test(terminalText(text, false)));
		const shown = lines.map(({ number, at, text }) => {
			const line = options.raw === true ? text : terminalText(text, out.hasColour);
			const place = pattern === undefined ? '' : out.paint('dim', `${number}: `);
			const time = timeOf(at, options.time, { now, start: job.startedAt });
			return `${time === '' ? '' : `${out.paint('dim', time)}  `}${place}${line}`;
		});
		if (shown.length > 0) out.print(...(head === undefined || count > 0 ? [] : [head]), ...shown);
		count += shown.length;
		from += page.lines.length;
		if (page.ended && from > page.total) break;
	}
	return count;
}

function rangeOf(job: Job, { step: name, failed }: LogsOptions): { readonly first: number; readonly last: number } {
	const step = name === undefined ? (failed === true ? failedStepOf(job) : undefined) : stepNamed(job, name);
	return { first: step?.firstLine ?? 1, last: step?.lastLine ?? Number.POSITIVE_INFINITY };
}

function stepNamed(job: Job, name: string): Job['steps'][number] {
	const found = job.steps.find((step) => step.name === name || String(step.index + 1) === name);
	if (found !== undefined) return found;
	throw new ProblemError({
		code: 'FB1003',
		what: `job ${job.name} has no step ${name}`,
		why: `its steps are ${job.steps.map((step) => `${step.index + 1} ${step.name}`).join(', ')}`,
		next: 'name a step by its number or its name',
	});
}
