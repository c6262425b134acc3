import { stripVTControlCharacters } from 'node:util';
import { visible } from './log-text.ts';

/** Text of others made harmless for a terminal: one line that steers nothing, in which what cannot be seen is shown. */
export function clean(text: string): string {
	return visible(text.replaceAll('\t', '    ').replaceAll(/\r?\n/g, ' '));
}

/** How many columns of a terminal a text takes; colours take none. */
export function widthOf(text: string): number {
	let width = 0;
	for (const character of stripVTControlCharacters(text)) {
		if (/\p{Mn}|\p{Me}|\u200d|\ufe0f/u.test(character)) continue;
		width += wide.test(character) ? 2 : 1;
	}
	return width;
}

const wide =
	/[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** At most `width` columns of a text; what was cut is an ellipsis. Colours stay, and end where the text is cut. */
export function cut(text: string, width: number): string {
	if (widthOf(text) <= width) return text;
	if (width < 1) return '';
	let [kept, used, hasColour] = ['', 0, false];
	// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
	for (const [part] of text.matchAll(/\u001b\[[0-9;:]*m|./gsu)) {
		const isColour = part.length > 1 && part.startsWith('\u001b');
		hasColour ||= isColour;
		if (!isColour) used += widthOf(part);
		if (used > width - 1) break;
		kept += part;
	}
	return `${hasColour ? kept : kept.trimEnd()}…${hasColour ? '\u001b[0m' : ''}`;
}

/** Exactly `width` columns: filled with spaces, or cut. */
export function fill(text: string, width: number): string {
	const fitting = cut(text, width);
	return fitting + ' '.repeat(Math.max(0, width - widthOf(fitting)));
}

/** A text in lines of at most `width` columns, broken between words; a longer word stays whole, so that it can be copied. */
export function wrap(text: string, width: number): readonly string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(/\s+/).filter((part) => part !== '')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (line !== '' && widthOf(longer) > width) {
			lines.push(line);
			line = word;
		} else line = longer;
	}
	return line === '' ? lines : [...lines, line];
}
