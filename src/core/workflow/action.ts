import { MappingToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import type { CompositeAction, Template } from '../plan.ts';
import { ok, type Result } from '../result.ts';
import type { FileProblems } from './file-problems.ts';
import { stepsOf } from './steps.ts';
import { findIn, placeOf, templateOf } from './token-template.ts';
import { readWorkflowFile } from './workflow-file.ts';

/** Reads the `action.yml` of a composite action. Any other kind of action is a problem that names it. */
export function parseAction(path: string, text: string): Result<CompositeAction> {
	const { root, problems } = readWorkflowFile('action', path, text);
	if (root === undefined) return { ok: false, error: problems.all };
	const runs = root.find('runs');
	const using = runs instanceof MappingToken ? runs.find('using') : undefined;
	if (!(runs instanceof MappingToken) || using === undefined) {
		problems.add(runs && placeOf(runs), {
			code: 'FB1002',
			what: 'The action does not say what it runs',
			next: 'add `runs` with `using: composite`',
		});
	} else if (using.toString() !== 'composite') {
		problems.unsupported(
			placeOf(using),
			`An action that runs with ${using} is`,
			'make it a composite action, or call its program in a `run` step',
		);
	} else {
		const action = actionOf(path, root, runs, problems);
		if (problems.areNone) return ok(action);
	}
	return { ok: false, error: problems.all };
}

function actionOf(path: string, root: MappingToken, runs: MappingToken, problems: FileProblems): CompositeAction {
	return {
		name: root.find('name')?.toString() ?? path,
		inputs: Object.fromEntries(entriesOf(root.find('inputs')).map(([name, input]) => [name, inputOf(input, problems)])),
		outputs: Object.fromEntries(
			entriesOf(root.find('outputs')).map(([name, output]) => [name, templateOf(findIn(output, 'value'), problems)]),
		),
		steps: stepsOf(runs.find('steps'), problems),
	};
}

function inputOf(
	input: TemplateToken,
	problems: FileProblems,
): { readonly default?: Template; readonly required: boolean } {
	const standard = findIn(input, 'default');
	return {
		...(standard === undefined ? {} : { default: templateOf(standard, problems) }),
		required: findIn(input, 'required')?.toString() === 'true',
	};
}

function entriesOf(token: TemplateToken | undefined): readonly (readonly [string, TemplateToken])[] {
	return token instanceof MappingToken ? [...token].map(({ key, value }) => [key.toString(), value] as const) : [];
}
