import { MappingToken, SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { usesProblem, usesReference } from '../action/uses-reference.ts';
import type { JobDraft, PlacedTemplate, Template, WorkflowCall } from '../plan.ts';
import type { FileProblems, Place } from './file-problems.ts';
import { idProblem } from './identifier.ts';
import { resolveNeeds } from './needs.ts';
import { stepsOf } from './steps.ts';
import { conditionOf, findIn, placeOf, templateOf } from './token-template.ts';

const unsupported = [['snapshot', '`snapshot` is', 'take it out']] as const;

/** The jobs of a workflow file as plain data. What is wrong with them goes to `problems`, what is not supported to the job. */
export function draftsOf(
	jobs: TemplateToken | undefined,
	{ defaults, problems }: { readonly defaults: TemplateToken | undefined; readonly problems: FileProblems },
): readonly JobDraft[] {
	const declared =
		jobs instanceof MappingToken ? [...jobs].map(({ key, value }) => ({ key, id: key.toString(), body: value })) : [];
	if (declared.length === 0) {
		problems.add(jobs && placeOf(jobs), {
			code: 'FB1002',
			what: 'The workflow has no job',
			next: 'add one below `jobs`',
		});
	}
	const bodies = declared.flatMap(({ key, id, body }) => (body instanceof MappingToken ? [{ key, id, body }] : []));
	const needs = resolveNeeds(
		bodies.map(({ id, body }) => ({ id, needs: body.find('needs') })),
		problems,
	);
	return bodies.map(({ key, id, body }) => {
		const wrong = idProblem('job', id);
		if (wrong !== undefined) problems.add(placeOf(key), { code: 'FB1002', what: wrong, next: 'choose another id' });
		return draftOf(id, body, { defaults, problems, place: placeOf(key), needs: needs.get(id) ?? [] });
	});
}

interface Surroundings {
	readonly defaults: TemplateToken | undefined;
	readonly problems: FileProblems;
	readonly place: Place;
	readonly needs: readonly string[];
}

function draftOf(id: string, body: MappingToken, { defaults, problems, place, needs }: Surroundings): JobDraft {
	for (const [key, what, next] of unsupported) {
		const token = body.find(key);
		if (token !== undefined) problems.unsupported(placeOf(token), what, next);
	}
	const call = callOf(body, problems);
	const stepsToken = body.find('steps');
	if (body.find('uses') === undefined && (!(stepsToken instanceof SequenceToken) || stepsToken.count === 0)) {
		problems.add(place, { code: 'FB1002', what: `Job '${id}' has no steps`, next: 'add `steps`' });
	}
	const steps = stepsOf(stepsToken, problems);
	const condition = conditionOf(body.find('if'), problems);
	const read = (key: string): Template => templateOf(body.find(key), problems);
	const optional = <K extends string>(key: K, token: TemplateToken | undefined): { readonly [P in K]?: Template } =>
		token === undefined ? {} : ({ [key]: templateOf(token, problems) } as { readonly [P in K]: Template });
	const placed = <K extends string>(key: K): { readonly [P in K]?: PlacedTemplate } => {
		const token = body.find(key);
		const value = templateOf(token, problems);
		if (token === undefined || value === null || value === '') return {};
		return { [key]: { value, ...placeOf(token) } } as { readonly [P in K]: PlacedTemplate };
	};
	const environment = body.find('environment');
	const runDefaults = [body.find('defaults'), defaults].map((token) => findIn(token, 'run'));
	const defaultOf = (key: string): Template =>
		templateOf(
			runDefaults.map((run) => findIn(run, key)).find((token) => token !== undefined),
			problems,
		);
	const parts = {
		id,
		needs,
		...(condition === undefined ? {} : { if: condition }),
		name: read('name'),
		strategy: read('strategy'),
		environment:
			environment instanceof MappingToken ? templateOf(environment.find('name'), problems) : read('environment'),
		...optional('environmentUrl', findIn(environment, 'url')),
		continueOnError: read('continue-on-error'),
		timeoutMinutes: read('timeout-minutes'),
		runsOn: read('runs-on'),
		env: read('env'),
		outputs: read('outputs'),
		defaults: { shell: defaultOf('shell'), workingDirectory: defaultOf('working-directory') },
		...optional('permissions', body.find('permissions')),
		...optional('concurrency', body.find('concurrency')),
		...placed('container'),
		...placed('services'),
		...(call === undefined ? {} : { call }),
		steps,
		line: place.line,
		places: placesOf(body),
	};
	const refused = problems.takeUnsupported();
	return refused.length === 0 ? parts : { ...parts, problems: refused };
}

/** The workflow that a job calls. */
function callOf(body: MappingToken, problems: FileProblems): WorkflowCall | undefined {
	const token = body.find('uses');
	if (token === undefined) return undefined;
	const workflow = calledPath(token.toString());
	if (workflow === undefined) {
		problems.add(placeOf(token), {
			code: 'FB1002',
			what: `\`uses: ${token}\` names no workflow`,
			next: 'write ./.github/workflows/<file>.yml, or <owner>/<repository>/.github/workflows/<file>.yml@<ref>',
		});
		return undefined;
	}
	const secrets = body.find('secrets');
	return {
		workflow,
		with: templateOf(body.find('with'), problems),
		secrets: secrets?.toString() === 'inherit' ? 'inherit' : templateOf(secrets, problems),
	};
}

/** The path of a workflow of the repository, or `owner/name/path@ref`. */
function calledPath(uses: string): string | undefined {
	const reference = usesReference(uses);
	if (reference === undefined || reference.kind === 'image' || usesProblem(uses) !== undefined) return undefined;
	if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(reference.path)) return undefined;
	return reference.kind === 'repository' ? uses : reference.path;
}

const placedKeys = [
	'name',
	'strategy',
	'environment',
	'continue-on-error',
	'timeout-minutes',
	'concurrency',
	'uses',
	'with',
	'secrets',
];

function placesOf(body: MappingToken): { readonly [key: string]: string } {
	const strategy = body.find('strategy');
	const tokens: readonly (readonly [string, TemplateToken | undefined])[] = [
		...placedKeys.map((key) => [key, body.find(key)] as const),
		...['matrix', 'fail-fast', 'max-parallel'].map((key) => [key, findIn(strategy, key)] as const),
	];
	return Object.fromEntries(
		tokens.flatMap(([key, token]) => {
			if (token === undefined) return [];
			const { line, column } = placeOf(token);
			return [[key, `${line}:${column}`] as const];
		}),
	);
}
