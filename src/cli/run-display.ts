import type { LogLines, RunView } from '#core/api.ts';
import type { Recorded } from '#core/event.ts';
import type { Job } from '#core/run.ts';
import type { Client } from './client.ts';
import { findingCard } from './finding-card.ts';
import { followRuns } from './follow-runs.ts';
import { clean, cut } from './line-fit.ts';
import { problemLines } from './problem-lines.ts';
import { failedStepOf, jobLine, nameWidthOf, runHead } from './run-lines.ts';
import type { Terminal } from './terminal.ts';

/** Lines of a failing step that are shown without being asked for. */
const tailLines = 20;
const redrawMs = 120;

export interface DisplayOptions {
	readonly signal?: AbortSignal;
	readonly onChange?: (run: RunView) => void;
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
				if (recorded !== undefined) await tell({ client, terminal, told }, run, recorded);
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
}

async function tell(display: Display, run: RunView, { event, at }: Recorded): Promise<void> {
	const { terminal, told } = display;
	if (!('job' in event)) return;
	const job = run.jobs.find((other) => other.key === event.job);
	if (job === undefined) return;
	const isEnd = event.kind === 'job-finished' || event.kind === 'job-skipped';
	if (!terminal.isLive && (isEnd || event.kind === 'job-started' || event.kind === 'job-lost')) {
		terminal.print(jobLine(job, Date.parse(at), terminal, nameWidthOf(run.jobs, terminal.columns)));
	}
	if (event.kind === 'job-finished' && job.status === 'failed') {
		terminal.print(...(await failureLines(display, run, job)));
	}
	if (event.kind === 'diagnosis-started' && !terminal.isLive) {
		terminal.print(terminal.paint('dim', `    finding out why ${clean(job.name)} failed ...`));
	}
	if (event.kind !== 'finding-made') return;
	const key = `${run.id} ${event.finding.cause}`;
	const first = told.causes.get(key);
	if (first === undefined) terminal.print('', ...findingCard(event.finding, job.name, terminal));
	else terminal.print(terminal.paint('dim', `  ${clean(job.name)}: the same cause as ${first}`));
	told.causes.set(key, first ?? clean(job.name));
}

/** The last lines of the step that failed, or the problems of a job that never came to a step. */
async function failureLines({ client, terminal, told }: Display, run: RunView, job: Job): Promise<readonly string[]> {
	const step = failedStepOf(job);
	const head = `${terminal.paint('red', '✕')} ${terminal.paint('bold', clean(job.name))}`;
	if (step?.firstLine === undefined || step.lastLine === undefined) {
		return ['', head, ...job.problems.flatMap((problem) => problemLines(problem, terminal))];
	}
	const same = `${run.id} ${job.id} ${step.index}`;
	const first = told.steps.get(same);
	if (first !== undefined) return [terminal.paint('dim', `    at the same step as ${first}`)];
	told.steps.set(same, clean(job.name));
	const from = Math.max(step.firstLine, step.lastLine - tailLines + 1);
	const { lines } = await client.get<LogLines>(
		`/runs/${run.id}/jobs/${encodeURIComponent(job.key)}/log?from=${from}&limit=${step.lastLine - from + 1}&attempt=${Math.max(1, job.attempt)}`,
	);
	const bar = terminal.paint('red', '│');
	return [
		'',
		`${head} ${terminal.paint('dim', `${cut(clean(step.name), 60)}, lines ${from} to ${step.lastLine}`)}`,
		...lines.map((line) => `  ${bar} ${shownLine(line.text, terminal)}`),
		...job.problems.flatMap((problem) => problemLines(problem, terminal)),
	];
}

/** A pipe gets the whole line: nothing is lost to somebody's window. */
function shownLine(text: string, { columns, isLive }: Terminal): string {
	return isLive ? cut(clean(text), columns - 4) : clean(text);
}

/** What is drawn again and again. Where there are more jobs than rows, those that are done give way. */
function regionOf(runs: readonly RunView[], terminal: Terminal): readonly string[] {
	const now = Date.now();
	const lines = runs.flatMap((run) => wholeRun(run, terminal));
	const rows = Math.max(4, terminal.rows - 2);
	if (lines.length <= rows) return lines;
	const busy = runs.flatMap((run) =>
		run.jobs
			.filter((job) => job.status === 'running' || job.status === 'failed')
			.map((job) => jobLine(job, now, terminal)),
	);
	const jobs = runs.flatMap((run) => run.jobs);
	const ended = jobs.filter((job) => job.finishedAt !== undefined).length;
	return [
		...runs.map((run) => runHead(run, terminal)),
		...busy,
		terminal.paint('dim', `  ${ended} of ${jobs.length} jobs are done`),
	].slice(0, rows);
}

function wholeRun(run: RunView, terminal: Terminal): readonly string[] {
	const width = nameWidthOf(run.jobs, terminal.columns);
	const lines = run.jobs.map((job) => jobLine(job, Date.now(), terminal, width));
	const explained = run.jobs.filter((job) => job.diagnosis === 'running').map((job) => clean(job.name));
	if (explained.length > 0)
		lines.push(terminal.paint('magenta', cut(`  finding out why ${explained.join(', ')} failed`, terminal.columns)));
	return [runHead(run, terminal), ...lines];
}
