import { clean, cut, wrap } from '#cli/line-fit.ts';
import { labelled } from '#cli/problem-lines.ts';
import { statusMark } from '#cli/status-mark.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { RunView } from '#core/api.ts';
import type { Job } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import type { FirstError } from './error.ts';
import { runName } from './lines.ts';
import { countsOf } from './rows.ts';

/**
 * What stays at the end of a run: the result, the first error with its place, the cause in one sentence, the next command, the link.
 * `url` of the server, if one runs; errors by the keys of their jobs.
 */
export function runSummary(
	run: RunView,
	terminal: Terminal,
	url?: string,
	errors?: ReadonlyMap<string, FirstError>,
): readonly string[] {
	const { paint } = terminal;
	const { glyph, colour } = statusMark(run.status);
	const took =
		run.finishedAt === undefined ? '' : ` in ${formatDuration(Date.parse(run.finishedAt) - Date.parse(run.queuedAt))}`;
	const lines = [
		`${paint([colour, 'bold'], `${glyph} ${runName(run)} #${run.number} ${run.status}`)}${took}  ${paint('dim', countsOf(run.jobs))}`,
	];
	const failed = run.jobs.filter((job) => job.status === 'failed');
	for (const [cause, jobs] of Map.groupBy(failed, causeOf)) {
		const error = jobs.map((job) => errors?.get(job.key)).find((one) => one !== undefined);
		if (error !== undefined) lines.push(errorLine(error, terminal));
		lines.push(...labelled('cause', `${namesOf(jobs)}: ${cause}`, terminal));
		const finding = jobs[0]?.finding;
		if (finding === undefined) continue;
		if (finding.command === undefined) lines.push(...labelled('next', finding.next, terminal));
		else lines.push(`  ${paint('dim', 'next  ')} ${paint('cyan', clean(finding.command))}`);
	}
	lines.push(...unreachedLines(run, terminal));
	if (run.cancel !== undefined) lines.push(...wrap(`  ${run.cancel}`, terminal.columns));
	if (run.status === 'failed' && run.jobs.length > 0) {
		lines.push(...labelled('log', `footbridge logs ${run.number} --failed`, terminal));
	}
	if (url !== undefined) lines.push(`  ${paint('dim', 'link  ')} ${paint('cyan', runLink(url, run))}`);
	return lines;
}

/** What a green run did not do: each reason once, with the steps and how many jobs they are in. */
function unreachedLines(run: RunView, terminal: Terminal): readonly string[] {
	const steps = run.jobs.flatMap((job) => job.steps.filter((step) => step.isUnreached === true));
	return [...Map.groupBy(steps, ({ name, why = '' }) => `${name} was skipped: ${why}`)].flatMap(([what, same]) =>
		labelled('left', same.length === 1 ? what : `${what} (${same.length} times)`, terminal),
	);
}

/** Where the page of a run is. */
function runLink(url: string, run: Pick<RunView, 'id'>): string {
	return new URL(`/runs/${run.id}`, url).href;
}

function causeOf({ finding, why, problems }: Job): string {
	return finding?.cause ?? problems[0]?.what ?? why ?? 'it failed';
}

/** The place stands whole and first, to be clicked or copied; the message without what only repeats it. */
function errorLine(error: FirstError, { columns, paint }: Terminal): string {
	const place = clean(placeOf(error));
	const says = clean(error.message)
		.replace(place, '')
		.replace(/^[\s:,.()-]+/, '');
	return `  ${paint('dim', 'error ')} ${paint('red', place)}  ${cut(says, columns - place.length - 11)}`.trimEnd();
}

/** `src/a.ts:3:7`. */
export function placeOf({ file, line, column }: FirstError): string {
	return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
}

/** Jobs of one cause by name; of many the first few. */
function namesOf(jobs: readonly Job[]): string {
	const names = jobs.slice(0, 5).map((job) => job.name);
	return jobs.length > 5 ? `${names.join(', ')} and ${jobs.length - 5} more` : names.join(', ');
}
