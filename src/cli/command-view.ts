import type { RunView } from '#core/api.ts';
import type { Annotation, Usage } from '#core/event.ts';
import type { Job, Step } from '#core/run.ts';
import { formatAgo, formatDuration } from '#core/time-text.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { findingCard } from './finding-card.ts';
import { clean, cut, fill, wrap } from './line-fit.ts';
import { labelled, problemLines } from './problem-lines.ts';
import { firstErrors } from './run/error.ts';
import { exitOf, jobLine, nameWidthOf, runHead } from './run/lines.ts';
import { runSummary } from './run/summary.ts';
import { statusMark } from './status-mark.ts';
import type { Colour, Terminal } from './terminal.ts';

/** Shows one run: jobs, steps, annotations, what they used, findings. */
export async function viewCommand(
	run: string,
	options: { readonly json?: boolean },
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const view = await findRun(client, context, run);
		if (options.json === true) printJson(context, view);
		else {
			const { out } = context;
			out.print(...runLines(view, out), '', ...runSummary(view, out, client.url, await firstErrors(client, view)));
		}
		return 0;
	});
}

function runLines(run: RunView, terminal: Terminal): readonly string[] {
	const now = Date.now();
	const nameWidth = nameWidthOf(run.jobs, terminal.columns);
	const reasons = new Set(run.jobs.flatMap((job) => job.reason ?? []));
	const [reason] = reasons.size === 1 ? reasons : [];
	return [
		runHead(run, terminal),
		...labelled('began', beganText(run, now), terminal),
		...(reason === undefined ? [] : labelled('where', reason, terminal)),
		...run.problems.flatMap((problem) => problemLines(problem, terminal)),
		...run.jobs.flatMap((job) => [
			'',
			jobLine(job, terminal, { now, nameWidth }),
			...placeLines(job, reason === undefined, terminal),
			...job.steps.flatMap((step) => [
				stepLine(step, terminal),
				...step.annotations.map((one) => annotationLine(one, terminal)),
			]),
			...job.problems.flatMap((problem) => problemLines(problem, terminal)),
			...(job.finding === undefined ? [] : ['', ...findingCard(job.finding, job.name, terminal)]),
		]),
	];
}

function beganText({ queuedAt, startedAt, attempt, trigger }: RunView, now: number): string {
	const waited = startedAt === undefined ? undefined : Date.parse(startedAt) - Date.parse(queuedAt);
	return [
		`${queuedAt} (${formatAgo(now - Date.parse(queuedAt))})`,
		`by ${trigger.event}`,
		...(waited === undefined ? [] : [`waited ${formatDuration(waited)}`]),
		...(attempt > 1 ? [`attempt ${attempt}`] : []),
	].join(', ');
}

/** Where the job ran and why there; what it handed on. */
function placeLines(
	{ reason, outputs, environmentUrl }: Job,
	hasReason: boolean,
	{ columns, paint }: Terminal,
): readonly string[] {
	const handed = Object.entries(outputs).map(([name, value]) => `output ${name} = ${value}`);
	const texts = [hasReason ? reason : undefined, ...handed, environmentUrl].filter((text) => text !== undefined);
	return texts.flatMap((text) => wrap(clean(text), columns - 6).map((line) => `    ${paint('dim', line)}`));
}

function stepLine(step: Step, { columns, paint }: Terminal): string {
	const { glyph, colour } = statusMark(step.status);
	const time = step.durationMs === undefined ? '' : formatDuration(step.durationMs);
	const about = [
		...(step.why !== undefined ? [step.why] : step.status === 'failed' ? [exitOf(step)] : []),
		...(step.usage === undefined ? [] : usageOf(step.usage)),
		...(step.firstLine === undefined || step.lastLine === undefined
			? []
			: [`lines ${step.firstLine}-${step.lastLine}`]),
	].join(' · ');
	const room = columns - 16;
	const name = cut(clean(step.name), Math.max(10, about === '' ? room : Math.floor(room * 0.55)));
	const rest = cut(`  ${clean(about)}`, Math.max(0, room - name.length));
	return `    ${paint(colour, glyph)} ${paint('dim', fill(time, 9))} ${name}${paint('dim', rest)}`.trimEnd();
}

/** What is worth to be said: nothing of a step that used next to nothing. */
function usageOf({ peakMemoryBytes = 0, cpuMs = 0 }: Usage): readonly string[] {
	const mib = peakMemoryBytes / 1024 ** 2;
	return [
		...(mib >= 1 ? [`${mib >= 1024 ? `${(mib / 1024).toFixed(1)} GiB` : `${Math.round(mib)} MiB`}`] : []),
		...(cpuMs >= 50 ? [`${formatDuration(cpuMs)} CPU`] : []),
	];
}

const levels: { readonly [level in Annotation['level']]: Colour } = { error: 'red', warning: 'yellow', notice: 'blue' };

function annotationLine(annotation: Annotation, { columns, paint }: Terminal): string {
	const { level, file, line, column, message, title, rule } = annotation;
	const place = file === undefined ? '' : ` ${[file, line, column].filter((part) => part !== undefined).join(':')}`;
	const says = [title, message, rule === undefined ? undefined : `(${rule})`]
		.filter((part) => part !== undefined)
		.join(' ');
	return cut(`      ${paint(levels[level], level)}${clean(place)}  ${clean(says)}`, columns);
}
