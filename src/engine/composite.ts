import { posix } from 'node:path';
import type { CompositeAction, Json, PlannedStep } from '#core/plan.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { Hashes } from './hashes.ts';
import { type ActionStep, type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';
import { type StepDone, takeStep } from './step.ts';
import { valuesAt } from './step-values.ts';

const deepest = 10;
const fileLimit = 1024 * 1024;

/** Does a composite action: its steps one after another, in a `steps` context and with a status of their own. */
export async function runComposite(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	const where = `${caller.file}:${call.step.line}`;
	if (caller.depth >= deepest) {
		return refusedWork(job, { code: 'FB2050', what: `Actions call each other more than ${deepest} deep`, where });
	}
	const found = await actionOf(job, call.uses, where);
	if (!found.ok)
		return refusedWork(job, found.error[0] ?? { code: 'FB2051', what: 'The action cannot be read', where });
	const { action, folder, file } = found.value;
	const inputs = inputsOf(job, caller, { call, action, file });
	if (!inputs.ok) return refusedWork(job, inputs.error);

	const frame: Frame = {
		file,
		depth: caller.depth + 1,
		steps: {},
		hasFailed: false,
		contexts: { ...caller.contexts, inputs: inputs.value },
		github: { ...caller.github, action_path: folder },
		env: call.env,
		timeout: call.timeout,
		trace: caller.trace,
		hashes: new Hashes(),
	};
	const done = await takeSteps(job, frame, action.steps);
	const outputs = outputsOf(job, frame, action);
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

interface Found {
	readonly action: CompositeAction;
	/** As the job sees it. */
	readonly folder: string;
	/** Path in the repository, for problems. */
	readonly file: string;
}

async function actionOf(job: RunningJob, uses: string, where: string): Promise<Result<Found>> {
	const isOwn = uses.startsWith('$/');
	const base = isOwn ? await ownTree(job) : job.room.workspace;
	const path = isOwn ? uses.slice(2) : uses;
	const folder = posix.join(base, path).replace(/\/$/, '');
	if (folder !== base && !folder.startsWith(`${base}/`)) {
		return failed({
			code: 'FB2052',
			what: `The action ${uses} is outside the ${isOwn ? 'repository' : 'workspace'}`,
			where,
		});
	}
	for (const name of ['action.yml', 'action.yaml']) {
		const read = await readIn(job, `${folder}/${name}`, where);
		if (!read.ok) return read;
		const text = read.value;
		if (text === undefined) continue;
		const file = posix.join(path, name);
		const action = await job.ports.planner.action(file, text);
		return action.ok ? ok({ action: action.value, folder, file }) : action;
	}
	return failed({
		code: 'FB2052',
		what: `There is no action at ${uses}`,
		why: `neither action.yml nor action.yaml is there in the ${isOwn ? 'repository' : 'workspace'}`,
		where,
		next: isOwn
			? 'compare the path'
			: 'check out the repository first (uses: actions/checkout@v4), and compare the path',
	});
}

/** The repository at the run's commit, for `$/` actions: they need no checkout. Made once a job. */
function ownTree(job: RunningJob): Promise<string> {
	job.made.ownTree ??= (async () => {
		const folder = `${job.room.temp}/_actions/_own`;
		const { repository, trigger } = job.request;
		await job.room.bring(folder, (outside) =>
			job.ports.source.checkout(repository.path, trigger.sha, outside, { depth: 1, git: false }),
		);
		return folder;
	})();
	return job.made.ownTree;
}

async function readIn(job: RunningJob, path: string, where: string): Promise<Result<string | undefined>> {
	try {
		return ok(await job.room.get(path, fileLimit));
	} catch {
		const why = 'it must be a regular file of at most 1 MiB, and no link may lead to it';
		return failed({ code: 'FB2051', what: `${path} cannot be read`, why, where });
	}
}

interface Call {
	readonly call: ActionStep;
	readonly action: CompositeAction;
	readonly file: string;
}

/** What the caller gives, and the defaults of the rest. As on GitHub, a required input that is missing is told but is no failure. */
function inputsOf(
	job: RunningJob,
	caller: Frame,
	{ call, action, file }: Call,
): Result<{ readonly [name: string]: Json }, Problem> {
	const given = new Map(Object.entries(call.inputs).map(([name, value]) => [name.toLowerCase(), value]));
	const declared = Object.keys(action.inputs);
	const unexpected = Object.keys(call.inputs).filter(
		(name) => !declared.some((other) => other.toLowerCase() === name.toLowerCase()),
	);
	if (unexpected.length > 0)
		job.log.say(`Warning: Unexpected input(s) ${quoted(unexpected)}, valid inputs are [${quoted(declared)}]`);
	const defaults = valuesAt(job, { ...caller, file }, { env: call.env });
	const inputs: { [name: string]: Json } = {};
	for (const [name, input] of Object.entries(action.inputs)) {
		const value = given.get(name.toLowerCase());
		if (value !== undefined) {
			inputs[name] = value;
			continue;
		}
		if (input.required && input.default === undefined) {
			job.log.say(`Warning: The input '${name}' of ${call.uses} is required and was not given: it is empty`);
		}
		const standard = defaults.text(input.default ?? null);
		if (!standard.ok) return standard;
		inputs[name] = standard.value;
	}
	return ok(inputs);
}

function quoted(names: readonly string[]): string {
	return names.map((name) => `'${name}'`).join(', ');
}

function outputsOf(
	job: RunningJob,
	frame: Frame,
	action: CompositeAction,
): Result<{ readonly [name: string]: string }, Problem> {
	const values = valuesAt(job, frame, { env: { ...job.env, ...frame.env } });
	const outputs: { [name: string]: string } = {};
	for (const [name, template] of Object.entries(action.outputs)) {
		const value = values.text(template);
		if (!value.ok) return value;
		outputs[name] = value.value;
	}
	return ok(outputs);
}
