import { findingCard } from '#cli/finding-card.ts';
import { clean, cut } from '#cli/line-fit.ts';
import { problemLines } from '#cli/problem-lines.ts';
import { tailLine } from '#cli/run/display.ts';
import { runHead } from '#cli/run/lines.ts';
import { countsOf, jobRows } from '#cli/run/rows.ts';
import type { Tail } from '#cli/run/tail.ts';
import { spinnerAt, statusMark } from '#cli/status-mark.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { RunView } from '#core/api.ts';
import type { Problem } from '#core/result.ts';
import type { Job } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import type { Occasion, Round } from './session.ts';

/** What the screen shows beside the round. */
export interface Watching {
	readonly project: string;
	/** What was asked for by name. */
	readonly workflow: string | undefined;
	readonly folders: number;
	readonly hasKeys: boolean;
	readonly problems: readonly Problem[];
}

/** The whole screen: what is watched, what was saved, the jobs, the failures as far as there is room, the keys. */
export function screenLines(
	watching: Watching,
	round: Round | undefined,
	terminal: Terminal,
	now: number,
): readonly string[] {
	const { columns, paint, rows } = terminal;
	const head = [headLine(watching, terminal), ''];
	const keys = watching.hasKeys ? ['', paint('dim', cut('a all   f those that failed   q leave', columns))] : [];
	const problems = watching.problems.flatMap((problem) => problemLines(problem, terminal));
	// The last row stays free: a line break in it would move the screen.
	const room = Math.max(4, rows - 1 - head.length - keys.length - problems.length);
	const body =
		round === undefined ? [paint('dim', 'Nothing was saved yet.')] : roundLines(round, terminal, { now, room });
	return [...head, ...problems, ...body.slice(0, room), ...keys].slice(0, Math.max(4, rows - 1));
}

/** `src/a.ts and 2 more saved`. */
export function occasionText(occasion: Occasion): string {
	if (occasion.kind === 'all') return 'all jobs';
	if (occasion.kind === 'failed') return 'the jobs that failed';
	const [first = '', ...more] = occasion.paths;
	return `${clean(first)}${more.length === 0 ? '' : ` and ${more.length} more`} saved`;
}

/** How a round stands, in one line. */
export function stateText(round: Round, now: number): string {
	const jobs = round.runs.flatMap((run) => run.jobs);
	const counts = countsOf(jobs);
	const took = formatDuration(now - round.startedAt);
	if (round.is === 'starting') return 'looking for what it affects';
	if (jobs.length === 0 && round.problems.length > 0) return 'it cannot run';
	if (jobs.length === 0) return round.occasion.kind === 'failed' ? 'there is none' : 'it affects no job';
	return round.is === 'ended' ? counts : `${counts}, ${took}`;
}

function headLine({ project, workflow, folders }: Watching, { columns, paint }: Terminal): string {
	const what = workflow === undefined ? '' : `  ${clean(workflow)}`;
	const about = `${folders} ${folders === 1 ? 'folder' : 'folders'}`;
	return cut(`${paint('bold', `◎ watching ${clean(project)}`)}${what}  ${paint('dim', about)}`, columns);
}

function roundLines(
	round: Round,
	terminal: Terminal,
	{ now, room }: { readonly now: number; readonly room: number },
): readonly string[] {
	const { columns, paint } = terminal;
	const queued = round.queuedMs === undefined ? '' : paint('dim', `  queued after ${formatDuration(round.queuedMs)}`);
	const said = paint('dim', stateText(round, now));
	const head = [
		cut(`${markOf(round, now, terminal)} ${paint('bold', occasionText(round.occasion))}  ${said}${queued}`, columns),
	];
	const problems = round.problems.flatMap((problem) => problemLines(problem, terminal));
	const failures = failuresOf(round);
	// Jobs get at most half of the room where a failure is to be read.
	const most = failures.length === 0 ? room : Math.max(3, Math.floor(room / 2));
	const each = Math.max(2, Math.floor(most / Math.max(1, round.runs.length)));
	const jobs = round.runs.flatMap((run) => [
		runHead(run, terminal),
		...jobRows(run, terminal, { now, room: each - 1, spinner: spinnerAt(now) }),
	]);
	const above = [...head, ...problems, ...jobs];
	return [...above, ...failureLines(failures, terminal, room - above.length)];
}

interface Failure {
	readonly run: RunView;
	readonly job: Job;
	readonly tail: Tail | undefined;
}

/** One failure for each step and cause. */
function failuresOf({ runs, tails }: Round): readonly Failure[] {
	const all = runs.flatMap((run) =>
		run.jobs
			.filter((job) => job.status === 'failed')
			.map((job) => ({ run, job, tail: tails.get(`${run.id} ${job.key}`) })),
	);
	const alike = Map.groupBy(all, ({ run, job, tail }) => `${run.id} ${job.id} ${tail?.step} ${job.finding?.cause}`);
	return [...alike.values()].flatMap(([first]) => first ?? []);
}

/** The first failures, each with its cause and with as many last lines as there is room for. */
function failureLines(failures: readonly Failure[], terminal: Terminal, room: number): readonly string[] {
	const lines: string[] = [];
	for (const [index, { job, tail }] of failures.entries()) {
		const left = Math.floor((room - lines.length) / (failures.length - index));
		const card = job.finding === undefined ? [] : findingCard(job.finding, job.name, terminal);
		const problems = job.problems.flatMap((problem) => problemLines(problem, terminal));
		if (left < 4) {
			const more = cut(`  … ${failures.length - index} more failed: footbridge logs --failed`, terminal.columns);
			return [...lines, terminal.paint('dim', more)].slice(0, Math.max(0, room));
		}
		// The log keeps half of the room: the cause is read beside what happened.
		const below = [...problems, ...card].slice(
			0,
			Math.max(Math.ceil((left - 2) / 2), left - 2 - (tail?.lines.length ?? 0)),
		);
		const log = tail === undefined ? [] : tail.lines.slice(-Math.max(1, left - 2 - below.length));
		const bar = terminal.paint('red', '│');
		lines.push(
			'',
			cut(
				`${terminal.paint('red', '✕')} ${terminal.paint('bold', clean(job.name))} ${terminal.paint('dim', clean(tail?.step ?? ''))}`,
				terminal.columns,
			),
		);
		lines.push(...log.map((line) => `  ${bar} ${tailLine(line, terminal)}`), ...below);
	}
	return lines;
}

function markOf(round: Round, now: number, { paint }: Terminal): string {
	const jobs = round.runs.flatMap((run) => run.jobs);
	const status =
		round.problems.length > 0 || jobs.some((job) => job.status === 'failed')
			? 'failed'
			: round.is !== 'ended'
				? 'running'
				: jobs.length === 0
					? 'skipped'
					: 'passed';
	const { glyph, colour } = statusMark(status);
	return paint(colour, status === 'running' ? spinnerAt(now) : glyph);
}
