import type { CompositeRuns } from '#core/action/action.ts';
import type { PlannedStep } from '#core/plan.ts';
import { ok, type Problem, type Result } from '#core/result.ts';
import { addPost, postsOf } from './action-posts.ts';
import { runStages } from './action-stages.ts';
import { Hashes } from './hashes.ts';
import {
	type ActionStep,
	type Frame,
	type PlacedAction,
	type RunningJob,
	refusedWork,
	type Work,
} from './running-job.ts';
import { type StepDone, takeStep } from './step.ts';
import { valuesAt } from './step-values.ts';

/** A composite action with what it was given. */
export interface CompositeCall {
	readonly runs: CompositeRuns;
	readonly placed: PlacedAction;
	readonly call: ActionStep;
	/** The `inputs` context. */
	readonly inputs: { readonly [name: string]: string };
}

/** Does a composite action: its steps one after another, in a `steps` context and with a status of their own. */
export async function runComposite(job: RunningJob, caller: Frame, composite: CompositeCall): Promise<Work> {
	const frame = compositeFrame(caller, composite);
	const done = await takeSteps(job, frame, composite.runs.steps);
	registerPosts(job, caller, { frame, call: composite.call });
	const outputs = outputsOf(job, frame, composite.runs);
	const worst = done.find((step) => step.conclusion === 'failure' || step.conclusion === 'cancelled');
	const refusal = outputs.ok ? undefined : refusedWork(job, outputs.error);
	const why = worst?.why ?? refusal?.why;
	return {
		outcome:
			worst?.conclusion === 'cancelled'
				? 'cancelled'
				: worst === undefined && refusal === undefined
					? 'success'
					: 'failure',
		...(worst?.exitCode === undefined ? {} : { exitCode: worst.exitCode }),
		...(worst?.signal === undefined ? {} : { signal: worst.signal }),
		...(why === undefined ? {} : { why }),
		outputs: outputs.ok ? outputs.value : {},
		summary: done.map((step) => step.summary).join(''),
		annotations: [...done.flatMap((step) => step.annotations), ...(refusal?.annotations ?? [])],
	};
}

/** The list of steps that a composite action is. */
export function compositeFrame(caller: Frame, { call, placed, inputs }: Omit<CompositeCall, 'runs'>): Frame {
	const { origin } = placed.tree;
	return {
		file: placed.file,
		depth: caller.depth + 1,
		key: `${caller.key}${call.step.id}/`,
		origin,
		steps: {},
		hasFailed: false,
		contexts: { ...caller.contexts, inputs },
		github: {
			...caller.github,
			action_path: placed.folder,
			action_repository: origin?.repository ?? '',
			action_ref: origin?.ref ?? '',
		},
		env: call.overrides,
		timeout: call.timeout,
		trace: caller.trace,
		hashes: new Hashes(),
	};
}

/** What its actions have to do after the job's last step they do together, as one step of the caller. */
export function registerPosts(
	job: RunningJob,
	caller: Frame,
	{ frame, call }: { readonly frame: Frame; readonly call: ActionStep },
): void {
	if (postsOf(job, frame).length === 0) return;
	addPost(job, caller, {
		key: `${caller.key}${call.step.id}`,
		name: `Post ${call.name}`,
		step: call.step,
		condition: 'always()',
		env: call.env,
		work: (root, timeout) => runStages(job, root, postsOf(job, frame), timeout),
	});
}

async function takeSteps(job: RunningJob, frame: Frame, steps: readonly PlannedStep[]): Promise<readonly StepDone[]> {
	const done: StepDone[] = [];
	for (const step of steps) {
		if (frame.timeout?.aborted) break;
		const ended = await takeStep(job, frame, step, async (name) => {
			job.log.say(`##[group]${name}`);
		});
		if (ended.outcome !== 'skipped') job.log.say('##[endgroup]');
		done.push(ended);
	}
	return done;
}

function outputsOf(
	job: RunningJob,
	frame: Frame,
	{ outputs: templates }: CompositeRuns,
): Result<{ readonly [name: string]: string }, Problem> {
	const values = valuesAt(job, frame, { env: { ...job.env, ...frame.env } });
	const outputs: { [name: string]: string } = {};
	for (const [name, template] of Object.entries(templates)) {
		const value = values.text(template);
		if (!value.ok) return value;
		outputs[name] = value.value;
	}
	return ok(outputs);
}
