import type { ScalarNode, Span } from './source-tree.ts';

/** One line of a script; its span leaves the indentation out. */
export interface ScriptLine extends Span {
	readonly text: string;
}

/** The lines of a `run`, as the file has them. */
export function scriptLines(run: ScalarNode, text: string): readonly ScriptLine[] {
	let start = run.start;
	const written = text.slice(run.start, run.end).split('\n');
	return written.flatMap((line, index) => {
		const at = start + line.length - line.trimStart().length;
		const end = start + line.trimEnd().length;
		start += line.length + 1;
		const isHeader = index === 0 && run.style === 'block';
		return isHeader || line.trim() === '' ? [] : [{ text: line.trim(), start: at, end }];
	});
}
