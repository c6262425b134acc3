import {
	Array as ArrayData,
	BooleanData,
	Dictionary,
	type ExpressionData,
	Kind,
	Null,
	NumberData,
	StringData,
} from '@actions/expressions/data/index';
import type { Json } from '../plan.ts';
import { decimal } from './decimal.ts';

/** Nesting of values that an expression may build or return; what is deeper is refused before it exhausts the stack. */
const maxDepth = 100;

/** Wraps a plain value for the evaluator. Objects and lists are converted only where an expression touches them. */
export function toData(value: Json | undefined, nameCase: 'ignored' | 'kept' = 'ignored'): ExpressionData {
	if (value === null || value === undefined) return new Null();
	if (typeof value === 'string') return new StringData(value);
	if (typeof value === 'number') return new DecimalData(value);
	if (typeof value === 'boolean') return new BooleanData(value);
	if (isList(value)) return new ListData(value);
	return new NamesData(value, nameCase);
}

/** Unwraps what the evaluator gave. Throws a RangeError for a value nested deeper than 100. */
export function fromData(data: ExpressionData, depth = 0): Json {
	if (depth > maxDepth) throw new RangeError(`a value is nested deeper than ${maxDepth}`);
	switch (data.kind) {
		case Kind.Null:
			return null;
		case Kind.String:
		case Kind.Boolean:
		case Kind.Number:
			return data.value;
		case Kind.Array:
			return data.values().map((item) => fromData(item, depth + 1));
		default:
			// fromEntries defines properties, so that a key `__proto__` is data.
			return Object.fromEntries(data.pairs().map(({ key, value }) => [key, fromData(value, depth + 1)]));
	}
}

/** A number that turns into text as GitHub's runner does it (15 significant digits). */
export class DecimalData extends NumberData {
	override coerceString(): string {
		return decimal(this.value);
	}
}

class ListData extends ArrayData {
	readonly #source: readonly Json[];
	#items: ExpressionData[] | undefined;

	constructor(source: readonly Json[]) {
		super();
		this.#source = source;
	}

	override values(): ExpressionData[] {
		this.#items ??= this.#source.map((item) => toData(item));
		return this.#items;
	}

	override get(index: number): ExpressionData {
		return this.values()[index] ?? new Null();
	}
}

/**
 * A mapping by name. The package's own one drops keys that differ by case, and `constructor` and `__proto__` with them;
 * here the first of two wins where case is ignored, and `env` keeps both.
 */
class NamesData extends Dictionary {
	readonly #source: { readonly [key: string]: Json };
	readonly #nameCase: 'ignored' | 'kept';
	#entries: Map<string, { readonly key: string; value?: ExpressionData }> | undefined;

	constructor(source: { readonly [key: string]: Json }, nameCase: 'ignored' | 'kept') {
		super();
		this.#source = source;
		this.#nameCase = nameCase;
	}

	override get(key: string): ExpressionData | undefined {
		const entry = this.#index().get(this.#fold(key));
		return entry === undefined ? undefined : this.#valueOf(entry);
	}

	override pairs(): { key: string; value: ExpressionData }[] {
		return [...this.#index().values()].map((entry) => ({ key: entry.key, value: this.#valueOf(entry) }));
	}

	override values(): ExpressionData[] {
		return this.pairs().map(({ value }) => value);
	}

	#valueOf(entry: { readonly key: string; value?: ExpressionData }): ExpressionData {
		entry.value ??= toData(this.#source[entry.key]);
		return entry.value;
	}

	#index() {
		if (this.#entries === undefined) {
			this.#entries = new Map();
			for (const key of Object.keys(this.#source)) {
				const folded = this.#fold(key);
				if (!this.#entries.has(folded)) this.#entries.set(folded, { key });
			}
		}
		return this.#entries;
	}

	#fold(key: string): string {
		return this.#nameCase === 'kept' ? key : key.toLowerCase();
	}
}

function isList(value: Json): value is readonly Json[] {
	return Array.isArray(value);
}
