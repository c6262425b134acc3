/** A line of output, or a piece of one that is too long to keep whole. */
export interface OutputLine {
	readonly text: string;
	/** A line feed (or the end of the output) follows. */
	readonly isEnd: boolean;
	/** The line starts with this text: a command can only stand here. */
	readonly isStart: boolean;
}

export interface OutputLines {
	push(chunk: Uint8Array): readonly OutputLine[];
	end(): readonly OutputLine[];
}

/** Text of a line is handed over in pieces of this size, in UTF-16 units. A workflow command may be longer, to its own limit. */
const pieceLength = 65_536;
const commandLength = 1_048_576;

/** Cuts raw output into lines at line feeds, whatever the chunks are. Invalid UTF-8 becomes U+FFFD, a carriage return before a line feed goes. */
export function outputLines(): OutputLines {
	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	let rest = '';
	let isStart = true;

	const cut = (added: string): OutputLine[] => {
		const lines: OutputLine[] = [];
		const ended = added.split('\n');
		for (const [index, part] of ended.entries()) {
			rest += part;
			const isLast = index === ended.length - 1;
			while (rest.length > limit(rest, isStart)) {
				const text = rest.slice(0, pieceLength);
				lines.push({ text, isEnd: false, isStart });
				rest = rest.slice(pieceLength);
				isStart = false;
			}
			if (isLast) break;
			lines.push({ text: rest.endsWith('\r') ? rest.slice(0, -1) : rest, isEnd: true, isStart });
			rest = '';
			isStart = true;
		}
		return lines;
	};

	return {
		push: (chunk) => cut(decoder.decode(chunk, { stream: true })),
		end() {
			const lines = cut(decoder.decode());
			if (rest === '' && isStart) return lines;
			const last = { text: rest, isEnd: true, isStart };
			rest = '';
			isStart = true;
			return [...lines, last];
		},
	};
}

function limit(line: string, isStart: boolean): number {
	return isStart && line.startsWith('::') ? commandLength : pieceLength;
}
