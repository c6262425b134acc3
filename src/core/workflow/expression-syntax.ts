import {
	Binary,
	ContextAccess,
	type Expr,
	FunctionCall,
	Grouping,
	IndexAccess,
	Literal,
	Logical,
	Star,
	Unary,
} from '@actions/expressions/ast';
import { Kind } from '@actions/expressions/data/index';
import type { FunctionInfo } from '@actions/expressions/funcs/info';
import { Lexer, TokenType } from '@actions/expressions/lexer';
import { Parser } from '@actions/expressions/parser';
import { statusFunctionNames } from './expression-functions.ts';

/** Parsed expressions that are kept; the oldest is forgotten first. */
const cacheSize = 1000;
const cache = new Map<string, Expr>();

/** The names that an expression may use. */
export interface Vocabulary {
	readonly contexts: readonly string[];
	readonly functions: readonly FunctionInfo[];
}

/** Parses the inside of `${{ }}`. Throws an Error whose message says what is wrong with it. */
export function parseExpression(source: string, { contexts, functions }: Vocabulary): Expr {
	const key = `${contexts.join()}\n${functions.map(({ name }) => name).join()}\n${source}`;
	const known = cache.get(key);
	if (known !== undefined) return known;
	const tokens = new Lexer(source).lex().tokens.map((token) =>
		// The lexer undoes only the first '' of a text.
		token.type === TokenType.STRING ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") } : token,
	);
	const parsed: Expr | undefined = new Parser(tokens, [...contexts], [...functions]).parse();
	if (parsed === undefined) throw new Error('the expression is empty');
	if (isDeeperThan(parsed, deepest)) throw new Error('it is nested too deeply');
	const oldest = cache.keys().next();
	if (cache.size >= cacheSize && !oldest.done) cache.delete(oldest.value);
	cache.set(key, parsed);
	return parsed;
}

/** Levels of an expression: whoever walks through one goes this deep. */
const deepest = 500;

function isDeeperThan(expression: Expr, limit: number): boolean {
	let level: readonly Expr[] = [expression];
	for (let depth = 0; level.length > 0; depth += 1) {
		if (depth > limit) return true;
		level = level.flatMap(childrenOf);
	}
	return false;
}

/** Whether the expression calls success(), failure(), cancelled() or always() anywhere. */
export function callsStatusFunction(expression: Expr): boolean {
	return [...statusFunctionNames].some((name) => callsFunction(expression, name));
}

/** Whether the expression calls a function, named in lower case, anywhere. */
function callsFunction(expression: Expr, name: string): boolean {
	const isIt = expression instanceof FunctionCall && expression.functionName.lexeme.toLowerCase() === name;
	return isIt || childrenOf(expression).some((child) => callsFunction(child, name));
}

/** Properties that the expression reads of a context by name, in lower case: `ref` of `github.ref`. */
export function propertiesRead(expression: Expr, context: string): ReadonlySet<string> {
	const inner = childrenOf(expression).flatMap((child) => [...propertiesRead(child, context)]);
	if (!(expression instanceof IndexAccess) || !(expression.expr instanceof ContextAccess)) return new Set(inner);
	const isOfContext = expression.expr.name.lexeme.toLowerCase() === context;
	const { index } = expression;
	if (!isOfContext || !(index instanceof Literal) || index.literal.kind !== Kind.String) return new Set(inner);
	return new Set([...inner, index.literal.value.toLowerCase()]);
}

/** Names of the contexts that the expression reads, in lower case. */
export function contextsOf(expression: Expr): ReadonlySet<string> {
	if (expression instanceof ContextAccess) return new Set([expression.name.lexeme.toLowerCase()]);
	return new Set(childrenOf(expression).flatMap((child) => [...contextsOf(child)]));
}

/** The expressions that an expression is made of. */
export function childrenOf(expression: Expr): readonly Expr[] {
	if (expression instanceof Binary) return [expression.left, expression.right];
	if (expression instanceof Logical || expression instanceof FunctionCall) return expression.args;
	if (expression instanceof Unary) return [expression.expr];
	if (expression instanceof Grouping) return [expression.group];
	if (expression instanceof IndexAccess) return [expression.expr, expression.index];
	return [];
}

/** How a value is named in a workflow: `github.ref`, `matrix['node-version']`, `failure()`. Empty for what has no name of its own. */
export function nameOf(expression: Expr): string {
	if (expression instanceof ContextAccess) return expression.name.lexeme;
	if (expression instanceof FunctionCall && expression.args.length === 0) return `${expression.functionName.lexeme}()`;
	if (!(expression instanceof IndexAccess)) return '';
	const owner = nameOf(expression.expr);
	if (owner === '') return '';
	if (expression.index instanceof Star) return `${owner}.*`;
	if (!(expression.index instanceof Literal)) return `${owner}[${nameOf(expression.index) || '…'}]`;
	const { literal } = expression.index;
	if (literal.kind !== Kind.String) return `${owner}[${literal.coerceString()}]`;
	return /^[A-Za-z_][\w-]*$/.test(literal.value) ? `${owner}.${literal.value}` : `${owner}['${literal.value}']`;
}
