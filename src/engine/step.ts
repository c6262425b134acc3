import { usesReference } from '#core/action/uses-reference.ts';
import type { StepResult } from '#core/event.ts';
import type { PlannedStep } from '#core/plan.ts';
import { stageCondition } from './action-stages.ts';
import { builtInFor } from './built-in-actions.ts';
import { prepareHashes } from './hash-files.ts';
import { Hashes } from './hashes.ts';
import { limitedMs } from './job-stop.ts';
import { whyUnreached } from './outside-services.ts';
import { runScript } from './run-script.ts';
import { type ActionStage, type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';
import { type StepValues, valuesAt } from './step-values.ts';

/** How a step ended. */
export interface StepDone extends Omit<Work, 'outcome'> {
	/** With its secrets hidden. */
	readonly name: string;
	readonly outcome: StepResult;
	readonly conclusion: StepResult;
	/** Skipped because what it is for lies outside of this machine's reach. */
	readonly isUnreached?: true;
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
	const overrides = { ...frame.env, ...(own.ok ? own.value : {}) };
	const env = { ...outer, ...overrides };
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
	const unreached = condition.ok ? await whyUnreached(job, step.uses) : undefined;
	if (unreached !== undefined) {
		job.log.say(`▸ ${name}`);
		const done = leftOut(name, unreached, job.log.say(`Skipped: ${unreached}`));
		record(frame, step, done);
		return done;
	}
	await begin(name);
	await prepareHashes(job, frame, { step, env, parts: workParts });
	const problem = !condition.ok ? condition.error : !own.ok ? own.error : named.ok ? undefined : named.error;
	const place = { step, name, values, env, overrides };
	const work =
		problem === undefined
			? await timed(job, frame, place, (signal) => workOf(job, frame, place, signal))
			: refusedWork(job, problem);
	const done = concluded(job, { work, name, step, values });
	record(frame, step, done);
	if (done.conclusion === 'failure') frame.hasFailed = true;
	return done;
}

/** Takes what an action does before the first step of a job, or after its last. It is no step that expressions know. */
export async function takeStage(
	job: RunningJob,
	frame: Frame,
	stage: ActionStage,
	begin: (name: string) => Promise<void>,
): Promise<StepDone> {
	const { step, env } = stage;
	const name = job.masker.redact(stage.name);
	const condition = await stageCondition(job, frame, stage);
	if (condition.ok && !condition.value.value) {
		const why = job.masker.redact(condition.value.why);
		return { name, outcome: 'skipped', conclusion: 'skipped', why, ...nothing };
	}
	await begin(name);
	const place = { step, name, values: valuesAt(job, frame, { step, env }), env, overrides: {} };
	const work = condition.ok
		? await timed(job, frame, place, (signal) => stage.work(frame, signal))
		: refusedWork(job, condition.error);
	const done = concluded(job, { ...place, work });
	if (done.conclusion === 'failure') frame.hasFailed = true;
	return done;
}

/** What is told of a step whose work lies outside: never a silent success. */
function leftOut(name: string, why: string, logLine: number): StepDone {
	const annotations = [{ level: 'warning', message: `${name} was skipped: ${why}`, logLine }] as const;
	return { name, outcome: 'skipped', conclusion: 'skipped', why, isUnreached: true, ...nothing, annotations };
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
	/** What of it is said by the step, or by one that leads to it. */
	readonly overrides: { readonly [name: string]: string };
}

async function timed(
	job: RunningJob,
	frame: Frame,
	place: StepPlace,
	work: (timeout: AbortSignal) => Promise<Work>,
): Promise<Work> {
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
		return await work(signal);
	} finally {
		timer.abort();
	}
}

async function workOf(
	job: RunningJob,
	frame: Frame,
	{ step, name, values, env, overrides }: StepPlace,
	timeout: AbortSignal,
): Promise<Work> {
	if (step.cancel !== undefined || step.wait !== undefined) return waitFor(frame, step);
	if (step.run !== undefined) return runScript(job, frame, { step, run: step.run, values, env, timeout });
	const uses = step.uses ?? '';
	const inputs = values.texts(step.with);
	if (!inputs.ok) return refusedWork(job, inputs.error);
	const reference = usesReference(uses);
	const own = reference === undefined ? undefined : builtInFor(job, reference);
	const call = { step, name, uses, inputs: inputs.value, env, overrides, timeout };
	return own === undefined ? job.runAction(job, frame, call) : own(job, frame, call);
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
