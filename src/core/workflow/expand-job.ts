import type { JobDraft, Json, PlannedJob, Template } from '../plan.ts';
import type { Problem, Result } from '../result.ts';
import { evaluateString, evaluateTemplate } from './expression.ts';
import { hangsOnLater } from './known-early.ts';
import { type Combination, expandMatrix } from './matrix.ts';

type Contexts = { readonly [name: string]: Json };

/** Where the jobs of a called workflow stand. */
export interface CallPlace {
	/** Key of the calling job. */
	readonly parent: string;
	/** Name of the calling job, as people read it. */
	readonly name: string;
	/** Path of the called workflow. */
	readonly file: string;
}

/**
 * The jobs that a draft becomes: one for each combination of its matrix. `contexts` holds what is known when this is done.
 * A problem's `where` is `line:column` in the job's file.
 */
export function expandJob(draft: JobDraft, contexts: Contexts, place?: CallPlace): Result<readonly PlannedJob[]> {
	const strategy = strategyOf(draft, contexts);
	if (!strategy.ok) return strategy;
	const { combinations, failFast, maxParallel } = strategy.value;
	const problems: Problem[] = [];
	const keys = new Set<string>();
	const jobs = combinations.map((combination, jobIndex): PlannedJob => {
		const position = {
			failFast,
			...(maxParallel === undefined ? {} : { maxParallel }),
			jobIndex,
			jobTotal: combinations.length,
		};
		const own = {
			...contexts,
			matrix: combination?.values ?? null,
			strategy: {
				'fail-fast': failFast,
				'max-parallel': maxParallel ?? combinations.length,
				'job-index': jobIndex,
				'job-total': combinations.length,
			},
		};
		const values = valuesOf(draft, own);
		problems.push(...values.problems);
		return {
			...partsOf(draft),
			key: inCall(uniqueKey(suffixed(draft.id, combination), keys), place?.parent),
			name: inCall(nameOf(draft, values.name, combination), place?.name),
			...(place === undefined ? {} : { parent: place.parent, file: place.file }),
			...(values.environment === '' ? {} : { environment: values.environment }),
			timeoutMinutes: values.timeoutMinutes,
			continueOnError: values.continueOnError,
			...(combination === undefined ? {} : { matrix: combination.values }),
			strategy: position,
		};
	});
	return problems.length === 0 ? { ok: true, value: jobs } : { ok: false, error: problems };
}

/** A job that stands in the plan for what its draft becomes once the jobs it needs have ended. */
export function deferredJob(draft: JobDraft, place?: CallPlace): PlannedJob {
	const { name } = draft;
	return {
		...partsOf(draft),
		key: inCall(draft.id, place?.parent),
		name: inCall(typeof name === 'string' && name !== '' ? name : draft.id, place?.name),
		...(place === undefined ? {} : { parent: place.parent, file: place.file }),
		continueOnError: draft.continueOnError,
		strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
		deferred: draft,
	};
}

function partsOf(draft: JobDraft) {
	const {
		name: _name,
		strategy: _strategy,
		environment: _environment,
		continueOnError: _may,
		places: _places,
		...parts
	} = draft;
	return parts;
}

interface Strategy {
	/** One `undefined` for a job without a matrix. */
	readonly combinations: readonly (Combination | undefined)[];
	readonly failFast: boolean;
	readonly maxParallel?: number;
}

function strategyOf({ id, strategy: template, places }: JobDraft, contexts: Contexts): Result<Strategy> {
	if (template === null) return { ok: true, value: { combinations: [undefined], failFast: true } };
	const strategy = evaluateTemplate(template, { contexts });
	if (!strategy.ok)
		return { ok: false, error: [told(`The strategy of job '${id}'`, strategy.error, places['strategy'])] };
	const read = (key: string): Json | undefined =>
		typeof strategy.value === 'object' && strategy.value !== null ? (strategy.value as Contexts)[key] : undefined;
	const [failFast = true, maxParallel, matrix] = [read('fail-fast'), read('max-parallel'), read('matrix')];
	const problems: Problem[] = [];
	const refuse = (what: string, next: string, key: string) => {
		const where = places[key] ?? places['strategy'];
		problems.push({ code: 'FB1004', what: `Job '${id}': ${what}`, next, ...(where === undefined ? {} : { where }) });
	};
	if (typeof failFast !== 'boolean') refuse('fail-fast is neither true nor false', 'write true or false', 'fail-fast');
	if (maxParallel !== undefined && !(typeof maxParallel === 'number' && maxParallel >= 0)) {
		refuse('max-parallel is not a number', 'write a number', 'max-parallel');
	}
	const combinations = matrix === undefined ? [undefined] : expandMatrix(matrix);
	if (typeof combinations === 'string') refuse(combinations, 'correct the matrix', 'matrix');
	if (problems.length > 0 || typeof combinations === 'string' || typeof failFast !== 'boolean')
		return { ok: false, error: problems };
	// 0 is as good as nothing.
	const limit = typeof maxParallel === 'number' && maxParallel >= 1 ? { maxParallel: Math.floor(maxParallel) } : {};
	return { ok: true, value: { combinations, failFast, ...limit } };
}

interface Values {
	/** Empty when the job has none. */
	readonly name: string;
	readonly environment: string;
	readonly timeoutMinutes: Template;
	readonly continueOnError: boolean;
	readonly problems: readonly Problem[];
}

/** The parts of one job that a plan shows as values, by the job's own `matrix`. */
function valuesOf(draft: JobDraft, contexts: Contexts): Values {
	const problems: Problem[] = [];
	const { id, places } = draft;
	const text = (what: string, key: 'name' | 'environment'): string => {
		const value = evaluateString(draft[key], { contexts });
		if (value.ok) return value.value;
		problems.push(told(`${what} of job '${id}'`, value.error, places[key]));
		return '';
	};
	const typed = (template: Template, key: string, kind: 'number' | 'boolean'): Json => {
		const value = evaluateTemplate(template, { contexts });
		const what = `${key} of job '${id}'`;
		if (!value.ok) problems.push(told(what, value.error, places[key]));
		if (!value.ok || value.value === null || typeof value.value === kind) return value.ok ? value.value : null;
		const expected = kind === 'number' ? 'a number' : 'true or false';
		problems.push(
			told(what, { code: 'FB1002', what: '', next: `write ${expected}` }, places[key], `is not ${expected}`),
		);
		return null;
	};
	const { timeoutMinutes } = draft;
	return {
		name: text('The name', 'name'),
		environment: text('The environment', 'environment'),
		timeoutMinutes: hangsOnLater(timeoutMinutes, contexts)
			? timeoutMinutes
			: (typed(timeoutMinutes, 'timeout-minutes', 'number') as number | null),
		continueOnError: typed(draft.continueOnError, 'continue-on-error', 'boolean') === true,
		problems,
	};
}

function told(part: string, problem: Problem, where: string | undefined, is?: string): Problem {
	const what = is === undefined ? `${part}: ${problem.what}` : `${part} ${is}`;
	const place = problem.where ?? where;
	return { next: 'correct the expression', ...problem, what, ...(place === undefined ? {} : { where: place }) };
}

/** A name that is an expression says all itself; any other has the matrix values added. */
function nameOf(draft: JobDraft, name: string, combination: Combination | undefined): string {
	if (name === '') return suffixed(draft.id, combination);
	return typeof draft.name === 'object' && draft.name !== null ? cut(name) : suffixed(name, combination);
}

function suffixed(name: string, combination: Combination | undefined): string {
	const shown = combination?.shown ?? [];
	return cut(shown.length === 0 ? name : `${name} (${shown.join(', ')})`);
}

function inCall(name: string, parent: string | undefined): string {
	return parent === undefined ? name : `${parent} / ${name}`;
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
