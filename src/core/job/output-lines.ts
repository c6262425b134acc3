/** Takes what the output of a program is cut into. */
export interface OutputSink {
	/** Output that holds no command: any part of a line, or many lines. The bytes are valid during the call only. */
	plain(bytes: Uint8Array): void;
	/** A whole line without its end: one that may be a command, or every line where `wantsLines`. */
	line(text: string): void;
	/** Every line is asked for, and not only those that may be commands. */
	readonly wantsLines: boolean;
}

/** Blanks that may stand before a command. */
export const mostBlanks = 256;
/** Bytes. A command may be longer than another line that is handed over whole. */
const longestCommand = 1_048_576;
const longestLine = 65_536;

/**
 * Finds the lines that may be workflow commands in raw output, whatever its chunks are. The rest is passed on as it is: looking at
 * every second byte is all that is done for it.
 */
export class OutputLines {
	readonly #sink: OutputSink;
	readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	/** The beginning of a line of which not even the mark of a command is whole. */
	#beginning = nothing;
	/** Parts of a line that is handed over when its end is there. */
	#kept: Uint8Array[] | undefined;
	#keptLength = 0;
	/** How long the kept line may be; 0: not known. */
	#keptLimit = 0;
	/** Of the present line, a part was passed on already. */
	#isInside = false;

	constructor(sink: OutputSink) {
		this.#sink = sink;
	}

	push(chunk: Uint8Array): void {
		const bytes = this.#beginning.length === 0 ? chunk : joined([this.#beginning, chunk]);
		this.#beginning = nothing;
		for (let from = 0; from < bytes.length; ) {
			if (this.#kept !== undefined) from = this.#keep(bytes, from);
			else if (!this.#sink.wantsLines) from = this.#pass(bytes, from);
			else if (this.#isInside) from = this.#passRest(bytes, from);
			else this.#kept = [];
		}
	}

	/** Nothing more comes: the last line needs no end. */
	end(): void {
		const rest = joined([...(this.#kept ?? []), this.#beginning]);
		this.#forget();
		this.#beginning = nothing;
		if (rest.length > 0) this.#sink.line(this.#textOf(rest));
		this.#isInside = false;
	}

	/** Passes on everything before the next line that may be a command; where that is. */
	#pass(bytes: Uint8Array, from: number): number {
		const command = nextCommand(bytes, from, this.#isInside);
		if (command !== undefined) {
			this.#plain(bytes.subarray(from, command));
			this.#kept = [];
			return command;
		}
		const end = beginningAtEnd(bytes, from, this.#isInside);
		this.#plain(bytes.subarray(from, end));
		this.#beginning = bytes.slice(end);
		return bytes.length;
	}

	#passRest(bytes: Uint8Array, from: number): number {
		const lineFeed = bytes.indexOf(lf, from);
		const end = lineFeed === -1 ? bytes.length : lineFeed + 1;
		this.#plain(bytes.subarray(from, end));
		return end;
	}

	#keep(bytes: Uint8Array, from: number): number {
		const lineFeed = bytes.indexOf(lf, from);
		const end = lineFeed === -1 ? bytes.length : lineFeed;
		const part = bytes.subarray(from, end);
		const kept = this.#kept ?? [];
		this.#keptLength += part.length;
		if (this.#keptLength > this.#limit(part)) {
			this.#forget();
			for (const piece of [...kept, part]) this.#plain(piece);
			return end;
		}
		if (lineFeed === -1) {
			kept.push(part.slice());
			return end;
		}
		this.#forget();
		this.#sink.line(this.#textOf(kept.length === 0 ? part : joined([...kept, part])));
		return end + 1;
	}

	/** Asked only of lines that are long, and once for each. */
	#limit(part: Uint8Array): number {
		if (this.#keptLength <= longestLine) return longestLine;
		if (this.#keptLimit === 0) {
			const head = joined([...(this.#kept ?? []), part]).subarray(0, mostBlanks + 3);
			this.#keptLimit = nextCommand(head, 0, false) === 0 ? longestCommand : longestLine;
		}
		return this.#keptLimit;
	}

	#forget(): void {
		this.#kept = undefined;
		this.#keptLength = 0;
		this.#keptLimit = 0;
	}

	#plain(bytes: Uint8Array): void {
		if (bytes.length === 0) return;
		this.#isInside = bytes.at(-1) !== lf;
		this.#sink.plain(bytes);
	}

	#textOf(bytes: Uint8Array): string {
		return this.#decoder.decode(bytes.at(-1) === cr ? bytes.subarray(0, -1) : bytes);
	}
}

const nothing = new Uint8Array(0);
const [tab, lf, cr, blank, hash, colon, bracket] = [9, 10, 13, 32, 35, 58, 91] as const;

/** Where the next line begins that `::` or `##[` starts. */
function nextCommand(bytes: Uint8Array, from: number, isInside: boolean): number | undefined {
	// Both marks begin with a character twice: one of the two stands at every second place.
	const { length } = bytes;
	const words = new DataView(bytes.buffer, bytes.byteOffset, length);
	for (let at = from + 1; at < length; at += 2) {
		while (at + 4 <= length && hasNoMark(words.getInt32(at))) at += 4;
		const byte = bytes[at];
		if (byte !== colon && byte !== hash) continue;
		if (bytes[at - 1] === byte && isMark(bytes, at - 1)) {
			const line = lineStart(bytes, { from, mark: at - 1, isInside });
			if (line !== undefined) return line;
		}
		if (at + 1 < length && bytes[at + 1] === byte && isMark(bytes, at)) {
			const line = lineStart(bytes, { from, mark: at, isInside });
			if (line !== undefined) return line;
		}
	}
	return undefined;
}

/** Whether none of four bytes is `:` or `#`: one that is makes a zero, which borrows from the bit above it. */
function hasNoMark(word: number): boolean {
	const colons = word ^ 0x3a3a3a3a;
	const hashes = word ^ 0x23232323;
	return ((((colons - 0x01010101) & ~colons) | ((hashes - 0x01010101) & ~hashes)) & 0x80808080) === 0;
}

function isMark(bytes: Uint8Array, at: number): boolean {
	return bytes[at] === colon || (at + 2 < bytes.length && bytes[at + 2] === bracket);
}

interface MarkPlace {
	readonly from: number;
	readonly mark: number;
	/** `from` is no start of a line. */
	readonly isInside: boolean;
}

/** Where the line begins in which nothing but blanks stands before a mark. */
function lineStart(bytes: Uint8Array, { from, mark, isInside }: MarkPlace): number | undefined {
	const first = Math.max(from, mark - mostBlanks);
	let at = mark;
	while (at > first && isBlank(bytes[at - 1])) at -= 1;
	return (at === from && !isInside) || (at > from && bytes[at - 1] === lf) ? at : undefined;
}

/** Where a last line begins that is so short that it may still become a command; the end when there is none. */
function beginningAtEnd(bytes: Uint8Array, from: number, isInside: boolean): number {
	const last = bytes[bytes.length - 1];
	const isPair = last === hash && bytes[bytes.length - 2] === hash;
	const mark = bytes.length - (isPair ? 2 : last === colon || last === hash ? 1 : 0);
	if (mark < from) return bytes.length;
	return lineStart(bytes, { from, mark, isInside }) ?? bytes.length;
}

function isBlank(byte: number | undefined): boolean {
	return byte === blank || byte === tab;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}
