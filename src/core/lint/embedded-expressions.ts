import type { Expr } from '@actions/expressions/ast';
import { parseExpression, type Vocabulary } from '../workflow/expression-syntax.ts';
import type { ScalarNode, Span } from './source-tree.ts';

/** An expression in a value of a file; its span is that of its source, without `${{ }}`. */
export interface EmbeddedExpression extends Span {
	readonly source: string;
	/** Undefined when it cannot be read: the planner tells that. */
	readonly parsed: Expr | undefined;
}

/** The expressions within `${{ }}` of a scalar. */
export function expressionsIn(scalar: ScalarNode, text: string): readonly EmbeddedExpression[] {
	if (!scalar.text.includes('${{')) return [];
	const written = text.slice(scalar.start, scalar.end);
	let from = 0;
	return inside(scalar.text).map(({ source }) => {
		// Offsets of the value are not those of the file (indentation, escapes): the nth opening of both is the same one.
		const opening = written.indexOf('${{', from);
		from = opening + '${{'.length;
		const gap = source.length - source.trimStart().length;
		const trimmed = source.trim();
		const start = opening < 0 ? scalar.start : scalar.start + from + gap;
		return { source: trimmed, parsed: parsedOf(trimmed), start, end: start + (trimmed.split('\n')[0] ?? '').length };
	});
}

/** A whole scalar that is an expression without `${{ }}`, as an `if` may be. */
export function bareExpression(scalar: ScalarNode, text: string): EmbeddedExpression {
	const source = scalar.text.trim();
	const found = text.indexOf((source.split('\n')[0] ?? '').trimEnd(), scalar.start);
	const start = found < 0 || found > scalar.end ? scalar.start : found;
	return { source, parsed: parsedOf(source), start, end: Math.min(start + source.length, scalar.end) };
}

/** The parts of a text within `${{ }}`, in order. A `}}` in a quoted text of the expression does not close it. */
export function inside(
	text: string,
): readonly { readonly source: string; readonly start: number; readonly end: number }[] {
	const found: { source: string; start: number; end: number }[] = [];
	for (let open = text.indexOf('${{'); open >= 0; ) {
		let close = open + 3;
		let isQuoted = false;
		while (close < text.length && (isQuoted || !text.startsWith('}}', close))) {
			if (text[close] === "'") isQuoted = !isQuoted;
			close += 1;
		}
		found.push({ source: text.slice(open + 3, close), start: open, end: Math.min(close + 2, text.length) });
		open = text.indexOf('${{', close);
	}
	return found;
}

/** Every name: that a context is not there at some place is the planner's to tell. */
const everything: Vocabulary = {
	contexts: [
		...['github', 'env', 'vars', 'job', 'jobs', 'steps', 'runner', 'secrets', 'strategy', 'matrix', 'needs', 'inputs'],
	],
	functions: [
		{ name: 'hashFiles', minArgs: 1, maxArgs: 255 },
		...['success', 'failure', 'cancelled', 'always'].map((name) => ({ name, minArgs: 0, maxArgs: 255 })),
	],
};

function parsedOf(source: string): Expr | undefined {
	try {
		return parseExpression(source, everything);
	} catch {
		return undefined;
	}
}
