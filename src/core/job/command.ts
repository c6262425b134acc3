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
	return parseColons(line) ?? parseBrackets(line);
}

function parseColons(line: string): Command | undefined {
	const start = /^[ \t]*::/.exec(line);
	if (start === null) return undefined;
	const end = line.indexOf('::', start[0].length);
	if (end === -1) return undefined;
	const head = line.slice(start[0].length, end);
	const space = head.indexOf(' ');
	const name = space === -1 ? head : head.slice(0, space);
	if (name === '') return undefined;
	const properties =
		space === -1
			? []
			: head
					.slice(space + 1)
					.split(',')
					.flatMap(property);
	return { name, properties: Object.fromEntries(properties), data: unescapeData(line.slice(end + 2)) };
}

/** The older spelling, `##[name key=value;key=value]data`. */
function parseBrackets(line: string): Command | undefined {
	const [, name, written = '', data = ''] = /^[ \t]*##\[([^\s\];]+)(?: ([^\]]*))?\](.*)$/s.exec(line) ?? [];
	if (name === undefined) return undefined;
	return { name, properties: Object.fromEntries(written.split(';').flatMap(property)), data: unescapeBrackets(data) };
}

function unescapeBrackets(text: string): string {
	return text.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n').replaceAll(/%3B/gi, ';').replaceAll(/%5D/gi, ']');
}

function property(text: string): readonly (readonly [string, string])[] {
	const equals = text.indexOf('=');
	const name = text.slice(0, equals).trim();
	const value = text.slice(equals + 1);
	return equals === -1 || name === '' || value === '' ? [] : [[name.toLowerCase(), unescapeProperty(value)]];
}

/** `%25` goes last, else the text `%250A` would become a line feed. */
function unescapeData(text: string): string {
	return text.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
	return text
		.replaceAll(/%0D/gi, '\r')
		.replaceAll(/%0A/gi, '\n')
		.replaceAll(/%3A/gi, ':')
		.replaceAll(/%2C/gi, ',')
		.replaceAll('%25', '%');
}
