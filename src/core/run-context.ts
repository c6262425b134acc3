import type { Status, StepResult } from './event.ts';
import type { Json, PlannedJob } from './plan.ts';
import { type Job, plannedJob, type Run } from './run.ts';

/** The contexts that a job's `if` and its needs may use. */
export function jobContexts(run: Run, planned: PlannedJob): { readonly [name: string]: Json } {
	return { github: githubContext(run), needs: needsContext(run, planned) as Json, vars: {}, inputs: {} };
}

/** `needs`, by job id; a matrix job's result is its worst, its outputs those set last. */
export function needsContext(
	run: Run,
	planned: PlannedJob,
): { readonly [id: string]: { readonly result: StepResult; readonly outputs: { readonly [name: string]: string } } } {
	return Object.fromEntries(
		planned.needs.map((id) => {
			const jobs = run.jobs.filter((job) => job.id === id);
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
function githubContext(run: Run): { readonly [name: string]: Json } {
	const { trigger } = run;
	const refName = trigger.ref.replace(/^refs\/(heads|tags)\//, '');
	return {
		event: trigger.payload,
		event_name: trigger.event,
		ref: trigger.ref,
		ref_name: refName,
		ref_type: trigger.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
		sha: trigger.sha,
		repository: run.project,
		run_id: run.id,
		run_number: String(run.number),
		run_attempt: '1',
		workflow: run.name,
		workflow_ref: `${run.project}/${run.workflow}@${trigger.ref}`,
		base_ref: '',
		head_ref: '',
		actor: 'footbridge',
		triggering_actor: 'footbridge',
	};
}

/** A failed job that `continue-on-error` keeps from failing the run and what needs it. */
export function isForgiven(run: Run, job: Job): boolean {
	return job.status === 'failed' && plannedJob(run, job.key).continueOnError === true;
}
