import type { RunView } from '#core/api.ts';
import { formatDuration } from '#core/time-text.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { findingCard } from './finding-card.ts';
import { clean, cut, fill } from './line-fit.ts';
import { problemLines } from './problem-lines.ts';
import { jobLine, nameWidthOf, runHead } from './run-lines.ts';
import { runSummary } from './run-summary.ts';
import { statusMark } from './status-mark.ts';
import type { Terminal } from './terminal.ts';

/** Shows one run: jobs, steps, findings. */
export async function viewCommand(
	run: string,
	options: { readonly json?: boolean },
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const view = await findRun(client, context, run);
		if (options.json === true) printJson(context, view);
		else context.out.print(...runLines(view, context.out), '', ...runSummary(view, context.out, client.url));
		return 0;
	});
}

function runLines(run: RunView, terminal: Terminal): readonly string[] {
	const now = Date.now();
	const width = nameWidthOf(run.jobs, terminal.columns);
	return [
		runHead(run, terminal),
		...run.problems.flatMap((problem) => problemLines(problem, terminal)),
		...run.jobs.flatMap((job) => [
			jobLine(job, now, terminal, width),
			...job.steps.map((step) => stepLine(step, terminal)),
			...job.problems.flatMap((problem) => problemLines(problem, terminal)),
			...(job.finding === undefined ? [] : ['', ...findingCard(job.finding, job.name, terminal), '']),
		]),
	];
}

function stepLine(step: RunView['jobs'][number]['steps'][number], { columns, paint }: Terminal): string {
	const { glyph, colour } = statusMark(step.status);
	const time = step.durationMs === undefined ? '' : formatDuration(step.durationMs);
	const why = step.why === undefined ? '' : `  ${clean(step.why)}`;
	const name = cut(clean(step.name), Math.max(10, columns - 20));
	return `    ${paint(colour, glyph)} ${paint('dim', fill(time, 8))} ${name}${paint('dim', cut(why, Math.max(0, columns - 16 - name.length)))}`;
}
