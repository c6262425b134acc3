import { clean } from '#cli/line-fit.ts';
import type { RunView } from '#core/api.ts';
import type { NotPlanned } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { Job } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import { foldLines } from './agent-fold.ts';
import type { NotAffected } from './changed.ts';
import type { FirstError } from './error.ts';
import { aboutJob } from './lines.ts';
import { countsOf } from './rows.ts';
import { placeOf } from './summary.ts';
import type { Tail } from './tail.ts';

/** What is known at the end of the runs. Maps are by job key, in the order of the runs. */
export interface AgentFacts {
	readonly runs: readonly {
		readonly run: RunView;
		readonly errors: ReadonlyMap<string, FirstError>;
		readonly tails: ReadonlyMap<string, Tail>;
	}[];
	readonly notPlanned: readonly NotPlanned[];
	readonly notAffected: readonly NotAffected[];
	readonly exitCode: number;
}

/** About 4,000 tokens. */
const agentLimit = 16_000;
/** One log never takes all the room. */
const logLimit = 6000;
const lineLimit = 400;
const listedJobs = 40;

/** The result for a language model: plain text, the failing steps' last lines, what is next, and never more than the limit. What was cut is said. */
export function agentText(facts: AgentFacts, limit = agentLimit): string {
	const head = facts.runs.flatMap(({ run }) => runText(run));
	const failed = facts.runs.flatMap(({ run, errors, tails }) =>
		failures(run).map((jobs) => ({ run, jobs, error: firstOf(jobs, errors), tail: firstOf(jobs, tails) })),
	);
	const fixed = [
		...head,
		...leftText(facts),
		...failed.flatMap(({ run, jobs, error }) => failureText(run, jobs, error)),
	];
	const end = `exit code ${facts.exitCode}`;
	let room = limit - textOf([...fixed, end]).length;
	const sections: string[] = [...head, ...leftText(facts)];
	for (const [index, { run, jobs, error, tail }] of failed.entries()) {
		const share = Math.min(logLimit, Math.floor(room / (failed.length - index)));
		const log = tail === undefined ? [] : tailText(run, jobs, tail, share);
		room -= textOf(log).length;
		sections.push(...failureText(run, jobs, error), ...log);
	}
	return capped([...sections, end], limit);
}

function runText(run: RunView): readonly string[] {
	const took =
		run.finishedAt === undefined ? '' : ` in ${formatDuration(Date.parse(run.finishedAt) - Date.parse(run.queuedAt))}`;
	const shown = run.jobs.filter((job) => job.status !== 'passed' || run.jobs.length <= 10).slice(0, listedJobs);
	const more = run.jobs.length - shown.length;
	return [
		`run #${run.number} ${run.workflow} ${run.status}${took} (${countsOf(run.jobs)})`,
		...(run.cancel === undefined ? [] : [`cancelled: ${clean(run.cancel)}`]),
		...run.problems.flatMap(problemText),
		...shown.map((job) => `- ${job.status} ${clean(job.name)}${aboutOf(job)}`),
		...(more === 0 ? [] : [`- … ${more} more jobs`]),
	];
}

function aboutOf(job: Job): string {
	const about = job.status === 'passed' ? '' : clean(aboutJob(job));
	return about === '' ? '' : `: ${short(about)}`;
}

function leftText({ notPlanned, notAffected, runs }: AgentFacts): readonly string[] {
	const lines = [
		...(runs.length === 0
			? notPlanned.map(({ workflow, why }) => `not started ${clean(workflow)}: ${clean(why)}`)
			: []),
		...notAffected.map(({ workflow, job, why }) => `not affected ${clean(workflow)} ${clean(job)}: it ${clean(why)}`),
	];
	return lines.length > 20 ? [...lines.slice(0, 20), `… ${lines.length - 20} more`] : lines;
}

/** Failed jobs that failed alike are told once. */
function failures(run: RunView): readonly (readonly Job[])[] {
	const failed = run.jobs.filter((job) => job.status === 'failed');
	return [...Map.groupBy(failed, (job) => `${job.id} ${job.finding?.cause ?? ''} ${aboutJob(job)}`).values()];
}

function failureText(run: RunView, jobs: readonly Job[], error: FirstError | undefined): readonly string[] {
	const [job] = jobs;
	if (job === undefined) return [];
	const { finding } = job;
	const also = jobs.length === 1 ? '' : ` (and ${jobs.length - 1} more jobs alike)`;
	return [
		'',
		`## ${clean(job.name)} failed${also}: ${short(clean(aboutJob(job)))}`,
		...job.problems.flatMap(problemText),
		...(error === undefined ? [] : [`first error: ${placeOf(error)} ${short(clean(error.message))}`]),
		...(finding === undefined
			? []
			: [
					`finding: ${finding.verdict} (${finding.certainty}): ${short(clean(finding.cause))}`,
					...finding.evidence.slice(0, 6).map(({ from, what }) => `  ${from}: ${short(clean(what))}`),
					`next: ${short(clean(finding.next))}`,
					...(finding.command === undefined ? [] : [`command: ${short(clean(finding.command))}`]),
				]),
		`full log: footbridge logs ${run.number} --failed -j '${clean(job.key).replaceAll("'", "'\\''")}'`,
	];
}

function tailText(run: RunView, [job]: readonly Job[], tail: Tail, limit: number): readonly string[] {
	const folded = foldLines(tail.lines).map(short);
	let [first, size] = [folded.length, 0];
	while (first > 0 && size + (folded[first - 1]?.length ?? 0) + 1 <= limit - 120) {
		first -= 1;
		size += (folded[first]?.length ?? 0) + 1;
	}
	const cut = first + tail.before;
	const told = cut === 0 ? '' : `, the first ${cut} cut`;
	return job === undefined
		? []
		: [`log of ${clean(tail.step)} (run ${run.number}, to line ${tail.to}${told}):`, ...folded.slice(first)];
}

function problemText({ code, what, why, where, next }: Problem): readonly string[] {
	return [
		`${code} ${clean(what)}`,
		...(where === undefined ? [] : [`  where: ${clean(where)}`]),
		...(why === undefined ? [] : [`  why: ${short(clean(why))}`]),
		...(next === undefined ? [] : [`  next: ${clean(next)}`]),
	];
}

function short(text: string): string {
	return text.length <= lineLimit ? text : `${text.slice(0, lineLimit)}… (${text.length - lineLimit} characters cut)`;
}

function firstOf<T>(jobs: readonly Job[], by: ReadonlyMap<string, T>): T | undefined {
	return jobs.map((job) => by.get(job.key)).find((one) => one !== undefined);
}

/** The last guard: many failures with long sentences. The end, with the exit code, always stays. */
function capped(lines: readonly string[], limit: number): string {
	const whole = textOf(lines);
	if (whole.length <= limit) return whole;
	const end = lines.at(-1) ?? '';
	let kept = lines.length - 1;
	const said = () => `… ${lines.length - 1 - kept} more lines were cut: footbridge view, footbridge logs --failed`;
	while (kept > 0 && textOf([...lines.slice(0, kept), said(), end]).length > limit) kept -= 1;
	return textOf([...lines.slice(0, kept), said(), end]);
}

function textOf(lines: readonly string[]): string {
	return lines.map((line) => `${line}\n`).join('');
}
