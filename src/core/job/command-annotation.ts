import type { Annotation } from '../event.ts';
import type { Command } from './command.ts';
import { insideWorkspace } from './workspace-path.ts';

/** Characters of a message, a title or a path that an annotation keeps; the log has all of it. */
const longest = 4096;

/** The annotation that the command `error`, `warning` or `notice` makes. It names a file only when that is below the workspace. */
export function annotationOfCommand(
	level: Annotation['level'],
	{ properties, data }: Command,
	workspace: string,
): Omit<Annotation, 'logLine'> {
	const { title, file } = properties;
	const path = file === undefined || file.length > longest ? undefined : insideWorkspace(file, workspace);
	return {
		level,
		message: shortened(data),
		...(title === undefined ? {} : { title: shortened(title) }),
		...(path === undefined ? {} : { file: path, ...placeIn(properties) }),
	};
}

/** Text that is short enough for an event. */
export function shortened(text: string): string {
	return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

type Place = Pick<Annotation, 'line' | 'column' | 'endLine' | 'endColumn'>;

/** A place that contradicts itself is left out, by the rules of GitHub's runner: columns count within one line only. */
function placeIn(properties: Command['properties']): Place {
	let endLine = numberOf(properties['endline']);
	let line = numberOf(properties['line']) ?? endLine;
	const endColumn = numberOf(properties['endcolumn']);
	const column = numberOf(properties['col']) ?? endColumn;
	const hasColumns = line !== undefined && (endLine === undefined || endLine === line) && !isBefore(endColumn, column);
	if (isBefore(endLine, line)) line = endLine = undefined;
	return {
		...(line === undefined ? {} : { line }),
		...(hasColumns && column !== undefined ? { column } : {}),
		...(endLine === undefined ? {} : { endLine }),
		...(hasColumns && endColumn !== undefined ? { endColumn } : {}),
	};
}

function isBefore(end: number | undefined, start: number | undefined): boolean {
	return end !== undefined && start !== undefined && end < start;
}

function numberOf(text: string | undefined): number | undefined {
	const value = text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0;
	return value > 0 ? value : undefined;
}
