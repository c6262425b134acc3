import type { RunView } from '#core/api.ts';
import { ProblemError } from '#core/result.ts';
import type { Job, Step } from '#core/run.ts';
import { runMachine } from '#core/run-machine.ts';
import type { Client } from './client.ts';
import { type CommandContext, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { clean, fill } from './line-fit.ts';
import type { LogTime } from './log-time.ts';
import { followRuns } from './run/follow-runs.ts';
import { nameWidthOf } from './run/lines.ts';
import { type LogPrinting, type LogRange, printLog, wholeLog } from './run/log.ts';

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

/** How often a server that is away is asked again: half a minute. */
const patience = 60;

/** Prints logs of a run's jobs: whole, the steps that failed, one step, or the lines that match. Follows a job that still runs. */
export async function logsCommand(run: string, options: LogsOptions, context: CommandContext): Promise<number> {
	const { out, err } = context;
	const pattern = options.grep === undefined ? undefined : expressionOf(options.grep);
	const printing: LogPrinting = {
		...{ out, pattern, time: options.time, isRaw: options.raw === true, reconnects: 0 },
		onReconnect: () => err.print(err.paint('dim', 'Footbridge does not answer: waiting for it')),
	};
	return withClient(context, async (client) => {
		const view = await findRun(client, context, run);
		if (options.follow === true && !runMachine.isOver(view)) return followLogs(client, view, options, printing);
		const count = await printJobs(client, view, options, printing);
		if (pattern === undefined) return 0;
		err.print(`${count} ${count === 1 ? 'line matches' : 'lines match'}`);
		return count === 0 ? 1 : 0;
	});
}

/** Prints what is asked for of one job after the other; how many lines that were. */
async function printJobs(client: Client, run: RunView, options: LogsOptions, printing: LogPrinting): Promise<number> {
	const { out } = printing;
	const jobs = wantedJobs(run, options);
	let count = 0;
	for (const job of jobs) {
		let head = jobs.length > 1 ? { head: out.paint('bold', `▸ ${clean(job.name)}`) } : {};
		for (const range of rangesOf(job, options)) {
			const printed = await printLog(client, { run, job }, range, { ...printing, ...head });
			if (printed > 0) head = {};
			count += printed;
		}
	}
	return count;
}

/** Prints the logs of all jobs as they are written, to the end of the run, through a server's restart; each line says whose it is. */
async function followLogs(client: Client, view: RunView, options: LogsOptions, printing: LogPrinting): Promise<number> {
	const { out } = printing;
	const printed = new Map<string, Promise<number>>();
	const show = (run: RunView): void => {
		const width = nameWidthOf(run.jobs, out.columns);
		for (const job of wantedJobs(run, options)) {
			const key = `${job.key}#${job.attempt}`;
			// Where a line is in a step, and whether the step fails, is known when the job has ended.
			const isKnown = options.step === undefined && options.failed !== true;
			if (printed.has(key) || (!isKnown && job.finishedAt === undefined)) continue;
			const prefix = run.jobs.length > 1 ? `${out.paint('cyan', fill(clean(job.name), width))} │ ` : '';
			const ranges = isKnown ? [wholeLog] : rangesOf(job, options);
			const all = ranges.map((range) =>
				printLog(client, { run, job }, range, { ...printing, prefix, reconnects: patience }),
			);
			printed.set(
				key,
				Promise.all(all).then((counts) => counts.reduce((sum, count) => sum + count, 0)),
			);
			// Told when all are awaited.
			printed.get(key)?.catch(() => {});
		}
	};
	await followRuns(client, [view.id], { onChange: (run) => show(run) });
	await Promise.all(printed.values());
	return 0;
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

/** The parts of a job's log that are asked for. A job that failed before its first step has a log, and no step to choose. */
function rangesOf(job: Job, { step: name, failed }: LogsOptions): readonly LogRange[] {
	if (name !== undefined) return [rangeOf(stepNamed(job, name))];
	const failing = failed === true ? job.steps.filter((step) => step.status === 'failed') : [];
	return failing.length === 0 ? [wholeLog] : failing.map(rangeOf);
}

function rangeOf({ firstLine, lastLine }: Step): LogRange {
	return { first: firstLine ?? 1, last: lastLine ?? (firstLine === undefined ? 0 : Number.POSITIVE_INFINITY) };
}

function stepNamed(job: Job, name: string): Step {
	const found = job.steps.find((step) => step.name === name || String(step.index + 1) === name);
	if (found !== undefined) return found;
	throw new ProblemError({
		code: 'FB1003',
		what: `job ${job.name} has no step ${name}`,
		why: `its steps are ${job.steps.map((step) => `${step.index + 1} ${step.name}`).join(', ')}`,
		next: 'name a step by its number or its name',
	});
}
