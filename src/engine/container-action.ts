import { type ContainerRuns, inputVariable } from '#core/action/action.ts';
import { plainSettings } from '#core/container/container.ts';
import { wordsOf } from '#core/container/words.ts';
import { ok, type Problem, problemOf, type Result } from '#core/result.ts';
import { actionImage } from './action-image.ts';
import { addPost } from './action-posts.ts';
import { runInContainer } from './container-process.ts';
import { noEngine } from './job-containers.ts';
import { runProgram } from './run-program.ts';
import {
	type ActionStep,
	type Frame,
	type PlacedAction,
	type RunningJob,
	refusedWork,
	type Work,
} from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** An action that runs in a container, with what it was given. */
export interface ContainerAction {
	readonly runs: ContainerRuns;
	/** Absent: the step names an image. */
	readonly placed?: PlacedAction;
	readonly call: ActionStep;
	/** The `inputs` context. */
	readonly inputs: { readonly [name: string]: string };
	/** Its inputs as variables. */
	readonly variables: { readonly [name: string]: string };
}

type Stage = 'pre' | 'main' | 'post';

/** Does a step that names an image: `uses: docker://image`, with `args` and `entrypoint`. */
export function runImage(job: RunningJob, frame: Frame, call: ActionStep): Promise<Work> {
	const runs: ContainerRuns = {
		using: 'docker',
		image: call.uses,
		args: null,
		env: null,
		preIf: 'always()',
		postIf: 'always()',
	};
	const variables = Object.entries(call.inputs).map(([name, value]) => [inputVariable(name), value] as const);
	const action = { runs, call, inputs: call.inputs, variables: Object.fromEntries(variables) };
	return runContainerAction(job, frame, 'main', action);
}

/** Runs one of the programs of a container action, each in a container of its own. */
export async function runContainerAction(
	job: RunningJob,
	frame: Frame,
	stage: Stage,
	action: ContainerAction,
): Promise<Work> {
	const { runs, placed, call } = action;
	const where = `${frame.file}:${call.step.line}`;
	if (stage !== 'post') registerPost(job, frame, action);
	const given = givenTo(job, frame, action, stage);
	if (!given.ok) return refusedWork(job, { where, ...given.error });
	const signal = AbortSignal.any([job.stop.signal, call.timeout]);
	try {
		const why = await job.containers.engine.available();
		if (why !== undefined) return refusedWork(job, { ...noEngine(why), where });
		const image = await actionImage(job, runs, { placed, uses: call.uses, signal });
		return await run(job, frame, { action, image: image.id, given: given.value });
	} catch (error) {
		return refusedWork(job, { where, ...problemOf(error) });
	}
}

interface Given {
	/** Absent: the image's. */
	readonly entrypoint?: string;
	readonly args: readonly string[];
	readonly env: { readonly [name: string]: string };
}

const entrypoints = { pre: 'preEntrypoint', main: 'entrypoint', post: 'postEntrypoint' } as const;

/** What the action's own file says goes before what the step gives. */
function givenTo(
	job: RunningJob,
	frame: Frame,
	{ runs, call, inputs }: ContainerAction,
	stage: Stage,
): Result<Given, Problem> {
	const values = valuesAt(
		job,
		{ ...frame, contexts: { ...frame.contexts, inputs } },
		{ step: call.step, env: call.env },
	);
	const env = values.texts(runs.env);
	if (!env.ok) return env;
	const entrypoint = runs[entrypoints[stage]] ?? (stage === 'main' ? call.inputs['entrypoint'] : undefined);
	const own = entrypoint === undefined || entrypoint === '' ? {} : { entrypoint };
	if (runs.args === null) {
		const args = wordsOf(call.inputs['args'] ?? '');
		if (args === undefined)
			return { ok: false, error: { code: 'FB2102', what: 'A quote is left open in `args`', next: 'close it' } };
		return ok({ ...own, args, env: env.value });
	}
	const args: string[] = [];
	for (const template of typeof runs.args === 'object' && 'sequence' in runs.args ? runs.args.sequence : [runs.args]) {
		const text = values.text(template);
		if (!text.ok) return text;
		args.push(text.value);
	}
	return ok({ ...own, args, env: env.value });
}

interface Running {
	readonly action: ContainerAction;
	readonly image: string;
	readonly given: Given;
}

async function run(job: RunningJob, frame: Frame, { action, image, given }: Running): Promise<Work> {
	const { call, placed, variables } = action;
	const key = `${frame.key}${call.step.id}`;
	const state = job.actions.states.get(key) ?? {};
	job.actions.states.set(key, state);
	const kept = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value] as const);
	const origin = placed?.tree.origin;
	const work = await runProgram(job, frame, {
		step: call.step,
		argv: [call.uses],
		cwd: job.room.workspace,
		env: call.env,
		own: { ...given.env, ...variables, ...Object.fromEntries(kept), ...job.services?.env },
		...(placed === undefined
			? {}
			: {
					github: {
						action_path: placed.folder,
						action_repository: origin?.repository ?? '',
						action_ref: origin?.ref ?? '',
					},
				}),
		timeout: call.timeout,
		run: (process) =>
			runInContainer(job, process, {
				image,
				...(given.entrypoint === undefined ? {} : { entrypoint: wordsOf(given.entrypoint) ?? [given.entrypoint] }),
				...(given.args.length === 0 ? {} : { command: given.args }),
				ownPath: call.overrides['PATH'],
				settings: plainSettings,
			}),
	});
	Object.assign(state, work.state);
	return work;
}

function registerPost(job: RunningJob, frame: Frame, action: ContainerAction): void {
	const { runs, call } = action;
	if (runs.postEntrypoint === undefined) return;
	addPost(job, frame, {
		key: `${frame.key}${call.step.id}`,
		name: `Post ${call.name}`,
		step: call.step,
		condition: runs.postIf,
		env: call.env,
		work: (root, timeout) => {
			const env = { ...job.env, ...call.overrides };
			const own = { ...frame, trace: root.trace };
			return runContainerAction(job, own, 'post', { ...action, call: { ...call, env, timeout } });
		},
	});
}
