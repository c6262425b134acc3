import type { Status, StepResult } from './event.ts';
import { githubContext } from './github-context.ts';
import type { Json, PlannedJob } from './plan.ts';
import { type Job, plannedJob, type Run } from './run.ts';

type Needs = {
	readonly [id: string]: { readonly result: StepResult; readonly outputs: { readonly [name: string]: string } };
};

/** The contexts that a job's `if`, its matrix and its calls may use. */
export function jobContexts(run: Run, planned: PlannedJob): { readonly [name: string]: Json } {
	return {
		github: runGithub(run),
		needs: needsContext(run, planned),
		vars: run.vars,
		inputs: inputsOf(run, planned),
		...(planned.matrix === undefined ? {} : { matrix: planned.matrix }),
		strategy: {
			'fail-fast': planned.strategy.failFast,
			'max-parallel': planned.strategy.maxParallel ?? planned.strategy.jobTotal,
			'job-index': planned.strategy.jobIndex,
			'job-total': planned.strategy.jobTotal,
		},
	};
}

/** The inputs that a job sees: those of the call it stands in, else the run's. */
export function inputsOf(run: Run, planned: PlannedJob): { readonly [name: string]: Json } {
	if (planned.parent === undefined) return run.plan.inputs ?? {};
	return run.jobs.find((job) => job.key === planned.parent)?.inputs ?? {};
}

/** `needs`, by job id; a matrix job's result is its worst, its outputs those set last. */
export function needsContext(run: Run, planned: PlannedJob): Needs {
	return resultsOf(run, planned.needs, planned.parent);
}

/** `jobs`, as the outputs of a called workflow see it. */
export function callContext(run: Run, key: string): Needs {
	const ids = run.jobs.flatMap((job) => (job.parent === key ? [job.id] : []));
	return resultsOf(run, [...new Set(ids)], key);
}

function resultsOf(run: Run, ids: readonly string[], parent: string | undefined): Needs {
	return Object.fromEntries(
		ids.map((id) => {
			const jobs = run.jobs.filter((job) => job.id === id && job.parent === parent);
			const outputs = Object.assign(
				{},
				...jobs.map((job) => Object.fromEntries(Object.entries(job.outputs).filter(([, value]) => value !== ''))),
			);
			return [id, { result: worst(jobs.map((job) => (isForgiven(run, job) ? 'passed' : job.status))), outputs }];
		}),
	);
}

function worst(statuses: readonly Status[]): StepResult {
	if (statuses.includes('failed')) return 'failure';
	if (statuses.includes('cancelled')) return 'cancelled';
	return statuses.length > 0 && statuses.every((status) => status === 'skipped') ? 'skipped' : 'success';
}

/** The part of `github` that a run knows before a job has a place to run in. */
function runGithub(run: Run): { readonly [name: string]: Json } {
	const { trigger, project, origin, plan } = run;
	return githubContext({
		trigger,
		project,
		...(origin === undefined ? {} : { origin }),
		workflow: { path: run.workflow, name: run.name },
		...(plan.inputs === undefined ? {} : { inputs: plan.inputs }),
		run: { id: run.id, number: run.number, attempt: run.attempt },
	});
}

/** A failed job that `continue-on-error` keeps from failing the run and what needs it. */
export function isForgiven(run: Run, job: Job): boolean {
	return job.status === 'failed' && plannedJob(run, job.key).continueOnError === true;
}
