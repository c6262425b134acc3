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

/** The workflows of the repository that jobs call, and those that these call, by path; with everything that is wrong with the calls. */
export function calledWorkflows(
	path: string,
	drafts: readonly JobDraft[],
	files: ReadonlyMap<string, string>,
): { readonly called: { readonly [path: string]: CalledWorkflow }; readonly problems: readonly Problem[] } {
	const called = new Map<string, CalledWorkflow>();
	const problems: Problem[] = [];
	const open = [{ file: path, drafts, above: [path] as readonly string[] }];
	for (const caller of open) {
		const found = new FileProblems(caller.file);
		for (const draft of caller.drafts) {
			if (draft.call === undefined) continue;
			const target = draft.call.workflow;
			const wrong =
				whyNotCallable(target, caller.above, files) ??
				(called.size >= most ? `more than ${most} workflows are called` : undefined);
			if (wrong !== undefined) {
				found.add(placeIn(draft, 'uses'), {
					code: 'FB1012',
					what: `Job '${draft.id}' cannot call ${target}: ${wrong}`,
					next: nextFor(files),
				});
				continue;
			}
			const known = called.get(target) ?? readCalled(target, files.get(target) ?? '', problems);
			if (known === undefined) continue;
			checkCall(draft, known, found);
			called.set(target, known);
			open.push({ file: target, drafts: known.jobs, above: [...caller.above, target] });
		}
		problems.push(...found.all);
	}
	return { called: Object.fromEntries(called), problems: once(problems) };
}

function whyNotCallable(
	target: string,
	above: readonly string[],
	files: ReadonlyMap<string, string>,
): string | undefined {
	if (!files.has(target)) return 'there is no such file';
	if (above.includes(target)) return `it would call itself: ${[...above, target].join(' calls ')}`;
	return above.length > deepest ? `workflows call each other more than ${deepest} deep` : undefined;
}

function nextFor(files: ReadonlyMap<string, string>): string {
	const names = [...files.keys()].sort().slice(0, 10).join(', ');
	return names === '' ? 'add the workflow' : `the workflows are: ${names}`;
}

function readCalled(path: string, text: string, problems: Problem[]): CalledWorkflow | undefined {
	const { root, problems: found } = readWorkflowFile('workflow', path, text);
	const workflow = root === undefined ? undefined : calledWorkflow(path, root, found);
	problems.push(...found.all);
	return found.areNone ? workflow : undefined;
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
