import {
	Binary,
	ContextAccess,
	type Expr,
	FunctionCall,
	Grouping,
	IndexAccess,
	Logical,
	Unary,
} from '@actions/expressions/ast';
import { type ExpressionData, Kind } from '@actions/expressions/data/index';
import { TokenType } from '@actions/expressions/lexer';
import { truthy } from '@actions/expressions/result';
import { fromData } from './expression-data.ts';
import { childrenOf, nameOf } from './expression-syntax.ts';

/** Values named in one sentence; more are counted. */
const maxFacts = 4;
const maxLength = 80;

/** The sentence that says what an `if` was and which values decided it, from the values that its parts had. */
export function whyItDecided(source: string, root: Expr, seen: ReadonlyMap<Expr, ExpressionData>): string {
	const was = `if was ${shortened(source)}`;
	const result = seen.get(root);
	if (result?.kind === Kind.String && truthy(result) && !isNamed(root)) {
		return `${was}: it gives the text ${JSON.stringify(shortened(result.value))}, and a text that is not empty counts as true`;
	}
	const facts = new Map<string, string>();
	for (const part of decisive(root, seen)) {
		const value = seen.get(part);
		if (value !== undefined) facts.set(nameOf(part), shown(nameOf(part), value));
	}
	if (facts.size === 0) return was;
	const told = [...facts].slice(0, maxFacts).map(([name, value]) => `${name} is ${value}`);
	const rest = facts.size - told.length;
	return `${was}: ${told.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}

/** The named values that the result hangs on: an `&&` that is false hangs on its false part alone. */
function decisive(expression: Expr, seen: ReadonlyMap<Expr, ExpressionData>): readonly Expr[] {
	if (isNamed(expression)) return [expression];
	if (expression instanceof Logical) {
		const evaluated = expression.args.filter((part) => seen.has(part));
		const stopper = evaluated.find((part) => {
			const value = seen.get(part);
			return value !== undefined && truthy(value) === (expression.operator.type === TokenType.OR);
		});
		return (stopper === undefined ? evaluated : [stopper]).flatMap((part) => decisive(part, seen));
	}
	if (
		expression instanceof Unary ||
		expression instanceof Grouping ||
		expression instanceof Binary ||
		expression instanceof FunctionCall ||
		expression instanceof IndexAccess
	) {
		return childrenOf(expression).flatMap((part) => decisive(part, seen));
	}
	return [];
}

function isNamed(expression: Expr): boolean {
	const isValue =
		expression instanceof ContextAccess || expression instanceof IndexAccess || expression instanceof FunctionCall;
	return isValue && nameOf(expression) !== '';
}

function shown(name: string, value: ExpressionData): string {
	if (/^secrets\b/i.test(name)) return truthy(value) ? 'set' : 'empty';
	if (value.kind === Kind.Null) return 'not set';
	if (value.primitive) return value.coerceString() === '' ? 'empty' : shortened(value.coerceString());
	return shortened(JSON.stringify(fromData(value)));
}

function shortened(text: string): string {
	const line = text.replaceAll(/\s+/g, ' ').trim();
	return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}
