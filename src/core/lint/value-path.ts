import { ContextAccess, type Expr, Grouping, IndexAccess, Literal } from '@actions/expressions/ast';
import { Kind } from '@actions/expressions/data/index';
import { childrenOf } from '../workflow/expression-syntax.ts';

/** What an expression reads, as lower-case segments: `github.event['Title']` is `github`, `event`, `title`; `*` where the index is not a text. */
export type ValuePath = readonly string[];

/** The path that an expression is, when it is one. */
export function pathOf(expression: Expr): ValuePath | undefined {
	if (expression instanceof Grouping) return pathOf(expression.group);
	if (expression instanceof ContextAccess) return [expression.name.lexeme.toLowerCase()];
	if (!(expression instanceof IndexAccess)) return undefined;
	const owner = pathOf(expression.expr);
	if (owner === undefined) return undefined;
	const { index } = expression;
	const isName = index instanceof Literal && index.literal.kind === Kind.String;
	return [...owner, isName ? index.literal.coerceString().toLowerCase() : '*'];
}

/** Every path that an expression reads, each as long as it goes. */
export function pathsIn(expression: Expr): readonly ValuePath[] {
	const path = pathOf(expression);
	if (path === undefined) return childrenOf(expression).flatMap(pathsIn);
	return [path, ...indexesOf(expression).flatMap(pathsIn)];
}

/** The computed indexes of a path: `x` and `y` of `a[x].b[y]`. */
function indexesOf(expression: Expr): readonly Expr[] {
	if (expression instanceof Grouping) return indexesOf(expression.group);
	if (!(expression instanceof IndexAccess)) return [];
	const own = expression.index instanceof Literal ? [] : [expression.index];
	return [...indexesOf(expression.expr), ...own];
}
