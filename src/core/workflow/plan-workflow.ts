import type { MappingToken } from '@actions/workflow-parser/templates/tokens/index';
import type { InputDeclaration, Json, Plan, Template } from '../plan.ts';
import type { Problem } from '../result.ts';
import { calledWorkflows, type RemoteWorkflow } from './called-workflows.ts';
import { draftsOf } from './drafts.ts';
import type { FileProblems } from './file-problems.ts';
import { declaredInputs, inputValues } from './inputs.ts';
import { type Known, planContexts } from './plan-context.ts';
import { planJobs } from './plan-jobs.ts';
import { findIn, templateOf } from './token-template.ts';
import { askTrigger } from './trigger.ts';
import { readWorkflowFile } from './workflow-file.ts';

/** What becomes of one workflow file: a plan, the reason why this trigger does not start it, or everything that is wrong with it. */
export type Planned =
	| { readonly is: 'planned'; readonly plan: Plan; readonly missing: readonly string[] }
	| { readonly is: 'not-planned'; readonly why: string }
	| { readonly is: 'broken'; readonly problems: readonly Problem[] };

/** What one file is planned with. */
export interface PlanRequest extends Known {
	/** Its trigger filters are not asked. */
	readonly isAskedFor?: boolean;
	/** The workflows of the repository that may be called, by path. */
	readonly callable?: ReadonlyMap<string, string>;
	/** What became of the workflows of other repositories that are called, by `owner/name/path@ref`. */
	readonly remote?: ReadonlyMap<string, RemoteWorkflow>;
}

/**
 * Makes the plan of one workflow file for a trigger. Needs the parser's JSON hook, and a guard around it: a hostile file can keep
 * it busy for long.
 */
export function planWorkflow(path: string, text: string, request: PlanRequest): Planned {
	const { root, problems } = readWorkflowFile('workflow', path, text);
	if (root === undefined) return { is: 'broken', problems: problems.all };
	const answer = askTrigger(root.find('on'), request.trigger, problems);
	const declared = inputsDeclared(root, problems);
	if (!answer.starts && request.isAskedFor !== true) {
		return problems.areNone ? { is: 'not-planned', why: answer.why } : { is: 'broken', problems: problems.all };
	}
	const made = planOf(path, root, { request, declared }, problems);
	const all = [...problems.all, ...made.called];
	const { plan, missing } = made;
	return all.length === 0 ? { is: 'planned', plan, missing } : { is: 'broken', problems: all };
}

type Declared = { readonly [Event in 'workflow_dispatch' | 'workflow_call']: readonly InputDeclaration[] };

function inputsDeclared(root: MappingToken, problems: FileProblems): Declared {
	const of = (event: keyof Declared) => declaredInputs(findIn(root.find('on'), event), event, problems);
	return { workflow_dispatch: of('workflow_dispatch'), workflow_call: of('workflow_call') };
}

function planOf(
	path: string,
	root: MappingToken,
	{ request, declared }: { readonly request: PlanRequest; readonly declared: Declared },
	problems: FileProblems,
): { readonly plan: Plan; readonly called: readonly Problem[]; readonly missing: readonly string[] } {
	const name = root.find('name')?.toString() || path;
	const inputs = inputsOf(declared, request, problems);
	const optional = <K extends 'permissions' | 'concurrency' | 'runName'>(
		key: K,
		written: string,
	): { readonly [P in K]?: Template } => {
		const token = root.find(written);
		return token === undefined ? {} : ({ [key]: templateOf(token, problems) } as { readonly [P in K]: Template });
	};
	const calls = calledWorkflows(path, draftsOf(root.find('jobs'), { defaults: root.find('defaults'), problems }), {
		own: request.callable ?? new Map(),
		remote: request.remote ?? new Map(),
	});
	const { called, drafts } = calls;
	const { jobs, problems: inJobs } = planJobs(drafts, planContexts(request, { path, name }, inputs ?? {}));
	// What is wrong with a file that cannot be read is told once, not again by what would be made of it.
	for (const problem of inJobs) problems.addLocated(problem, undefined);
	const plan: Plan = {
		workflow: path,
		name,
		...optional('runName', 'run-name'),
		env: templateOf(root.find('env'), problems),
		...(inputs === undefined ? {} : { inputs }),
		...optional('permissions', 'permissions'),
		...optional('concurrency', 'concurrency'),
		...(Object.keys(called).length === 0 ? {} : { called }),
		jobs,
	};
	return { plan, called: calls.problems, missing: calls.missing };
}

/** The values of the inputs that the event has; undefined when it has none. */
function inputsOf(
	declared: Declared,
	{ trigger, vars }: PlanRequest,
	problems: FileProblems,
): { readonly [name: string]: Json } | undefined {
	const { event } = trigger;
	if (event !== 'workflow_dispatch' && event !== 'workflow_call') return undefined;
	const payload = trigger.payload as { readonly inputs?: { readonly [name: string]: Json } } | null;
	const contexts = {
		github: { event: trigger.payload, ref: trigger.ref, sha: trigger.sha },
		vars: vars ?? {},
		inputs: {},
	};
	const values = inputValues(declared[event], payload?.inputs ?? {}, { contexts });
	if (values.ok) return values.value;
	for (const problem of values.error) problems.addLocated(problem, undefined);
	return {};
}
