import type { Event } from './event.ts';
import type { Json, PlannedJob, WorkflowCall } from './plan.ts';
import type { Problem, Result } from './result.ts';
import { type Job, plannedJob, type Run } from './run.ts';
import { callContext, inputsOf, jobContexts } from './run-context.ts';
import { expandJob } from './workflow/expand-job.ts';
import { evaluateTemplate } from './workflow/expression.ts';
import { inputValues } from './workflow/inputs.ts';
import { planJobs } from './workflow/plan-jobs.ts';

/** What stands in the place of a job whose matrix or name only its needs could tell. */
export function expansion(run: Run, planned: PlannedJob): Result<Event> {
	const { deferred, parent, file } = planned;
	if (deferred === undefined) throw new Error(`${planned.key} is no deferred job`);
	const place = parent === undefined || file === undefined ? undefined : { parent, name: nameOf(run, parent), file };
	const contexts = jobContexts(run, planned);
	const expanded = expandJob(deferred, contexts, place);
	if (!expanded.ok) return { ok: false, error: located(run, planned, expanded.error) };
	const jobs = expanded.value.filter((job) => isWanted(job, run.matrix));
	return { ok: true, value: { kind: 'job-expanded', job: planned.key, jobs } };
}

/** The jobs of the workflow that a job calls, with the inputs they get. */
export function call(run: Run, planned: PlannedJob, { workflow, with: given }: WorkflowCall): Result<Event> {
	const target = run.plan.called?.[workflow];
	if (target === undefined) throw new Error(`the plan of run ${run.id} has no workflow ${workflow}`);
	const contexts = jobContexts(run, planned);
	const values = evaluateTemplate(given, { contexts });
	if (!values.ok) return { ok: false, error: located(run, planned, [values.error]) };
	const scope = { contexts: { github: contexts['github'] ?? {}, inputs: inputsOf(run, planned), vars: run.vars } };
	const inputs = inputValues(target.inputs, asMapping(values.value), scope);
	if (!inputs.ok) return { ok: false, error: located(run, planned, inputs.error) };
	const inside = { github: contexts['github'] ?? {}, inputs: inputs.value, vars: run.vars };
	const { jobs, problems } = planJobs(target.jobs, inside, { parent: planned.key, name: planned.name, file: workflow });
	if (problems.length > 0) return { ok: false, error: problems.map((problem) => inFile(workflow, problem)) };
	const wanted = jobs.filter((job) => isWanted(job, run.matrix));
	return { ok: true, value: { kind: 'workflow-called', job: planned.key, inputs: inputs.value, jobs: wanted } };
}

/** The outputs of a called workflow, once all of its jobs have ended. */
export function callOutputs(
	run: Run,
	job: Job,
	{ workflow }: WorkflowCall,
): Result<{ readonly [name: string]: string }> {
	const planned = plannedJob(run, job.key);
	const { github = {} } = jobContexts(run, planned);
	const contexts = { github, inputs: job.inputs ?? {}, vars: run.vars, jobs: callContext(run, job.key) };
	const outputs: { [name: string]: string } = {};
	for (const [name, template] of Object.entries(run.plan.called?.[workflow]?.outputs ?? {})) {
		const value = evaluateTemplate(template, { contexts });
		if (!value.ok) return { ok: false, error: [inFile(workflow, value.error)] };
		outputs[name] = value.value === null ? '' : String(value.value);
	}
	return { ok: true, value: outputs };
}

/** Whether a combination has the matrix values that were asked for; a job without these keys has. */
export function isWanted(job: PlannedJob, asked: { readonly [key: string]: string }): boolean {
	return Object.entries(asked).every(([key, value]) => {
		const own = job.matrix?.[key];
		return own === undefined || (typeof own === 'object' ? JSON.stringify(own) : String(own)) === value;
	});
}

function nameOf(run: Run, key: string): string {
	return run.jobs.find((job) => job.key === key)?.name ?? key;
}

function asMapping(value: Json): { readonly [name: string]: Json } {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as { readonly [name: string]: Json })
		: {};
}

function located(run: Run, planned: PlannedJob, problems: readonly Problem[]): readonly Problem[] {
	const file = planned.file ?? run.workflow;
	return problems.map((problem) => inFile(file, { ...problem, where: problem.where ?? `${planned.line}:1` }));
}

function inFile(file: string, problem: Problem): Problem {
	return { ...problem, where: `${file}:${problem.where ?? '1:1'}` };
}
