import { Binary, type Expr, FunctionCall, Grouping, Literal, Logical, Unary } from '@actions/expressions/ast';
import { Kind } from '@actions/expressions/data/index';
import { pathOf } from './value-path.ts';

type Known = string | number | boolean | null;

/** What is known of the events that start a workflow; absent: nothing. */
export interface Facts {
	readonly events?: readonly string[];
}

/** The value that an expression has in every run, or undefined when it hangs on the run. */
export function constantOf(expression: Expr, facts: Facts = {}): Known | undefined {
	if (expression instanceof Grouping) return constantOf(expression.group, facts);
	if (expression instanceof Literal) return literalOf(expression);
	if (expression instanceof Unary) {
		const value = constantOf(expression.expr, facts);
		return value === undefined ? undefined : !isTrue(value);
	}
	if (expression instanceof Logical) return logicalOf(expression, facts);
	if (expression instanceof Binary) return equalityOf(expression, facts);
	if (expression instanceof FunctionCall && expression.functionName.lexeme.toLowerCase() === 'always') return true;
	return isEventName(expression) && facts.events?.length === 1 ? facts.events[0] : undefined;
}

/** As GitHub counts: empty text, 0, null and false are false. */
export function isTrue(value: Known): boolean {
	return value !== '' && value !== 0 && value !== null && value !== false;
}

function literalOf({ literal }: Literal): Known | undefined {
	switch (literal.kind) {
		case Kind.String:
		case Kind.Number:
		case Kind.Boolean:
			return literal.value;
		case Kind.Null:
			return null;
		default:
			return undefined;
	}
}

/** `a && b` is false as soon as one of them is, whatever the others are; `||` the other way round. */
function logicalOf({ operator, args }: Logical, facts: Facts): Known | undefined {
	const isAnd = operator.lexeme === '&&';
	const values = args.map((arg) => constantOf(arg, facts));
	const deciding = values.find((value) => value !== undefined && isTrue(value) !== isAnd);
	if (deciding !== undefined) return values.indexOf(deciding) === 0 || isAnd ? deciding : isTrue(deciding);
	return values.includes(undefined) ? undefined : values.at(-1);
}

function equalityOf({ left, operator, right }: Binary, facts: Facts): Known | undefined {
	if (operator.lexeme !== '==' && operator.lexeme !== '!=') return undefined;
	const [a, b] = [constantOf(left, facts), constantOf(right, facts)];
	const isEqual = a === undefined || b === undefined ? eventEquality([left, right], [a, b], facts) : equal(a, b);
	return isEqual === undefined ? undefined : isEqual === (operator.lexeme === '==');
}

/** `github.event_name == 'release'` is false in a workflow that no release starts. */
function eventEquality(
	[left, right]: readonly [Expr, Expr],
	[a, b]: readonly [Known | undefined, Known | undefined],
	{ events }: Facts,
): boolean | undefined {
	const name = isEventName(left) ? b : isEventName(right) ? a : undefined;
	if (typeof name !== 'string' || events === undefined) return undefined;
	return events.includes(name.toLowerCase()) ? undefined : false;
}

function isEventName(expression: Expr): boolean {
	return pathOf(expression)?.join('.') === 'github.event_name';
}

/** Texts are compared without regard to case; values of different types only where nothing needs to be converted. */
function equal(a: Known, b: Known): boolean | undefined {
	if (typeof a === 'string' && typeof b === 'string') return a.toLowerCase() === b.toLowerCase();
	return typeof a === typeof b ? a === b : undefined;
}
