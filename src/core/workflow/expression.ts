import type { Expr } from '@actions/expressions/ast';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { truthy } from '@actions/expressions/result';
import type { Json, Template } from '../plan.ts';
import { ok, type Problem, type Result } from '../result.ts';
import { whyItDecided } from './condition-why.ts';
import { decimal } from './decimal.ts';
import { fromData } from './expression-data.ts';
import { RecordingEvaluator } from './expression-evaluator.ts';
import { type FunctionScope, functionsFor } from './expression-functions.ts';
import { callsStatusFunction, parseExpression } from './expression-syntax.ts';

/** What an expression may read: contexts by name, and the functions that depend on where it stands. */
export interface Scope extends FunctionScope {
	readonly contexts: { readonly [name: string]: Json };
	/** Gives success(), failure(), cancelled() and always(); absent: they are refused. */
	readonly status?: { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean };
	/** Absent: hashFiles() is refused. */
	readonly hashFiles?: (patterns: readonly string[]) => string;
}

type OneResult<T> = Result<T, Problem>;

/** The value of what stands inside `${{ }}`. Problems: FB1010 it cannot be read, FB1011 it cannot be evaluated. */
export function evaluate(expression: string, scope: Scope): OneResult<Json> {
	return attempt(expression, scope, (parsed, functions) =>
		fromData(new RecordingEvaluator(parsed, scope.contexts, functions).evaluate()),
	);
}

/**
 * The value of a template with its type kept: mappings become objects, `${{ insert }}` merges one in, and an expression that is
 * an item of a sequence and gives a list is spliced. A problem's `where` is `line:column` in the template's file.
 */
export function evaluateTemplate(template: Template, scope: Scope): OneResult<Json> {
	if (template === null || typeof template !== 'object') return ok(template);
	if ('expression' in template) return located(template, evaluate(template.expression, scope));
	if ('sequence' in template) return evaluateSequence(template.sequence, scope);
	return evaluateMapping(template.mapping, scope);
}

/** The value of a template as text, as `run`, `env` and `with` want it: null is empty, an object or a list is a problem. */
export function evaluateString(template: Template, scope: Scope): OneResult<string> {
	const value = evaluateTemplate(template, scope);
	if (!value.ok) return value;
	const text = textOf(value.value);
	if (text !== undefined) return ok(text);
	const kind = Array.isArray(value.value) ? 'a sequence' : 'a mapping';
	const problem = {
		code: 'FB1011',
		what: `Text was expected, and the value is ${kind}`,
		next: 'use toJSON( ) to turn it into text',
	};
	return located(template, { ok: false, error: problem });
}

/**
 * Whether an `if` holds, and the sentence that says which values decided. Without a source, or when it calls no status function,
 * success() is required too. `why` can hold values of `env`: mask it before it is kept.
 */
export function evaluateCondition(
	source: string | undefined,
	scope: Scope,
): OneResult<{ readonly value: boolean; readonly why: string }> {
	const written = source?.trim() ?? '';
	const status = scope.status ?? { success: true, failure: false, cancelled: false };
	if (written === '') return ok({ value: status.success, why: whySuccess(status) });
	return attempt(written, { ...scope, status }, (parsed, functions) => {
		const isImplied = !callsStatusFunction(parsed);
		if (isImplied && !status.success) return { value: false, why: whySuccess(status) };
		const evaluator = new RecordingEvaluator(parsed, scope.contexts, functions);
		const value = truthy(evaluator.evaluate());
		return { value, why: whyItDecided(written, parsed, evaluator.seen) };
	});
}

function attempt<T>(
	expression: string,
	scope: Scope,
	evaluation: (parsed: Expr, functions: Map<string, FunctionDefinition>) => T,
): OneResult<T> {
	const functions = functionsFor(scope);
	let parsed: Expr;
	try {
		parsed = parseExpression(expression, { contexts: Object.keys(scope.contexts), functions: [...functions.values()] });
	} catch (error) {
		return { ok: false, error: unreadable(expression, error, scope) };
	}
	try {
		return ok(evaluation(parsed, functions));
	} catch (error) {
		return {
			ok: false,
			error: { code: 'FB1011', what: `The expression ${quoted(expression)} failed`, why: reason(error) },
		};
	}
}

function evaluateSequence(items: readonly Template[], scope: Scope): OneResult<Json> {
	const values: Json[] = [];
	for (const item of items) {
		const value = evaluateTemplate(item, scope);
		if (!value.ok) return value;
		const isSpliced = isExpression(item) && Array.isArray(value.value);
		if (isSpliced) for (const inner of value.value as readonly Json[]) values.push(inner);
		else values.push(value.value);
	}
	return ok(values);
}

function evaluateMapping(pairs: readonly (readonly [Template, Template])[], scope: Scope): OneResult<Json> {
	const entries = new Map<string, Json>();
	for (const [key, template] of pairs) {
		const value = evaluateTemplate(template, scope);
		if (!value.ok) return value;
		if (isExpression(key) && key.expression === 'insert') {
			const inserted = value.value;
			if (inserted === null || typeof inserted !== 'object' || Array.isArray(inserted)) {
				return located(key, { ok: false, error: { code: 'FB1011', what: 'insert needs a mapping as its value' } });
			}
			for (const [name, inner] of Object.entries(inserted)) entries.set(name, inner);
			continue;
		}
		const name = evaluateString(key, scope);
		if (!name.ok) return name;
		entries.set(name.value, value.value);
	}
	return ok(Object.fromEntries(entries));
}

function isExpression(template: Template): template is { expression: string; line: number; column: number } {
	return typeof template === 'object' && template !== null && 'expression' in template;
}

function located<T>(template: Template, result: OneResult<T>): OneResult<T> {
	if (result.ok || result.error.where !== undefined || !isExpression(template)) return result;
	return { ok: false, error: { ...result.error, where: `${template.line}:${template.column}` } };
}

function textOf(value: Json): string | undefined {
	if (value === null) return '';
	if (typeof value === 'number') return decimal(value);
	return typeof value === 'object' ? undefined : String(value);
}

function whySuccess(status: NonNullable<Scope['status']>): string {
	if (status.success) return 'nothing before it failed';
	if (status.cancelled) return 'success() is required, and it was cancelled';
	if (status.failure) return 'success() is required, and something before it failed';
	return 'success() is required, and something before it did not pass';
}

function unreadable(expression: string, error: unknown, scope: Scope): Problem {
	const why = reason(error);
	const unknownName = /^Unrecognized (named-value|function): '(.*)'$/s.exec(why);
	const what = `The expression ${quoted(expression)} cannot be read`;
	if (unknownName?.[1] === 'named-value') {
		const names = Object.keys(scope.contexts).sort().join(', ');
		return { code: 'FB1010', what, why, next: names === '' ? 'no context can be used here' : `use one of: ${names}` };
	}
	if (unknownName?.[1] === 'function' && /^(hashfiles|success|failure|always|cancelled)$/i.test(unknownName[2] ?? '')) {
		return { code: 'FB1010', what, why: `${unknownName[2]}() cannot be used here` };
	}
	return { code: 'FB1010', what, why };
}

function reason(error: unknown): string {
	if (error instanceof RangeError && /call stack/.test(error.message)) return 'it is nested too deeply';
	const message = error instanceof Error ? error.message : String(error);
	if (message === 'ErrorExceededMaxLength') return 'it is longer than 21000 characters';
	return message.length > 300 ? `${message.slice(0, 299)}…` : message;
}

function quoted(expression: string): string {
	const line = expression.replaceAll(/\s+/g, ' ').trim();
	return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
