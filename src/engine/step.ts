import type { StepResult } from '#core/event.ts';
import type { PlannedStep } from '#core/plan.ts';
import { checkOut } from './checkout.ts';
import { prepareHashes } from './hash-files.ts';
import { Hashes } from './hashes.ts';
import { limitedMs } from './job-stop.ts';
import { runScript } from './run-script.ts';
import { type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';
import { type StepValues, valuesAt } from './step-values.ts';

/** How a step ended. */
export interface StepDone extends Omit<Work, 'outcome'> {
	/** With its secrets hidden. */
	readonly name: string;
	readonly outcome: StepResult;
	readonly conclusion: StepResult;
}

/**
 * Takes one step: asks its condition, does its work, and records it in the `steps` context. `begin` is told the name before any
 * of the work, and never for a step that is skipped.
 */
export async function takeStep(
	job: RunningJob,
	frame: Frame,
	step: PlannedStep,
	begin: (name: string) => Promise<void>,
): Promise<StepDone> {
	const outer = { ...job.env, ...frame.env };
	frame.hashes = new Hashes();
	await prepareHashes(job, frame, { step, env: outer, parts: ['env', 'name'] });
	const own = valuesAt(job, frame, { step, env: outer }).texts(step.env);
	const env = own.ok ? { ...outer, ...own.value } : outer;
	const values = valuesAt(job, frame, { step, env });
	await prepareHashes(job, frame, { step, env, parts: ['name', 'if'] });
	const condition = values.condition(step.if);
	const named = values.text(step.name);
	const name = job.masker.redact(named.ok ? named.value : (step.uses ?? step.id));
	if (condition.ok && !condition.value.value) {
		const done = {
			name,
			outcome: 'skipped',
			conclusion: 'skipped',
			why: job.masker.redact(condition.value.why),
			...nothing,
		} as const;
		record(frame, step, done);
		return done;
	}
	await begin(name);
	await prepareHashes(job, frame, { step, env, parts: workParts });
	const problem = !condition.ok ? condition.error : !own.ok ? own.error : named.ok ? undefined : named.error;
	const work = problem === undefined ? await timed(job, frame, { step, name, values, env }) : refusedWork(job, problem);
	const done = concluded(job, { work, name, step, values });
	record(frame, step, done);
	if (done.conclusion === 'failure') frame.hasFailed = true;
	return done;
}

const workParts = ['run', 'with', 'shell', 'workingDirectory', 'continueOnError', 'timeoutMinutes'] as const;
const nothing = { outputs: {}, summary: '', annotations: [] } as const;

function record(frame: Frame, step: PlannedStep, { outputs, outcome, conclusion }: StepDone): void {
	// Ids that nobody wrote are no part of what expressions see.
	if (!step.id.startsWith('__')) frame.steps[step.id] = { outputs, outcome, conclusion };
}

interface StepPlace {
	readonly step: PlannedStep;
	readonly name: string;
	readonly values: StepValues;
	/** The step's `env` context. */
	readonly env: { readonly [name: string]: string };
}

async function timed(job: RunningJob, frame: Frame, place: StepPlace): Promise<Work> {
	const minutes = place.values.number(place.step.timeoutMinutes);
	if (!minutes.ok) return refusedWork(job, minutes.error);
	const timeout = new AbortController();
	const timer = new AbortController();
	if (minutes.value !== undefined && minutes.value > 0) {
		const why = `The action '${place.name}' has timed out after ${minutes.value} minutes.`;
		job.ports.clock.sleep(limitedMs(minutes.value), timer.signal).then(
			() => timeout.abort(new Error(why)),
			() => {},
		);
	}
	const signal = frame.timeout === undefined ? timeout.signal : AbortSignal.any([timeout.signal, frame.timeout]);
	try {
		return await workOf(job, frame, place, signal);
	} finally {
		timer.abort();
	}
}

async function workOf(
	job: RunningJob,
	frame: Frame,
	{ step, values, env }: StepPlace,
	timeout: AbortSignal,
): Promise<Work> {
	if (step.cancel !== undefined || step.wait !== undefined) return waitFor(frame, step);
	if (step.run !== undefined) return runScript(job, frame, { step, run: step.run, values, env, timeout });
	const uses = step.uses ?? '';
	const inputs = values.texts(step.with);
	if (!inputs.ok) return refusedWork(job, inputs.error);
	if (/^actions\/checkout@/i.test(uses)) return checkOut(job, step, inputs.value, timeout);
	if (/^[.$]\//.test(uses)) return job.runAction(job, frame, { step, uses, inputs: inputs.value, env, timeout });
	return refusedWork(job, {
		code: 'FB2053',
		what: `The action ${uses} is not supported`,
		where: `${frame.file}:${step.line}`,
		next: 'use actions/checkout, an action of this repository (./path), or a run step',
	});
}

/** The work of a step that waits for others, or stops one, is theirs. */
async function waitFor({ background }: Frame, { cancel, wait = [] }: PlannedStep): Promise<Work> {
	if (cancel !== undefined) await background?.stop(cancel);
	const ended = cancel === undefined ? ((await background?.wait(wait)) ?? []) : [];
	const failed = ended.filter((step) => step.conclusion === 'failure').map((step) => step.name);
	if (failed.length === 0) return { outcome: 'success', ...nothing };
	return { outcome: 'failure', why: `${failed.join(', ')} failed`, ...nothing };
}

function concluded(
	job: RunningJob,
	{
		work,
		name,
		step,
		values,
	}: { readonly work: Work; readonly name: string; readonly step: PlannedStep; readonly values: StepValues },
): StepDone {
	if (work.outcome !== 'failure') return { ...work, name, conclusion: work.outcome };
	const isForgiven = values.flag(step.continueOnError);
	if (isForgiven.ok) return { ...work, name, conclusion: isForgiven.value ? 'success' : 'failure' };
	const refusal = refusedWork(job, isForgiven.error);
	return { ...work, name, conclusion: 'failure', annotations: [...work.annotations, ...refusal.annotations] };
}
