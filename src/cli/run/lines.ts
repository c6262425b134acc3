import { clean, cut, fill, widthOf } from '#cli/line-fit.ts';
import { statusMark } from '#cli/status-mark.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { Job, Run, Step } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';

type Look = Pick<Terminal, 'columns' | 'paint'>;

/** `▸ CI #12  notes main a1b2c3d4  Subject`: what runs. */
export function runHead(run: Run, { columns, paint }: Look): string {
	const ref = run.trigger.ref.replace(/^refs\/(heads|tags)\//, '');
	const commit = run.trigger.worktreeOf === undefined ? run.trigger.sha : run.trigger.worktreeOf;
	const place = `${clean(run.project)} ${clean(ref)} ${commit.slice(0, 8)}`;
	const subject =
		run.title !== undefined
			? clean(run.title)
			: run.trigger.worktreeOf === undefined
				? clean(run.commit.subject)
				: 'with your uncommitted changes';
	const title = `${runName(run)} #${run.number}`;
	const room = Math.max(10, columns - widthOf(title) - widthOf(place) - 6);
	return cut(`${paint('bold', `▸ ${title}`)}  ${paint('dim', place)}  ${cut(subject, room)}`, columns);
}

/** The workflow's name; the file's, when it has none of its own. */
export function runName({ name, workflow }: Pick<Run, 'name' | 'workflow'>): string {
	return clean(name === workflow ? workflow.slice(workflow.lastIndexOf('/') + 1) : name);
}

/** How a job's line is written. */
export interface JobLineOptions {
	/** ms. */
	readonly now: number;
	/** Columns of the name. */
	readonly nameWidth?: number;
	/** How many steps the plan gives the job. */
	readonly steps?: number;
	/** In place of the mark of a job that runs. */
	readonly spinner?: string;
}

/** A job as one line: how it stands, for how long, and what it does or why it ended so. */
export function jobLine(job: Job, { columns, paint }: Look, options: JobLineOptions): string {
	const { now, nameWidth = 24, steps, spinner } = options;
	const { glyph, colour } = statusMark(job.status);
	const mark = job.status === 'running' ? (spinner ?? glyph) : glyph;
	const name = fill(clean(job.name), nameWidth);
	const head = `  ${paint(colour, mark)} ${name} ${fill(durationOf(job, now), 10)}`;
	const says = cut(clean(aboutJob(job, steps)), Math.max(0, columns - nameWidth - 17));
	return `${head} ${job.status === 'failed' ? says : paint('dim', says)}`.trimEnd();
}

/** Columns that the names of these jobs need. */
export function nameWidthOf(jobs: readonly Pick<Job, 'name'>[], columns: number): number {
	return Math.min(Math.max(8, ...jobs.map((job) => widthOf(clean(job.name)))), Math.floor(columns / 3));
}

/** The step at which a job failed. */
export function failedStepOf(job: Job): Step | undefined {
	return job.steps.find((step) => step.status === 'failed');
}

/** How long a job took, or has taken so far; empty before it began. */
export function durationOf({ startedAt, finishedAt }: Pick<Job, 'startedAt' | 'finishedAt'>, now: number): string {
	if (startedAt === undefined || (finishedAt === undefined && now <= Date.parse(startedAt))) return '';
	return formatDuration((finishedAt === undefined ? now : Date.parse(finishedAt)) - Date.parse(startedAt));
}

/** How a step ended, in two words. */
export function exitOf({ exitCode, signal, why }: Step): string {
	if (signal !== undefined) return `ended by ${signal}`;
	return exitCode === undefined ? (why ?? 'failed') : `exit ${exitCode}`;
}

/** What a job does, or why it is as it is. */
export function aboutJob(job: Job, steps?: number): string {
	switch (job.status) {
		case 'queued':
			return job.why ?? (job.needs.length === 0 ? 'waits for a free place' : `after ${job.needs.join(', ')}`);
		case 'running': {
			const step = job.steps.find((one) => one.status === 'running');
			if (step === undefined) return job.tier ?? '';
			return steps === undefined ? step.name : `${step.index + 1}/${steps} ${step.name}`;
		}
		case 'passed':
			return job.tier ?? '';
		case 'failed': {
			const step = failedStepOf(job);
			const reason = job.why ?? job.problems[0]?.what ?? '';
			if (step === undefined) return reason;
			return `${exitOf(step)} in ${step.name}`;
		}
		default:
			return job.why ?? '';
	}
}
