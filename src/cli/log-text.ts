/** Select Graphic Rendition: colours and weight, the one thing that a log may say to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const colours = /\u001b\[[0-9;:]*m/g;
/** Other sequences, whole: CSI, OSC, DCS and the like up to their end, and single ones; also in their 8-bit spelling. */
const sequences =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
	/(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
/** Characters that move the cursor, hide text, or turn the direction of what follows; the one that joins emoji is none. */
const unseen = /(?![\t\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A line of a log for a terminal: colours stay where they are wanted, nothing else steers it, and what cannot be seen is shown. */
export function terminalText(line: string, hasColour: boolean): string {
	// A program that draws over its line leaves what it drew last.
	const last = line.replace(/\r+$/, '').replace(/^.*\r(?=[^\r]+$)/s, '');
	let text = '';
	let end = 0;
	for (const { 0: colour, index } of last.matchAll(colours)) {
		text += visible(last.slice(end, index)) + (hasColour ? colour : '');
		end = index + colour.length;
	}
	text += visible(last.slice(end));
	return hasColour && end > 0 ? `${text}\u001b[0m` : text;
}

/** A text of others without the sequences that steer a terminal; characters that cannot be seen are shown as `\\u{202e}`. */
export function visible(text: string): string {
	return text.replaceAll(sequences, '').replaceAll(unseen, (character) => shown(character));
}

function shown(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	return code === 0x1b ? '' : `\\u{${code.toString(16)}}`;
}
