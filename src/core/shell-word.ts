/** The text as one word of a POSIX shell; a plain word stays as it is. */
export function shellWord(text: string): string {
	return /^[\w/.@:+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
