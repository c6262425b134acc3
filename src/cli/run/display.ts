import type { Client } from '#cli/client.ts';
import { findingCard } from '#cli/finding-card.ts';
import { clean, cut } from '#cli/line-fit.ts';
import { terminalText } from '#cli/log-text.ts';
import { problemLines } from '#cli/problem-lines.ts';
import { spinnerAt } from '#cli/status-mark.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { LogLines, RunView } from '#core/api.ts';
import type { Recorded } from '#core/event.ts';
import type { Job } from '#core/run.ts';
import { followRuns } from './follow-runs.ts';
import { failedStepOf, jobLine, nameWidthOf, runHead } from './lines.ts';
import { jobRows } from './rows.ts';
import { readTail } from './tail.ts';

/** Lines of a failing step that are shown without being asked for. */
const tailLines = 20;
const redrawMs = 120;
const pageLines = 5000;

export interface DisplayOptions {
	readonly signal?: AbortSignal;
	readonly onChange?: (run: RunView) => void;
	/** What a pipe or a file gets of the logs: each job's whole log when the job ends, or only the ends of those that failed. */
	readonly logs?: 'whole' | 'failed';
}

/** Shows runs while they happen, on a live terminal a line a job, elsewhere a line a change; failures with their log and their cause. */
export async function displayRuns(
	client: Client,
	terminal: Terminal,
	ids: readonly string[],
	options: DisplayOptions = {},
): Promise<readonly RunView[]> {
	const runs = new Map<string, RunView>();
	const told: Told = { steps: new Map(), causes: new Map() };
	const display: Display = { client, terminal, told, hasWholeLogs: options.logs === 'whole' && !terminal.isLive };
	const redraw = () => terminal.draw(regionOf([...runs.values()], terminal));
	const timer = setInterval(redraw, redrawMs);
	try {
		return await followRuns(client, ids, {
			...(options.signal === undefined ? {} : { signal: options.signal }),
			onChange: async (run, recorded) => {
				const isNew = !runs.has(run.id);
				runs.set(run.id, run);
				options.onChange?.(run);
				if (isNew && !terminal.isLive) terminal.print(runHead(run, terminal));
				if (isNew) terminal.print(...run.problems.flatMap((problem) => problemLines(problem, terminal)));
				if (recorded !== undefined) await tell(display, run, recorded);
				redraw();
			},
		});
	} finally {
		clearInterval(timer);
		terminal.draw([]);
		if (terminal.isLive) terminal.print(...[...runs.values()].flatMap((run) => wholeRun(run, terminal)));
	}
}

/** What was shown of failures: jobs of one matrix mostly fail alike, and once is enough to read. Keys lead to the first job's name. */
interface Told {
	readonly steps: Map<string, string>;
	readonly causes: Map<string, string>;
}

interface Display {
	readonly client: Client;
	readonly terminal: Terminal;
	readonly told: Told;
	readonly hasWholeLogs: boolean;
}

async function tell(display: Display, run: RunView, { event, at }: Recorded): Promise<void> {
	const { terminal, told } = display;
	if (!('job' in event)) return;
	const job = run.jobs.find((other) => other.key === event.job);
	if (job === undefined) return;
	const hasLog = event.kind === 'job-finished' && event.attempt > 0 && job.steps.length > 0;
	if (hasLog && display.hasWholeLogs) await printLog(display, run, job);
	const isEnd = event.kind === 'job-finished' || event.kind === 'job-skipped';
	if (!terminal.isLive && (isEnd || event.kind === 'job-started' || event.kind === 'job-lost')) {
		const nameWidth = nameWidthOf(run.jobs, terminal.columns);
		terminal.print(jobLine(job, terminal, { now: Date.parse(at), nameWidth }));
	}
	if (event.kind === 'job-finished' && job.status === 'failed') {
		if (hasLog && display.hasWholeLogs) terminal.print(...problemsOf(job, terminal));
		else terminal.print(...(await failureLines(display, run, job)));
	}
	if (event.kind === 'diagnosis-started' && !terminal.isLive) {
		terminal.print(terminal.paint('dim', `    finding out why ${clean(job.name)} failed ...`));
	}
	if (event.kind !== 'finding-made') return;
	const key = `${run.id} ${event.finding.cause}`;
	const first = told.causes.get(key);
	if (first === undefined) terminal.print('', ...findingCard(event.finding, job.name, terminal));
	else if (!terminal.isLive) terminal.print(terminal.paint('dim', `  ${clean(job.name)}: the same cause as ${first}`));
	told.causes.set(key, first ?? clean(job.name));
}

/** A job's log in one piece: jobs that run at once never mix. */
async function printLog({ client, terminal }: Display, run: RunView, job: Job): Promise<void> {
	const path = `/runs/${run.id}/jobs/${encodeURIComponent(job.key)}/log`;
	terminal.print('', terminal.paint('bold', `▸ ${clean(job.name)}`));
	for (let from = 1; ; ) {
		const page = await client.get<LogLines>(`${path}?from=${from}&limit=${pageLines}&attempt=${job.attempt}`);
		if (page.lines.length === 0) return;
		terminal.print(...page.lines.map((line) => `  │ ${terminalText(line.text, terminal.hasColour)}`));
		from += page.lines.length;
	}
}

/** The last lines of the step that failed, or the problems of a job that never came to a step. */
async function failureLines({ client, terminal, told }: Display, run: RunView, job: Job): Promise<readonly string[]> {
	const head = `${terminal.paint('red', '✕')} ${terminal.paint('bold', clean(job.name))}`;
	const same = `${run.id} ${job.id} ${failedStepOf(job)?.index}`;
	const first = told.steps.get(same);
	// On a live terminal the jobs' lines and the summary say it: sixty combinations that fail alike are not sixty lines.
	if (first !== undefined)
		return terminal.isLive ? [] : [terminal.paint('dim', `  ${clean(job.name)}: at the same step as ${first}`)];
	const tail = await readTail(client, run, job, tailLines);
	if (tail === undefined) return ['', head, ...problemsOf(job, terminal)];
	told.steps.set(same, clean(job.name));
	const bar = terminal.paint('red', '│');
	return [
		'',
		cut(
			`${head} ${terminal.paint('dim', `lines ${tail.from} to ${tail.to} of ${clean(tail.step)}`)}`,
			terminal.isLive ? terminal.columns : Number.POSITIVE_INFINITY,
		),
		...tail.lines.map((line) => `  ${bar} ${tailLine(line, terminal)}`),
		...problemsOf(job, terminal),
	];
}

function problemsOf(job: Job, terminal: Terminal): readonly string[] {
	return job.problems.flatMap((problem) => problemLines(problem, terminal));
}

/** A line of a log below its job. A pipe gets the whole line: nothing is lost to somebody's window. */
export function tailLine(text: string, { columns, isLive, hasColour }: Terminal): string {
	const line = terminalText(text.replaceAll('\t', '    '), hasColour);
	return isLive ? cut(line, columns - 4) : line;
}

/** What is drawn again and again: never more lines than the window has. */
function regionOf(runs: readonly RunView[], terminal: Terminal): readonly string[] {
	const rows = Math.max(4, terminal.rows - 2);
	const each = Math.max(2, Math.floor(rows / Math.max(1, runs.length)));
	return runs.flatMap((run) => wholeRun(run, terminal, each)).slice(0, rows);
}

function wholeRun(run: RunView, terminal: Terminal, room?: number): readonly string[] {
	const now = Date.now();
	const explained = run.jobs.filter((job) => job.diagnosis === 'running').map((job) => clean(job.name));
	const below = explained.length === 0 ? 0 : 1;
	return [
		runHead(run, terminal),
		...jobRows(run, terminal, {
			now,
			spinner: spinnerAt(now),
			...(room === undefined ? {} : { room: room - 1 - below }),
		}),
		...(below === 0
			? []
			: [terminal.paint('magenta', cut(`  finding out why ${explained.join(', ')} failed`, terminal.columns))]),
	];
}
