import { posix } from 'node:path';
import type { NodeRuns } from '#core/action/action.ts';
import { ok, type Problem, type Result } from '#core/result.ts';
import { isWithin } from './action-find.ts';
import { addPost } from './action-posts.ts';
import { runProgram } from './run-program.ts';
import {
	type ActionStep,
	type Frame,
	type PlacedAction,
	type RunningJob,
	refusedWork,
	type Work,
} from './running-job.ts';

/** A JavaScript action with what it was given. */
export interface NodeAction {
	readonly runs: NodeRuns;
	readonly placed: PlacedAction;
	readonly call: ActionStep;
	/** Its inputs as variables. */
	readonly variables: { readonly [name: string]: string };
}

/** Runs one of the programs of a JavaScript action: what it keeps is there for the next one, and its last one is asked for. */
export async function runNodeAction(
	job: RunningJob,
	frame: Frame,
	stage: 'pre' | 'main' | 'post',
	action: NodeAction,
): Promise<Work> {
	const { runs, placed, call } = action;
	const { step } = call;
	const key = `${frame.key}${step.id}`;
	if (stage !== 'post') registerPost(job, frame, action);
	const program = await programOf(job, placed, runs[stage] ?? '', `${frame.file}:${step.line}`);
	if (!program.ok) return refusedWork(job, program.error);
	const node = await nodeFor(job, runs.version);
	if (!node.ok) return refusedWork(job, node.error);
	const state = job.actions.states.get(key) ?? {};
	job.actions.states.set(key, state);
	const { origin } = placed.tree;
	const kept = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value] as const);
	const work = await runProgram(job, frame, {
		step,
		argv: [...node.value, program.value],
		cwd: job.room.workspace,
		env: call.env,
		own: { ...action.variables, ...Object.fromEntries(kept), ...job.services?.env },
		github: {
			action_path: placed.folder,
			action_repository: origin?.repository ?? '',
			action_ref: origin?.ref ?? '',
		},
		timeout: call.timeout,
	});
	Object.assign(state, work.state);
	return work;
}

function registerPost(job: RunningJob, frame: Frame, action: NodeAction): void {
	const { runs, call } = action;
	if (runs.post === undefined) return;
	addPost(job, frame, {
		key: `${frame.key}${call.step.id}`,
		name: `Post ${call.name}`,
		step: call.step,
		condition: runs.postIf,
		env: call.env,
		work: (root, timeout) => {
			// What the steps before have set in the meantime counts, and what is traced is the job's present step.
			const env = { ...job.env, ...call.overrides };
			const own = { ...frame, trace: root.trace };
			return runNodeAction(job, own, 'post', { ...action, call: { ...call, env, timeout } });
		},
	});
}

async function programOf(
	job: RunningJob,
	{ folder, tree }: PlacedAction,
	path: string,
	where: string,
): Promise<Result<string, Problem>> {
	const program = posix.join(folder, path);
	const refuse = (what: string, next: string): Result<string, Problem> => ({
		ok: false,
		error: { code: 'FB2052', what, where, next },
	});
	if (!isWithin(program, tree.folder))
		return refuse(`The action's program ${path} is outside its repository`, 'name a file of the repository');
	const { origin } = tree;
	if (origin === undefined || (await job.ports.actions.has(origin, program.slice(tree.folder.length + 1))))
		return ok(program);
	return refuse(
		`${origin.repository}@${origin.ref} has no file ${program.slice(tree.folder.length + 1)}, which its action.yml names`,
		'use a version that was released: what is built is often not on a branch',
	);
}

/** The Node that runs Footbridge, unless another one was asked for. */
async function nodeFor(job: RunningJob, version: number): Promise<Result<readonly string[], Problem>> {
	const asked = job.request.actions.settings.node[version];
	if (asked === undefined) return ok([posix.join(job.ports.places.node, 'node'), ...(version < 24 ? quiet : [])]);
	const folder = await job.ports.actions.node(asked);
	if (folder.ok) return ok([posix.join(folder.value, 'node')]);
	return { ok: false, error: folder.error[0] ?? { code: 'FB2059', what: `Node ${asked} for actions cannot be had` } };
}

/** What an older Node did not warn of: nearly every action was bundled with it. */
const quiet = ['--disable-warning=DEP0040'];
