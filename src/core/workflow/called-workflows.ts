import type { MappingToken } from '@actions/workflow-parser/templates/tokens/index';
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards';
import type { CalledWorkflow, JobDraft, Template } from '../plan.ts';
import type { Problem } from '../result.ts';
import { draftsOf } from './drafts.ts';
import { FileProblems, type Place } from './file-problems.ts';
import { declaredInputs } from './inputs.ts';
import { findIn, templateOf } from './token-template.ts';
import { readWorkflowFile } from './workflow-file.ts';

/** GitHub's limits: workflows above one another, and called workflows in all. */
const deepest = 10;
const most = 50;

/** What jobs may call. */
export interface Callable {
	/** Texts of the repository's own workflows, by path. */
	readonly own: ReadonlyMap<string, string>;
	/** What became of those of other repositories, by `owner/name/path@ref`. */
	readonly remote: ReadonlyMap<string, RemoteWorkflow>;
}

/** A workflow of another repository, or why it cannot be had. */
export type RemoteWorkflow =
	| { readonly text: string; readonly from: NonNullable<CalledWorkflow['from']> }
	| { readonly problems: readonly Problem[] };

export interface Calls {
	/** By path, or `owner/name/path@ref`. */
	readonly called: { readonly [path: string]: CalledWorkflow };
	/** The jobs that were given; those whose call leads nowhere have problems. */
	readonly drafts: readonly JobDraft[];
	/** What is wrong with the files of the repository itself. */
	readonly problems: readonly Problem[];
	/** Workflows of other repositories that nobody has looked for yet. */
	readonly missing: readonly string[];
}

interface Caller {
	readonly file: string;
	readonly drafts: readonly JobDraft[];
	readonly above: readonly string[];
}

/** The workflows that jobs call, and those that these call; with everything that is wrong with the calls. */
export function calledWorkflows(path: string, drafts: readonly JobDraft[], callable: Callable): Calls {
	const reader = new CallReader(callable);
	const open: Caller[] = [{ file: path, drafts, above: [path] }];
	for (const caller of open) open.push(...reader.read(caller));
	const all = [...reader.called].map(
		([key, workflow]) => [key, { ...workflow, jobs: reader.marked(workflow.jobs) }] as const,
	);
	return {
		called: Object.fromEntries(all),
		drafts: reader.marked(drafts),
		problems: once(reader.problems),
		missing: [...reader.missing],
	};
}

class CallReader {
	readonly called = new Map<string, CalledWorkflow>();
	readonly problems: Problem[] = [];
	readonly missing = new Set<string>();
	/** A workflow of others that cannot be had is the matter of the job that calls it. */
	readonly #refused = new Map<JobDraft, readonly Problem[]>();
	readonly #callable: Callable;

	constructor(callable: Callable) {
		this.#callable = callable;
	}

	/** The workflows that the jobs of a file call, as callers. */
	read(caller: Caller): readonly Caller[] {
		const found = new FileProblems(caller.file);
		const next = caller.drafts.flatMap((draft) => this.#target(draft, caller, found) ?? []);
		this.problems.push(...found.all);
		return next;
	}

	/** The jobs, with what is wrong with their calls. */
	marked(drafts: readonly JobDraft[]): readonly JobDraft[] {
		return drafts.map((draft) => {
			const own = this.#refused.get(draft);
			return own === undefined ? draft : { ...draft, problems: [...(draft.problems ?? []), ...own] };
		});
	}

	#target(draft: JobDraft, { file, above }: Caller, found: FileProblems): Caller | undefined {
		const { own, remote } = this.#callable;
		const target = draft.call?.workflow;
		if (target === undefined) return undefined;
		const count = this.called.size + this.missing.size;
		const wrong =
			whyNotCallable(target, above, isRemote(target) || own.has(target)) ??
			(count >= most && !this.called.has(target) ? `more than ${most} workflows are called` : undefined);
		if (wrong !== undefined) {
			const what = `Job '${draft.id}' cannot call ${target}: ${wrong}`;
			found.add(placeIn(draft, 'uses'), { code: 'FB1012', what, next: nextFor(own) });
			return undefined;
		}
		if (isRemote(target) && !remote.has(target)) {
			this.missing.add(target);
			return undefined;
		}
		const read = this.called.get(target) ?? readTarget(target, this.#callable);
		if ('problems' in read) {
			if (!isRemote(target)) this.problems.push(...read.problems);
			else
				this.#refused.set(
					draft,
					read.problems.map((problem) => atCall(problem, draft, file)),
				);
			return undefined;
		}
		checkCall(draft, read, found);
		this.called.set(target, read);
		return { file: target, drafts: read.jobs, above: [...above, target] };
	}
}

function isRemote(target: string): boolean {
	return target.includes('@');
}

/** A problem of a file of others is shown where it is called from. */
function atCall(problem: Problem, draft: JobDraft, file: string): Problem {
	const place = draft.places['uses'] ?? `${draft.line}:1`;
	const why = [problem.why, problem.where].filter((part) => part !== undefined).join(', at ');
	return { ...problem, where: `${file}:${place}`, ...(why === '' ? {} : { why }) };
}

function whyNotCallable(target: string, above: readonly string[], isFound: boolean): string | undefined {
	if (!isFound) return 'there is no such file';
	if (above.includes(target)) return `it would call itself: ${[...above, target].join(' calls ')}`;
	return above.length > deepest ? `workflows call each other more than ${deepest} deep` : undefined;
}

function nextFor(files: ReadonlyMap<string, string>): string {
	const names = [...files.keys()].sort().slice(0, 10).join(', ');
	return names === '' ? 'add the workflow' : `the workflows are: ${names}`;
}

type Read = CalledWorkflow | { readonly problems: readonly Problem[] };

function readTarget(target: string, { own, remote }: Callable): Read {
	const found = remote.get(target);
	if (found === undefined) return readCalled(target, own.get(target) ?? '');
	if ('problems' in found) return found;
	const read = readCalled(target, found.text);
	if ('problems' in read) return read;
	return { ...read, from: found.from, jobs: read.jobs.map((draft) => within(draft, found.from)) };
}

/** In a workflow of another repository, `./` and `$/` are that repository at the same commit. */
function within(draft: JobDraft, { repository, ref }: NonNullable<CalledWorkflow['from']>): JobDraft {
	if (draft.call === undefined || isRemote(draft.call.workflow)) return draft;
	return { ...draft, call: { ...draft.call, workflow: `${repository}/${draft.call.workflow}@${ref}` } };
}

function readCalled(path: string, text: string): Read {
	const { root, problems } = readWorkflowFile('workflow', path, text);
	const workflow = root === undefined ? undefined : calledWorkflow(path, root, problems);
	return workflow !== undefined && problems.areNone ? workflow : { problems: problems.all };
}

function calledWorkflow(path: string, root: MappingToken, problems: FileProblems): CalledWorkflow | undefined {
	const on = root.find('on');
	const isCallable =
		on !== undefined &&
		(isMapping(on) ? on.find('workflow_call') !== undefined : /\bworkflow_call\b/.test(on.toString()));
	if (!isCallable) {
		problems.add(undefined, {
			code: 'FB1012',
			what: 'The workflow cannot be called: its `on` has no workflow_call',
			next: 'add `workflow_call` below `on`',
		});
		return undefined;
	}
	const call = findIn(on, 'workflow_call');
	const permissions = root.find('permissions');
	const name = root.find('name')?.toString() ?? '';
	return {
		name: name === '' ? path : name,
		env: templateOf(root.find('env'), problems),
		inputs: declaredInputs(call, 'workflow_call', problems),
		secrets: entriesOf(findIn(call, 'secrets')).map(([secret, token]) => ({
			name: secret,
			required: findIn(token, 'required')?.toString() === 'true',
		})),
		outputs: Object.fromEntries(
			entriesOf(findIn(call, 'outputs')).map(([output, token]): [string, Template] => [
				output,
				templateOf(findIn(token, 'value'), problems),
			]),
		),
		...(permissions === undefined ? {} : { permissions: templateOf(permissions, problems) }),
		jobs: draftsOf(root.find('jobs'), { defaults: root.find('defaults'), problems }),
	};
}

/** Checks the names of what a call hands over, as far as the file says them. */
function checkCall(draft: JobDraft, { inputs, secrets }: CalledWorkflow, problems: FileProblems): void {
	const call = draft.call;
	if (call === undefined) return;
	const check = (
		kind: 'input' | 'secret',
		given: readonly string[],
		declared: readonly { name: string; required: boolean }[],
	) => {
		const has = (names: readonly string[], name: string) =>
			names.some((other) => other.toLowerCase() === name.toLowerCase());
		const names = declared.map(({ name }) => name);
		const place = placeIn(draft, kind === 'input' ? 'with' : 'secrets') ?? placeIn(draft, 'uses');
		for (const name of given) {
			if (has(names, name)) continue;
			const next = names.length === 0 ? `it takes no ${kind}` : `its ${kind}s are: ${names.join(', ')}`;
			problems.add(place, {
				code: 'FB1012',
				what: `Job '${draft.id}': ${call.workflow} has no ${kind} '${name}'`,
				next,
			});
		}
		for (const { name, required } of declared) {
			if (!required || has(given, name)) continue;
			problems.add(place, {
				code: 'FB1012',
				what: `Job '${draft.id}': ${call.workflow} needs the ${kind} '${name}'`,
				next: `add it below \`${kind === 'input' ? 'with' : 'secrets'}\``,
			});
		}
	};
	const given = namesIn(call.with);
	if (given !== undefined) check('input', given, inputs);
	const handed = call.secrets === 'inherit' ? undefined : namesIn(call.secrets);
	if (handed !== undefined) check('secret', handed, secrets);
}

/** The keys of a mapping; undefined when an expression says them. */
function namesIn(template: Template): readonly string[] | undefined {
	if (template === null) return [];
	if (typeof template !== 'object' || !('mapping' in template)) return undefined;
	const keys = template.mapping.map(([key]) => key);
	return keys.every((key) => key === null || typeof key !== 'object') ? keys.map(String) : undefined;
}

function placeIn(draft: JobDraft, key: string): Place | undefined {
	const [line, column] = (draft.places[key] ?? '').split(':').map(Number);
	return line === undefined || column === undefined ? undefined : { line, column };
}

function entriesOf(
	token: ReturnType<typeof findIn>,
): readonly (readonly [string, NonNullable<ReturnType<typeof findIn>>])[] {
	return token !== undefined && isMapping(token)
		? [...token].map(({ key, value }) => [key.toString(), value] as const)
		: [];
}

function once(problems: readonly Problem[]): readonly Problem[] {
	return [...new Map(problems.map((problem) => [`${problem.where} ${problem.what}`, problem])).values()];
}
