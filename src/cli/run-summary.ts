import type { RunView } from '#core/api.ts';
import type { Job } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import { clean, wrap } from './line-fit.ts';
import { labelled } from './problem-lines.ts';
import { runName } from './run-lines.ts';
import { statusMark } from './status-mark.ts';
import type { Terminal } from './terminal.ts';

/** What stays at the end of a run: the result, the cause in one sentence, the next command, the link. `url` of the server, if one runs. */
export function runSummary(run: RunView, terminal: Terminal, url?: string): readonly string[] {
	const { paint } = terminal;
	const { glyph, colour } = statusMark(run.status);
	const took =
		run.finishedAt === undefined ? '' : ` in ${formatDuration(Date.parse(run.finishedAt) - Date.parse(run.queuedAt))}`;
	const lines = [
		`${paint([colour, 'bold'], `${glyph} ${runName(run)} #${run.number} ${run.status}`)}${took}  ${paint('dim', countOf(run))}`,
	];
	const failed = run.jobs.filter((job) => job.status === 'failed');
	for (const [cause, jobs] of Map.groupBy(failed, causeOf)) {
		lines.push(...labelled('cause', `${jobs.map((job) => job.name).join(', ')}: ${cause}`, terminal));
		const finding = jobs[0]?.finding;
		if (finding === undefined) continue;
		if (finding.command === undefined) lines.push(...labelled('next', finding.next, terminal));
		else lines.push(`  ${paint('dim', 'next  ')} ${paint('cyan', clean(finding.command))}`);
	}
	if (run.cancel !== undefined) lines.push(...wrap(`  ${run.cancel}`, terminal.columns));
	if (run.status === 'failed' && run.jobs.length > 0) {
		lines.push(...labelled('log', `footbridge logs #${run.number} --failed`, terminal));
	}
	if (url !== undefined) lines.push(`  ${paint('dim', 'link  ')} ${paint('cyan', runLink(url, run))}`);
	return lines;
}

/** Where the page of a run is. */
function runLink(url: string, run: Pick<RunView, 'id'>): string {
	return new URL(`/runs/${run.id}`, url).href;
}

function causeOf({ finding, why, problems }: Job): string {
	return finding?.cause ?? problems[0]?.what ?? why ?? 'it failed';
}

function countOf({ jobs }: RunView): string {
	const words = ['passed', 'failed', 'cancelled', 'skipped'] as const;
	return words
		.map((word) => [jobs.filter((job) => job.status === word).length, word] as const)
		.filter(([count]) => count > 0)
		.map(([count, word]) => `${count} ${word}`)
		.join(', ');
}
