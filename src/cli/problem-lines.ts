import type { Problem } from '#core/result.ts';
import { clean, wrap } from './line-fit.ts';
import type { Terminal } from './terminal.ts';

type Look = Pick<Terminal, 'columns' | 'paint'>;

/** A problem in its four parts: what, why, where, next. */
export function problemLines(problem: Problem, { columns, paint }: Look): readonly string[] {
	const [first = '', ...rest] = wrap(clean(problem.what), columns - 9);
	const lines = [
		`${paint('red', '✕')} ${paint('bold', problem.code)} ${first}`,
		...rest.map((line) => `         ${line}`),
	];
	for (const part of ['why', 'where', 'next'] as const) {
		const text = problem[part];
		if (text === undefined) continue;
		// What a service wrote keeps its lines.
		const [head = '', ...below] = text.split('\n');
		lines.push(...labelled(part, head, { columns, paint }));
		lines.push(...below.map((line) => `         ${paint('dim', clean(line))}`));
	}
	return lines;
}

/** `  label  text`, wrapped below itself. */
export function labelled(label: string, text: string, { columns, paint }: Look): readonly string[] {
	const [first = '', ...rest] = wrap(clean(text), columns - 9);
	return [`  ${paint('dim', label.padEnd(6))} ${first}`, ...rest.map((line) => `         ${line}`)];
}
