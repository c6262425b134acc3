import { MappingToken, SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import type { Json, PlannedJob, Template } from '../plan.ts';
import { earlyParts } from './early-parts.ts';
import type { FileProblems, Place } from './file-problems.ts';
import { idProblem } from './identifier.ts';
import { type Combination, expandMatrix } from './matrix.ts';
import { resolveNeeds } from './needs.ts';
import { evaluateEarly } from './plan-context.ts';
import { stepsOf } from './steps.ts';
import { conditionOf, findIn, placeOf, templateOf } from './token-template.ts';

type Contexts = { readonly [name: string]: Json };

/** A matrix of 256 in each of many jobs would fill the memory; no team has a workflow of this size. */
const maxJobs = 1024;

const unsupported = [
	['uses', 'A reusable workflow (`uses` of a job) is', 'write its jobs into this workflow'],
	['container', '`container` is', 'install what the job needs in a step'],
	['services', '`services` are', 'start the service in a step'],
	['concurrency', '`concurrency` is', 'take it out'],
	['snapshot', '`snapshot` is', 'take it out'],
	['cancel-timeout-minutes', '`cancel-timeout-minutes` is', 'take it out'],
] as const;

/** The jobs of a workflow with every matrix expanded. What is wrong with them goes to `problems`. */
export function jobsOf(
	jobs: TemplateToken | undefined,
	{
		defaults,
		contexts,
		problems,
	}: { readonly defaults: TemplateToken | undefined; readonly contexts: Contexts; readonly problems: FileProblems },
): readonly PlannedJob[] {
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
	const planned: PlannedJob[] = [];
	for (const { key, id, body } of bodies) {
		const wrong = idProblem('job', id);
		if (wrong !== undefined) problems.add(placeOf(key), { code: 'FB1002', what: wrong, next: 'choose another id' });
		const draft = draftOf(id, body, { defaults, problems, place: placeOf(key), needs: needs.get(id) ?? [] });
		if (draft !== undefined) planned.push(...expand(draft, body, contexts, problems));
		if (planned.length <= maxJobs) continue;
		problems.add(placeOf(key), {
			code: 'FB1006',
			what: `The workflow has more than ${maxJobs} jobs`,
			next: 'split the workflow',
		});
		return planned;
	}
	return planned;
}

/** What all jobs of a matrix share. */
type Draft = Omit<
	PlannedJob,
	'key' | 'name' | 'matrix' | 'strategy' | 'environment' | 'timeoutMinutes' | 'continueOnError'
>;

interface Surroundings {
	readonly defaults: TemplateToken | undefined;
	readonly problems: FileProblems;
	readonly place: Place;
	readonly needs: readonly string[];
}

function draftOf(
	id: string,
	body: MappingToken,
	{ defaults, problems, place, needs }: Surroundings,
): Draft | undefined {
	let isSupported = true;
	for (const [key, what, next] of unsupported) {
		const token = body.find(key);
		if (token === undefined) continue;
		problems.unsupported(placeOf(token), what, next);
		isSupported &&= key !== 'uses';
	}
	if (!isSupported) return undefined;
	const stepsToken = body.find('steps');
	if (!(stepsToken instanceof SequenceToken) || stepsToken.count === 0) {
		problems.add(place, { code: 'FB1002', what: `Job '${id}' has no steps`, next: 'add `steps`' });
	}
	const condition = conditionOf(body.find('if'), problems);
	const runDefaults = [body.find('defaults'), defaults].map((token) => findIn(token, 'run'));
	const defaultOf = (key: string): Template =>
		templateOf(
			runDefaults.map((run) => findIn(run, key)).find((token) => token !== undefined),
			problems,
		);
	return {
		id,
		needs,
		...(condition === undefined ? {} : { if: condition }),
		runsOn: templateOf(body.find('runs-on'), problems),
		env: templateOf(body.find('env'), problems),
		outputs: templateOf(body.find('outputs'), problems),
		defaults: { shell: defaultOf('shell'), workingDirectory: defaultOf('working-directory') },
		steps: stepsOf(stepsToken, problems),
		line: place.line,
	};
}

function expand(draft: Draft, body: MappingToken, contexts: Contexts, problems: FileProblems): readonly PlannedJob[] {
	const strategy = strategyOf(draft.id, body.find('strategy'), contexts, problems);
	if (strategy === undefined) return [];
	const { combinations, failFast, maxParallel } = strategy;
	const keys = new Set<string>();
	return combinations.map((combination, jobIndex) => {
		const position = {
			failFast,
			...(maxParallel === undefined ? {} : { maxParallel }),
			jobIndex,
			jobTotal: combinations.length,
		};
		const own: Contexts = {
			...contexts,
			matrix: combination?.values ?? null,
			strategy: {
				'fail-fast': failFast,
				'max-parallel': maxParallel ?? combinations.length,
				'job-index': jobIndex,
				'job-total': combinations.length,
			},
		};
		const parts = earlyParts(draft.id, body, own, problems);
		return {
			...draft,
			key: uniqueKey(suffixed(draft.id, combination), keys),
			name: nameOf(draft.id, body, parts.name, combination),
			...(parts.environment === undefined ? {} : { environment: parts.environment }),
			timeoutMinutes: parts.timeoutMinutes,
			continueOnError: parts.continueOnError,
			...(combination === undefined ? {} : { matrix: combination.values }),
			strategy: position,
		};
	});
}

interface Strategy {
	/** One `undefined` for a job without a matrix. */
	readonly combinations: readonly (Combination | undefined)[];
	readonly failFast: boolean;
	readonly maxParallel?: number;
}

function strategyOf(
	id: string,
	token: TemplateToken | undefined,
	contexts: Contexts,
	problems: FileProblems,
): Strategy | undefined {
	if (token === undefined) return { combinations: [undefined], failFast: true };
	const what = `The strategy of job '${id}'`;
	const strategy = evaluateEarly(templateOf(token, problems), contexts, { what, place: placeOf(token), problems });
	if (strategy === undefined) return undefined;
	const read = (key: string): Json | undefined =>
		typeof strategy === 'object' && strategy !== null ? (strategy as { readonly [key: string]: Json })[key] : undefined;
	const [failFast = true, maxParallel, matrix] = [read('fail-fast'), read('max-parallel'), read('matrix')];
	const refuse = (what: string, next: string, key: string) =>
		problems.add(placeOf(findIn(token, key) ?? token), { code: 'FB1004', what: `Job '${id}': ${what}`, next });
	if (typeof failFast !== 'boolean') refuse('fail-fast is neither true nor false', 'write true or false', 'fail-fast');
	if (maxParallel !== undefined && !(typeof maxParallel === 'number' && maxParallel >= 1)) {
		refuse('max-parallel is not a number of at least 1', 'write a number', 'max-parallel');
	}
	const combinations = matrix === undefined ? [undefined] : expandMatrix(matrix);
	if (typeof combinations === 'string') refuse(combinations, 'correct the matrix', 'matrix');
	if (typeof combinations === 'string' || typeof failFast !== 'boolean') return undefined;
	return {
		combinations,
		failFast,
		...(typeof maxParallel === 'number' ? { maxParallel: Math.floor(maxParallel) } : {}),
	};
}

/** A name that is an expression says all itself; any other has the matrix values added. */
function nameOf(id: string, body: MappingToken, name: string, combination: Combination | undefined): string {
	if (name === '') return suffixed(id, combination);
	return body.find('name')?.isExpression === true ? cut(name) : suffixed(name, combination);
}

function suffixed(name: string, combination: Combination | undefined): string {
	const shown = combination?.shown ?? [];
	return cut(shown.length === 0 ? name : `${name} (${shown.join(', ')})`);
}

function cut(name: string): string {
	return name.length > 100 ? `${name.slice(0, 97)}...` : name;
}

function uniqueKey(key: string, taken: Set<string>): string {
	let unique = key;
	for (let count = 2; taken.has(unique); count += 1) unique = `${key} ${count}`;
	taken.add(unique);
	return unique;
}
