import { clean } from './line-fit.ts';

/** Rows of words as lines whose columns stand below each other. */
export function rows(cells: readonly (readonly string[])[]): readonly string[] {
	const safe = cells.map((row) => row.map(clean));
	const widths = (safe[0] ?? []).map((_, column) => Math.max(...safe.map((row) => (row[column] ?? '').length)));
	return safe.map((row) =>
		row
			.map((cell, column) => cell.padEnd(widths[column] ?? 0))
			.join('  ')
			.trimEnd(),
	);
}
