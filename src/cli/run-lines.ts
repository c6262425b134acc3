import type { Job, Run, Step } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import { clean, cut, fill, widthOf } from './line-fit.ts';
import { statusMark } from './status-mark.ts';
import type { Terminal } from './terminal.ts';

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
	return `${paint('bold', `▸ ${title}`)}  ${paint('dim', place)}  ${cut(subject, room)}`;
}

/** The workflow's name; the file's, when it has none of its own. */
export function runName({ name, workflow }: Pick<Run, 'name' | 'workflow'>): string {
	return clean(name === workflow ? workflow.slice(workflow.lastIndexOf('/') + 1) : name);
}

/** A job as one line: how it stands, for how long, and what it does or why it ended so. `now` in ms. */
export function jobLine(job: Job, now: number, { columns, paint }: Look, nameWidth = 24): string {
	const { glyph, colour } = statusMark(job.status);
	const name = fill(clean(job.name), nameWidth);
	const time = durationOf(job, now);
	const head = `  ${paint(colour, glyph)} ${name} ${fill(time, 10)}`;
	const says = cut(clean(aboutJob(job)), Math.max(0, columns - nameWidth - 17));
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

function durationOf({ startedAt, finishedAt }: Job, now: number): string {
	if (startedAt === undefined || (finishedAt === undefined && now <= Date.parse(startedAt))) return '';
	return formatDuration((finishedAt === undefined ? now : Date.parse(finishedAt)) - Date.parse(startedAt));
}

function aboutJob(job: Job): string {
	switch (job.status) {
		case 'queued':
			return job.why ?? (job.needs.length === 0 ? 'waits for a free place' : `after ${job.needs.join(', ')}`);
		case 'running':
			return job.steps.find((step) => step.status === 'running')?.name ?? job.tier ?? '';
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

function exitOf({ exitCode, signal, why }: Step): string {
	if (signal !== undefined) return `ended by ${signal}`;
	return exitCode === undefined ? (why ?? 'failed') : `exit ${exitCode}`;
}
