import { mostBlanks } from './output-lines.ts';

/** A workflow command as a program prints it: `::name key=value,key=value::data`, or `##[name key=value;key=value]data`. */
export interface Command {
	readonly name: string;
	readonly properties: { readonly [name: string]: string };
	readonly data: string;
}

/**
 * Reads a line as a workflow command; undefined when it is none. It must stand at the start of the line (blanks before it are
 * allowed), because text that a program quotes must not act. The name may be unknown, or the token of `stop-commands`.
 */
export function parseCommand(line: string): Command | undefined {
	return line.includes('::') || line.includes('##[') ? (parseColons(line) ?? parseBrackets(line)) : undefined;
}

const colons = new RegExp(`^[ \\t]{0,${mostBlanks}}::`);
const brackets = new RegExp(`^[ \\t]{0,${mostBlanks}}##\\[([^\\s\\];]+)(?: ([^\\]]*))?\\](.*)$`, 's');

function parseColons(line: string): Command | undefined {
	const start = colons.exec(line);
	if (start === null) return undefined;
	const end = line.indexOf('::', start[0].length);
	if (end === -1) return undefined;
	const head = line.slice(start[0].length, end);
	const space = head.indexOf(' ');
	const name = space === -1 ? head : head.slice(0, space);
	if (name === '') return undefined;
	const written = space === -1 ? '' : head.slice(space + 1);
	return {
		name,
		properties: propertiesOf(written, ',', propertyEscapes),
		data: unescaped(line.slice(end + 2), dataEscapes),
	};
}

/** The older spelling, `##[name key=value;key=value]data`. */
function parseBrackets(line: string): Command | undefined {
	const [, name, written = '', data = ''] = brackets.exec(line) ?? [];
	if (name === undefined) return undefined;
	return { name, properties: propertiesOf(written, ';', bracketEscapes), data: unescaped(data, bracketEscapes) };
}

type Escapes = readonly (readonly [written: string, character: string])[];

/** The per cent sign goes last, else the text `%250A` would become a line feed. */
const percent = ['%25', '%'] as const;
const lineEnds = [
	['%0D', '\r'],
	['%0A', '\n'],
] as const;
const dataEscapes: Escapes = [...lineEnds, percent];
const propertyEscapes: Escapes = [...lineEnds, ['%3A', ':'], ['%2C', ','], percent];
const bracketEscapes: Escapes = [['%3B', ';'], ...lineEnds, ['%5D', ']'], percent];

/** Only capital letters are escapes, as GitHub has it: `%0a` may be part of an address. */
function unescaped(text: string, escapes: Escapes): string {
	if (!text.includes('%')) return text;
	return escapes.reduce((result, [written, character]) => result.replaceAll(written, character), text);
}

function propertiesOf(written: string, separator: string, escapes: Escapes): Command['properties'] {
	const properties: (readonly [string, string])[] = [];
	for (const text of written.split(separator)) {
		const equals = text.indexOf('=');
		const name = text.slice(0, Math.max(equals, 0)).trim().toLowerCase();
		const value = text.slice(equals + 1);
		if (name !== '' && value !== '') properties.push([name, unescaped(value, escapes)]);
	}
	return Object.fromEntries(properties);
}
