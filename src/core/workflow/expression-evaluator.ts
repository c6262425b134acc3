import type { ContextAccess, Expr, FunctionCall, Literal } from '@actions/expressions/ast';
import { Dictionary, type ExpressionData, Kind } from '@actions/expressions/data/index';
import { Evaluator } from '@actions/expressions/evaluator';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import type { Json } from '../plan.ts';
import { DecimalData, toData } from './expression-data.ts';

/** Evaluates one parsed expression once and remembers what each part of it was. */
export class RecordingEvaluator extends Evaluator {
	/** Parts that were evaluated; what `&&`, `||` and `case()` passed over is absent. */
	readonly seen = new Map<Expr, ExpressionData>();
	readonly #root: Expr;
	readonly #contexts: { readonly [name: string]: Json };
	readonly #opened = new Map<string, ExpressionData>();

	constructor(root: Expr, contexts: { readonly [name: string]: Json }, functions: Map<string, FunctionDefinition>) {
		super(root, new Dictionary(), functions);
		this.#root = root;
		this.#contexts = contexts;
	}

	override evaluate(): ExpressionData {
		return this.eval(this.#root);
	}

	protected override eval(expression: Expr): ExpressionData {
		const value = super.eval(expression);
		this.seen.set(expression, value);
		return value;
	}

	override visitLiteral({ literal }: Literal): ExpressionData {
		return literal.kind === Kind.Number ? new DecimalData(literal.value) : literal;
	}

	override visitContextAccess(access: ContextAccess): ExpressionData {
		const name = access.name.lexeme.toLowerCase();
		const opened = this.#opened.get(name) ?? this.#open(name);
		this.#opened.set(name, opened);
		return opened;
	}

	#open(name: string): ExpressionData {
		const key = Object.keys(this.#contexts).find((candidate) => candidate.toLowerCase() === name);
		const value = key === undefined ? null : this.#contexts[key];
		return toData(value, name === 'env' ? 'kept' : 'ignored');
	}

	/** `case()` must not evaluate the branches that it does not take. */
	override visitFunctionCall(call: FunctionCall): ExpressionData {
		if (call.functionName.lexeme.toLowerCase() !== 'case') return super.visitFunctionCall(call);
		const { args } = call;
		for (let index = 0; index + 1 < args.length; index += 2) {
			const [predicate, result] = [args[index], args[index + 1]];
			if (predicate === undefined || result === undefined) break;
			const decided = this.eval(predicate);
			if (decided.kind !== Kind.Boolean) throw new Error('case() was given a predicate that is neither true nor false');
			if (decided.value) return this.eval(result);
		}
		const otherwise = args.at(-1);
		if (otherwise === undefined) throw new Error('case() needs a default');
		return this.eval(otherwise);
	}
}
