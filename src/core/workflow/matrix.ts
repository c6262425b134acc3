import { equals } from '@actions/expressions/result';
import type { Json } from '../plan.ts';
import { decimal } from './decimal.ts';
import { toData } from './expression-data.ts';

/** One job of a matrix: its `matrix` context, and the values that its name shows. */
export interface Combination {
	readonly values: { readonly [key: string]: Json };
	readonly shown: readonly string[];
}

type Values = { readonly [key: string]: Json };
type Vector = readonly [name: string, values: readonly Json[]];

/** GitHub's limit of jobs for one matrix. */
const maxJobs = 256;
/** Combinations that are looked at before `exclude` takes some out. */
const maxProduct = 4096;

/**
 * The combinations of an evaluated `matrix` in GitHub's order: the product of its lists less `exclude`, each extended by the
 * `include` items that fit it, then the items that fit none. A text instead says why there are none.
 */
export function expandMatrix(matrix: Json): readonly Combination[] | string {
	if (!isMapping(matrix)) return 'the matrix is not a mapping';
	const include = filtersOf(matrix, 'include');
	const exclude = filtersOf(matrix, 'exclude');
	const vectors = vectorsOf(matrix);
	for (const part of [include, exclude, vectors]) if (typeof part === 'string') return part;
	if (typeof include === 'string' || typeof exclude === 'string' || typeof vectors === 'string') return '';
	const names = new Set(vectors.map(([name]) => name.toLowerCase()));
	const unknown = exclude.flatMap(Object.keys).find((key) => !names.has(key.toLowerCase()));
	if (unknown !== undefined) return `exclude has the key '${unknown}', which the matrix does not have`;
	if ([...include, ...exclude].some((filter) => Object.keys(filter).length === 0))
		return 'include or exclude has an empty item';
	const size = vectors.reduce((count, [, values]) => count * values.length, 1);
	if (size > maxProduct) return tooMany(size);
	const kept = productOf(vectors).filter((values) => !exclude.some((filter) => fits(values, filter)));
	const combinations = extend(kept, include, names);
	if (combinations.length > maxJobs) return tooMany(combinations.length);
	return combinations.length === 0 ? 'the matrix has no combination' : combinations;
}

function filtersOf(matrix: Values, name: 'include' | 'exclude'): readonly Values[] | string {
	const filters = matrix[name] ?? [];
	if (!isList(filters)) return `${name} is not a sequence`;
	const mappings = filters.filter(isMapping);
	return mappings.length === filters.length ? mappings : `${name} has an item that is not a mapping`;
}

function vectorsOf(matrix: Values): readonly Vector[] | string {
	const vectors: Vector[] = [];
	for (const [name, values] of Object.entries(matrix)) {
		if (name === 'include' || name === 'exclude') continue;
		if (!isList(values)) return `matrix.${name} is not a sequence`;
		if (values.length === 0) return `matrix.${name} has no value`;
		vectors.push([name, values]);
	}
	return vectors;
}

function productOf(vectors: readonly Vector[]): readonly Values[] {
	if (vectors.length === 0) return [];
	return vectors.reduce<readonly Values[]>(
		(combinations, [name, values]) =>
			combinations.flatMap((combination) => values.map((value) => withEntries(combination, [[name, value]]))),
		[{}],
	);
}

function extend(
	kept: readonly Values[],
	include: readonly Values[],
	names: ReadonlySet<string>,
): readonly Combination[] {
	const items = include.map((item) => {
		const entries = Object.entries(item);
		const isFilter = ([key]: readonly [string, Json]) => names.has(key.toLowerCase());
		return {
			item,
			filter: Object.fromEntries(entries.filter(isFilter)),
			extra: entries.filter((entry) => !isFilter(entry)),
		};
	});
	const used = new Set<Values>();
	const extended = kept.map((values): Combination => {
		const fitting = items.filter(({ filter }) => fits(values, filter));
		for (const { item } of fitting) used.add(item);
		return {
			values: withEntries(
				values,
				fitting.flatMap(({ extra }) => extra),
			),
			shown: leavesOf(values),
		};
	});
	const own = items.filter(({ item }) => !used.has(item));
	return [...extended, ...own.map(({ item }) => ({ values: item, shown: leavesOf(item) }))];
}

/** Whether every leaf of a filter equals, by the rules of expressions, what stands at its place. */
function fits(value: Json | undefined, filter: Json): boolean {
	if (isMapping(filter)) return Object.entries(filter).every(([key, inner]) => fits(propertyOf(value, key), inner));
	if (isList(filter)) return filter.every((inner, index) => fits(isList(value) ? value[index] : undefined, inner));
	return equals(toData(value), toData(filter));
}

function propertyOf(value: Json | undefined, key: string): Json | undefined {
	if (!isMapping(value)) return undefined;
	const own = Object.keys(value).find((candidate) => candidate.toLowerCase() === key.toLowerCase());
	return own === undefined ? undefined : value[own];
}

function leavesOf(value: Json): readonly string[] {
	if (value === null || value === '') return [];
	if (typeof value === 'number') return [decimal(value)];
	return typeof value === 'object' ? Object.values(value).flatMap(leavesOf) : [String(value)];
}

function withEntries(values: Values, entries: readonly (readonly [string, Json])[]): Values {
	// fromEntries defines properties, so that a key `__proto__` is data.
	return Object.fromEntries([...Object.entries(values), ...entries]);
}

function tooMany(jobs: number): string {
	return `the matrix has ${jobs.toLocaleString('en', { maximumFractionDigits: 0 })} jobs; at most ${maxJobs} are allowed`;
}

function isList(value: Json | undefined): value is readonly Json[] {
	return Array.isArray(value);
}

function isMapping(value: Json | undefined): value is Values {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
