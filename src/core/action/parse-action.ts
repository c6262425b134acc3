import { splitAllowedContext } from '@actions/workflow-parser/templates/allowed-context';
import { MappingToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { ok, type Result } from '../result.ts';
import { parseExpression } from '../workflow/expression-syntax.ts';
import type { FileProblems } from '../workflow/file-problems.ts';
import { stepsOf } from '../workflow/steps.ts';
import { findIn, placeOf, templateOf } from '../workflow/token-template.ts';
import { readWorkflowFile } from '../workflow/workflow-file.ts';
import type { Action, ActionInput, CompositeRuns, ContainerRuns, NodeRuns } from './action.ts';

/** Reads an `action.yml`; without an action, the problems say everything that is wrong with it, each with its place. */
export function parseAction(path: string, text: string): Result<Action> {
	const { root, problems } = readWorkflowFile('action', path, text);
	if (root === undefined) return { ok: false, error: problems.all };
	const name = root.find('name')?.toString() ?? '';
	const inputs = entriesOf(root.find('inputs')).map(([key, input]) => [key, inputOf(input, problems)] as const);
	const runs = runsOf(root, problems);
	if (runs === undefined || !problems.areNone) return { ok: false, error: problems.all };
	return ok({ name: name === '' ? path : name, inputs: Object.fromEntries(inputs), runs });
}

function runsOf(root: MappingToken, problems: FileProblems): Action['runs'] | undefined {
	const runs = root.find('runs');
	const using = findIn(runs, 'using');
	if (!(runs instanceof MappingToken) || using === undefined) {
		problems.add(runs && placeOf(runs), {
			code: 'FB1002',
			what: 'The action does not say what it runs',
			next: `add \`runs\` with \`using\`: ${kinds}`,
		});
		return undefined;
	}
	const kind = using.toString().toLowerCase();
	if (kind === 'composite') return compositeOf(root, runs, problems);
	if (kind === 'docker') return containerOf(runs, problems);
	const version = /^node(12|16|20|24)$/.exec(kind)?.[1];
	if (version !== undefined) return nodeOf(runs, Number(version), problems);
	problems.add(placeOf(using), {
		code: 'FB1002',
		what: `An action cannot run with ${using}`,
		next: `write ${kinds}`,
	});
	return undefined;
}

const kinds = 'composite, node24, node20 or docker';

function compositeOf(root: MappingToken, runs: MappingToken, problems: FileProblems): CompositeRuns {
	const outputs = entriesOf(root.find('outputs')).map(
		([name, output]) => [name, templateOf(findIn(output, 'value'), problems)] as const,
	);
	return { using: 'composite', steps: stepsOf(runs.find('steps'), problems), outputs: Object.fromEntries(outputs) };
}

function nodeOf(runs: MappingToken, version: number, problems: FileProblems): NodeRuns {
	const main = textIn(runs, 'main');
	if (main === undefined)
		problems.add(placeOf(runs), {
			code: 'FB1002',
			what: `An action that runs with node${version} names no program`,
			next: 'add `main`',
		});
	const [pre, post] = [textIn(runs, 'pre'), textIn(runs, 'post')];
	return {
		using: 'node',
		version,
		main: main ?? '',
		...(pre === undefined ? {} : { pre }),
		preIf: conditionIn(runs, 'pre-if', problems),
		...(post === undefined ? {} : { post }),
		postIf: conditionIn(runs, 'post-if', problems),
	};
}

function containerOf(runs: MappingToken, problems: FileProblems): ContainerRuns {
	const image = textIn(runs, 'image');
	if (image === undefined)
		problems.add(placeOf(runs), {
			code: 'FB1002',
			what: 'An action that runs with docker names no image',
			next: 'add `image`: Dockerfile, or docker://<image>',
		});
	const [entrypoint, preEntrypoint, postEntrypoint] = [
		textIn(runs, 'entrypoint'),
		textIn(runs, 'pre-entrypoint'),
		textIn(runs, 'post-entrypoint'),
	];
	return {
		using: 'docker',
		image: image ?? '',
		...(entrypoint === undefined ? {} : { entrypoint }),
		args: templateOf(runs.find('args'), problems),
		env: templateOf(runs.find('env'), problems),
		...(preEntrypoint === undefined ? {} : { preEntrypoint }),
		preIf: conditionIn(runs, 'pre-if', problems),
		...(postEntrypoint === undefined ? {} : { postEntrypoint }),
		postIf: conditionIn(runs, 'post-if', problems),
	};
}

function textIn(runs: MappingToken, key: string): string | undefined {
	const text = runs.find(key)?.toString().trim();
	return text === '' ? undefined : text;
}

/** As on GitHub, what comes before and after a job runs whatever became of it, unless the action says otherwise. */
function conditionIn(runs: MappingToken, key: string, problems: FileProblems): string {
	const source = textIn(runs, key);
	if (source === undefined) return 'always()';
	const token = runs.find(key);
	try {
		parseExpression(source, vocabulary);
	} catch (error) {
		const what = error instanceof Error ? error.message : String(error);
		problems.add(token && placeOf(token), { code: 'FB1010', what, next: 'correct the expression' });
	}
	return source;
}

const { namedContexts, functions } = splitAllowedContext([
	...['runner', 'github', 'job', 'strategy', 'matrix', 'env', 'inputs'],
	...['always(0,0)', 'success(0,0)', 'failure(0,0)', 'cancelled(0,0)', 'hashFiles(1,255)'],
]);
const vocabulary = { contexts: namedContexts, functions };

function inputOf(input: TemplateToken, problems: FileProblems): ActionInput {
	const standard = findIn(input, 'default');
	const deprecation = findIn(input, 'deprecationMessage')?.toString() ?? '';
	return {
		...(standard === undefined ? {} : { default: templateOf(standard, problems) }),
		required: findIn(input, 'required')?.toString() === 'true',
		...(deprecation === '' ? {} : { deprecation }),
	};
}

function entriesOf(token: TemplateToken | undefined): readonly (readonly [string, TemplateToken])[] {
	return token instanceof MappingToken ? [...token].map(({ key, value }) => [key.toString(), value] as const) : [];
}
