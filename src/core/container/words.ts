/** Splits a line into words as a shell would, with quotes and backslashes; undefined when a quote is left open. */
export function wordsOf(line: string): readonly string[] | undefined {
	const words: string[] = [];
	let word: string | undefined;
	for (let index = 0; index < line.length; index += 1) {
		const character = line[index] ?? '';
		if (/\s/.test(character)) {
			if (word !== undefined) words.push(word);
			word = undefined;
			continue;
		}
		const quoted = quotedAt(line, index);
		if (quoted === undefined) return undefined;
		word = `${word ?? ''}${quoted.text}`;
		index = quoted.last;
	}
	return word === undefined ? words : [...words, word];
}

interface Quoted {
	readonly text: string;
	/** Index of the last character that belongs to it. */
	readonly last: number;
}

function quotedAt(line: string, index: number): Quoted | undefined {
	const character = line[index] ?? '';
	if (character === '\\') return { text: line[index + 1] ?? '', last: index + 1 };
	if (character === "'") {
		const end = line.indexOf("'", index + 1);
		return end < 0 ? undefined : { text: line.slice(index + 1, end), last: end };
	}
	if (character !== '"') return { text: character, last: index };
	const [whole, inner = ''] = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(line.slice(index)) ?? [];
	if (whole === undefined) return undefined;
	return { text: inner.replaceAll(/\\(["\\$`])/g, '$1'), last: index + whole.length - 1 };
}
