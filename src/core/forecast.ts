import type { RunnerConfiguration } from './configuration.ts';
import { assign } from './job/runs-on.ts';
import type { Json, Plan, PlannedJob } from './plan.ts';
import { evaluateCondition, evaluateTemplate } from './workflow/expression.ts';
import { hangsOnLater } from './workflow/known-early.ts';

/** What will become of a job, as far as it can be told before the run. */
export type Forecast =
	| { readonly is: 'runs'; readonly why?: string }
	| { readonly is: 'skipped'; readonly why: string }
	| { readonly is: 'fails'; readonly why: string }
	/** Its condition reads what only the run tells. */
	| { readonly is: 'open'; readonly why: string };

/** What is known before the run. */
export interface ForecastFacts {
	readonly contexts: { readonly [name: string]: Json };
	readonly runners: readonly RunnerConfiguration[];
	/** `process.platform` of the machine. */
	readonly platform: string;
}

/** Says of every job of a plan, by its key, whether it will run, if all that it needs passes. */
export function forecast(plan: Plan, facts: ForecastFacts): { readonly [job: string]: Forecast } {
	const told = new Map<string, Forecast>();
	for (const job of plan.jobs) told.set(job.key, ofJob(plan, job, { facts, told }));
	return Object.fromEntries(told);
}

interface Sofar {
	readonly facts: ForecastFacts;
	readonly told: ReadonlyMap<string, Forecast>;
}

function ofJob(plan: Plan, job: PlannedJob, { facts, told }: Sofar): Forecast {
	const isUnconditional = /\b(always|failure|cancelled)\s*\(/i.test(job.if ?? '');
	const stopped = plan.jobs.find(
		(other) => job.needs.includes(other.id) && ['skipped', 'fails'].includes(told.get(other.key)?.is ?? ''),
	);
	if (stopped !== undefined && !isUnconditional) return { is: 'skipped', why: `it needs ${stopped.id}` };
	const condition = ofCondition(job, facts);
	if (condition.is !== 'runs') return condition;
	const [problem] = job.problems ?? [];
	if (problem !== undefined) return { is: 'fails', why: problem.what };
	const contexts = { ...facts.contexts, ...(job.matrix === undefined ? {} : { matrix: job.matrix }) };
	const runsOn = evaluateTemplate(job.runsOn, { contexts });
	const assignment = runsOn.ok ? assign(runsOn.value, facts.runners, facts.platform) : {};
	return assignment.skip === undefined ? condition : { is: 'skipped', why: assignment.skip };
}

function ofCondition(job: PlannedJob, { contexts }: ForecastFacts): Forecast {
	if (job.if === undefined) return { is: 'runs' };
	if (hangsOnLater({ expression: job.if, line: 0, column: 0 }, contexts)) return { is: 'open', why: `if ${job.if}` };
	const status = { success: true, failure: false, cancelled: false };
	const condition = evaluateCondition(job.if, { contexts, status });
	if (!condition.ok) return { is: 'fails', why: condition.error.what };
	return { is: condition.value.value ? 'runs' : 'skipped', why: condition.value.why };
}
