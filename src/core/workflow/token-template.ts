import { splitAllowedContext } from '@actions/workflow-parser/templates/allowed-context';
import {
	BasicExpressionToken,
	BooleanToken,
	InsertExpressionToken,
	MappingToken,
	NumberToken,
	SequenceToken,
	StringToken,
	type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index';
import type { Template } from '../plan.ts';
import { parseExpression } from './expression-syntax.ts';
import type { FileProblems, Place } from './file-problems.ts';

/** Where a token starts. */
export function placeOf(token: TemplateToken): Place {
	return { line: token.line ?? 1, column: token.col ?? 1 };
}

/** The value of a key, when the token is a mapping that has it. */
export function findIn(token: TemplateToken | undefined, key: string): TemplateToken | undefined {
	return token instanceof MappingToken ? token.find(key) : undefined;
}

/** A token as plain data; every expression in it is checked, so that what cannot run is known before a run. */
export function templateOf(token: TemplateToken | undefined, problems: FileProblems): Template {
	if (token === undefined) return null;
	if (token instanceof StringToken || token instanceof NumberToken || token instanceof BooleanToken) return token.value;
	if (token instanceof BasicExpressionToken) {
		checkExpression(token.expression, token, problems);
		return { expression: token.expression, ...placeOf(token) };
	}
	if (token instanceof InsertExpressionToken) return { expression: 'insert', ...placeOf(token) };
	if (token instanceof SequenceToken) return { sequence: [...token].map((item) => templateOf(item, problems)) };
	if (token instanceof MappingToken) {
		return {
			mapping: [...token].map(({ key, value }) => [templateOf(key, problems), templateOf(value, problems)] as const),
		};
	}
	return null;
}

/** The source of an `if`, checked; undefined when it is absent or empty, which means success(). */
export function conditionOf(token: TemplateToken | undefined, problems: FileProblems): string | undefined {
	if (token === undefined) return undefined;
	const source = token instanceof BasicExpressionToken ? token.expression : token.toString().trim();
	if (source === '') return undefined;
	checkExpression(source, token, problems);
	return source;
}

function checkExpression(source: string, token: TemplateToken, problems: FileProblems): void {
	const { namedContexts, functions } = splitAllowedContext(token.definitionInfo?.allowedContext ?? []);
	const place = placeOf(token);
	try {
		parseExpression(source, { contexts: namedContexts, functions });
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		const what = message === 'ErrorExceededMaxLength' ? 'The expression is longer than 21000 characters' : message;
		const isScript = what.startsWith('The expression is longer');
		problems.add(place, {
			code: 'FB1010',
			what,
			next: isScript ? 'hand the values over in env, and keep the text free of expressions' : 'correct the expression',
		});
	}
}
