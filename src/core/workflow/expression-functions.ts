import { BooleanData, type ExpressionData, Kind, StringData } from '@actions/expressions/data/index';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import type { Json } from '../plan.ts';
import { toData } from './expression-data.ts';

/** What the functions of one evaluation may look at besides their arguments. */
export interface FunctionScope {
	readonly status?: { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean };
	readonly hashFiles?: (patterns: readonly string[]) => string;
}

/** Bytes of text that one evaluation may build. GitHub's runner stops at about 1 MiB, its service at 10. */
const memoryLimit = 10 * 1024 * 1024;

/** Says that an expression built more than it may. */
class MemoryLimitError extends Error {
	constructor() {
		super('expression exceeds memory limit: it builds more than 10 MiB of text');
	}
}

/**
 * The functions that stand in for the package's own: those that build text count it against a limit before they build,
 * and names like `constructor` survive JSON. Keys are lower case, as the evaluator asks for them.
 */
export function functionsFor(scope: FunctionScope): Map<string, FunctionDefinition> {
	const budget = new Budget();
	const functions: FunctionDefinition[] = [
		{ name: 'format', minArgs: 1, maxArgs: 255, call: (template, ...values) => text(format(template, values, budget)) },
		{ name: 'join', minArgs: 1, maxArgs: 2, call: (items, separator) => text(join(items, separator, budget)) },
		{ name: 'toJSON', minArgs: 1, maxArgs: 1, call: (value) => text(toJson(value, budget)) },
		{ name: 'fromJSON', minArgs: 1, maxArgs: 1, call: (value) => fromJson(value, budget) },
		...statusFunctions(scope.status),
	];
	const { hashFiles } = scope;
	if (hashFiles !== undefined) {
		const call = (...patterns: ExpressionData[]) => text(hashFiles(patterns.map((pattern) => pattern.coerceString())));
		functions.push({ name: 'hashFiles', minArgs: 1, maxArgs: 255, call });
	}
	return new Map(functions.map((definition) => [definition.name.toLowerCase(), definition]));
}

/** Names of the functions whose presence in an `if` replaces the implied `success()`. */
export const statusFunctionNames: ReadonlySet<string> = new Set(['success', 'failure', 'cancelled', 'always']);

class Budget {
	#left = memoryLimit;

	/** Takes the bytes of this many UTF-16 code units. */
	take(length: number): void {
		this.#left -= length * 2;
		if (this.#left < 0) throw new MemoryLimitError();
	}
}

function statusFunctions(status: FunctionScope['status']): FunctionDefinition[] {
	if (status === undefined) return [];
	const constant = (name: string, value: boolean) => ({
		name,
		minArgs: 0,
		maxArgs: 0,
		call: () => new BooleanData(value),
	});
	return [
		constant('success', status.success),
		constant('failure', status.failure),
		constant('cancelled', status.cancelled),
		constant('always', true),
	];
}

function format(template: ExpressionData | undefined, values: readonly ExpressionData[], budget: Budget): string {
	const source = template?.coerceString() ?? '';
	budget.take(source.length);
	return source.replace(/\{\{|\}\}|\{(\d+)\}|[{}]/g, (found, index: string | undefined) => {
		if (found === '{{' || found === '}}') return found.charAt(0);
		if (index === undefined) throw new Error(`The following format string is invalid: ${excerpt(source)}`);
		const value = values[Number(index)]?.coerceString();
		if (value === undefined) {
			throw new Error(`The following format string references more arguments than were supplied: ${excerpt(source)}`);
		}
		budget.take(value.length);
		return value;
	});
}

function join(items: ExpressionData | undefined, separator: ExpressionData | undefined, budget: Budget): string {
	if (items === undefined) return '';
	if (items.primitive) return items.coerceString();
	if (items.kind !== Kind.Array) return '';
	const between = separator?.primitive ? separator.coerceString() : ',';
	const parts = items.values().map((item) => {
		const part = item.coerceString();
		budget.take(part.length + between.length);
		return part;
	});
	return parts.join(between);
}

function toJson(value: ExpressionData | undefined, budget: Budget): string {
	const pieces: string[] = [];
	const put = (piece: string) => {
		budget.take(piece.length);
		pieces.push(piece);
	};
	const write = (data: ExpressionData, indent: string) => {
		switch (data.kind) {
			case Kind.Null:
				return put('null');
			case Kind.String:
				return put(JSON.stringify(data.value));
			case Kind.Boolean:
			case Kind.Number:
				return put(data.coerceString());
			default:
				return writeCollection(data, indent);
		}
	};
	const writeCollection = (
		data: Extract<ExpressionData, { primitive: boolean; values(): unknown }>,
		indent: string,
	) => {
		const [open, close] = data.kind === Kind.Array ? '[]' : '{}';
		const pairs: { key?: string; value: ExpressionData }[] =
			data.kind === Kind.Array ? data.values().map((item) => ({ value: item })) : data.pairs();
		if (pairs.length === 0) return put(`${open}${close}`);
		pairs.forEach((pair, index) => {
			put(`${index === 0 ? open : ','}\n${indent}  ${pair.key === undefined ? '' : `${JSON.stringify(pair.key)}: `}`);
			write(pair.value, `${indent}  `);
		});
		return put(`\n${indent}${close}`);
	};
	if (value !== undefined) write(value, '');
	return pieces.join('');
}

function fromJson(value: ExpressionData | undefined, budget: Budget): ExpressionData {
	const source = value?.coerceString() ?? '';
	budget.take(source.length);
	if (source.trim() === '') throw new Error('fromJSON was given an empty text');
	let parsed: Json;
	try {
		parsed = JSON.parse(source);
	} catch (error) {
		throw new Error(`fromJSON was given a text that is not JSON: ${error instanceof Error ? error.message : error}`);
	}
	return toData(parsed);
}

function text(value: string): StringData {
	return new StringData(value);
}

function excerpt(source: string): string {
	return source.length > 80 ? `${source.slice(0, 79)}…` : source;
}
