import { clean, cut, fill } from '#cli/line-fit.ts';
import { statusMark } from '#cli/status-mark.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { Status } from '#core/event.ts';
import type { Job, Run } from '#core/run.ts';
import { durationOf, jobLine, nameWidthOf } from './lines.ts';

export interface RowsOptions {
	/** ms. */
	readonly now: number;
	/** Lines that there are; absent: as many as it takes. */
	readonly room?: number;
	readonly spinner?: string;
}

type Look = Pick<Terminal, 'columns' | 'paint'>;

/** A matrix with more combinations than this is one line, with those below it that are worth one. */
const foldAbove = 8;
/** Failed combinations that are listed below their matrix. */
const listed = 5;

/** The jobs of a run, a line each. Big matrices are folded; where there are too few lines, what needs nobody's attention gives way. */
export function jobRows(run: Run, look: Look, options: RowsOptions): readonly string[] {
	const { room = Number.POSITIVE_INFINITY } = options;
	const groups = [...Map.groupBy(run.jobs, (job) => `${job.parent ?? ''}\0${job.id}`).values()];
	const drawing = { ...look, ...options, run, nameWidth: nameWidthOf(run.jobs, look.columns) };
	for (const most of [foldAbove, 1]) {
		const rows = groups.flatMap((jobs) =>
			jobs.length > most ? foldedRows(jobs, drawing) : jobs.map((job) => rowOf(job, drawing)),
		);
		if (rows.length <= room) return rows;
	}
	return busyRows(groups, room, drawing);
}

interface Drawing extends Look, RowsOptions {
	readonly run: Run;
	readonly nameWidth: number;
}

function rowOf(job: Job, drawing: Drawing): string {
	const { run, now, nameWidth, spinner } = drawing;
	const steps = run.plan.jobs.find((planned) => planned.key === job.key)?.steps.length;
	return jobLine(job, drawing, {
		...{ now, nameWidth },
		...(steps === undefined ? {} : { steps }),
		...(spinner === undefined ? {} : { spinner }),
	});
}

/** `✕ test (60)  12 s  52 passed, 8 failed`, and below it those that failed. */
function foldedRows(jobs: readonly Job[], drawing: Drawing): readonly string[] {
	const { columns, paint, nameWidth, now, spinner } = drawing;
	const status = statusOf(jobs);
	const { glyph, colour } = statusMark(status);
	const mark = status === 'running' ? (spinner ?? glyph) : glyph;
	const name = fill(`${clean(jobs[0]?.id ?? '')} (${jobs.length})`, nameWidth);
	const counts = paint('dim', cut(countsOf(jobs), Math.max(0, columns - nameWidth - 17)));
	const failed = jobs.filter((job) => job.status === 'failed');
	return [
		`  ${paint(colour, mark)} ${name} ${fill(timeOf(jobs, now), 10)} ${counts}`.trimEnd(),
		...failed.slice(0, listed).map((job) => `  ${rowOf(job, { ...drawing, columns: columns - 2 })}`),
		...(failed.length > listed ? [paint('dim', `    … ${failed.length - listed} more failed`)] : []),
	];
}

/** What runs and what failed, as far as there is room, and a count of the rest. */
function busyRows(groups: readonly (readonly Job[])[], room: number, drawing: Drawing): readonly string[] {
	const { columns, paint, run } = drawing;
	const matrices = groups.filter((jobs) => jobs.length > 1);
	const single = groups.filter((jobs) => jobs.length === 1).flat();
	const loud = single.filter((job) => job.status === 'failed' || job.status === 'running');
	const rows = [
		...matrices.flatMap((jobs) => foldedRows(jobs, drawing).slice(0, 1)),
		...loud.map((job) => rowOf(job, drawing)),
	];
	const all = paint('dim', cut(`  ${countsOf(run.jobs)} of ${run.jobs.length} jobs`, columns));
	return [...rows.slice(0, Math.max(0, room - 1)), all];
}

const words: readonly Status[] = ['failed', 'running', 'passed', 'cancelled', 'skipped', 'blocked', 'queued'];

/** `3 failed, 2 running, 44 passed`. */
export function countsOf(jobs: readonly Pick<Job, 'status'>[]): string {
	return words
		.map((word) => [jobs.filter((job) => job.status === word).length, word] as const)
		.filter(([count]) => count > 0)
		.map(([count, word]) => `${count} ${word}`)
		.join(', ');
}

/** How several jobs stand together. */
function statusOf(jobs: readonly Job[]): Status {
	const has = (status: Status) => jobs.some((job) => job.status === status);
	if (has('failed')) return 'failed';
	if (has('running') || (has('queued') && has('passed'))) return 'running';
	return words.find(has) ?? 'queued';
}

/** From the first start to the last end. */
function timeOf(jobs: readonly Job[], now: number): string {
	const starts = jobs.flatMap((job) => job.startedAt ?? []).toSorted();
	const isOver = jobs.every(
		(job) => job.finishedAt !== undefined || (job.startedAt === undefined && job.status !== 'queued'),
	);
	const end = isOver
		? jobs
				.flatMap((job) => job.finishedAt ?? [])
				.toSorted()
				.at(-1)
		: undefined;
	const [start] = starts;
	return durationOf(
		{ ...(start === undefined ? {} : { startedAt: start }), ...(end === undefined ? {} : { finishedAt: end }) },
		now,
	);
}
