import type { Needles } from './secret-needles.ts';
import { Scan } from './secret-scan.ts';

/**
 * Takes output as it comes and gives back whole lines for the log, each with its line feed. One that ends with the beginning of a
 * secret waits for the next. Bytes are valid until the next call.
 */
export interface LineMasker {
	/** Any part of the output, as a program wrote it. */
	push(bytes: Uint8Array): Uint8Array;
	/** The same for text; `isEnd`: a line ends after it. */
	pushText(text: string, isEnd: boolean): Uint8Array;
	/** How many whole lines were taken and not given back. */
	readonly waiting: number;
	/** What is left, when nothing more comes. */
	end(): Uint8Array;
}

/** Longer lines are folded; in bytes. */
export const longestLine = 65_536;

/** A stream of lines that hides `needles`, also those that are added while it goes on. */
export function createLineMasker(needles: Needles): LineMasker {
	const scan = new Scan(needles, true);
	const encoder = new TextEncoder();
	/** Masked text of a line that is not finished. */
	let unfinished = nothing;
	/** The first half of a surrogate pair that a piece ended with. */
	let half = '';

	const bytesOf = (text: string, isEnd: boolean): Uint8Array => {
		const all = `${half}${text}`;
		half = !isEnd && /[\ud800-\udbff]$/.test(all) ? all.slice(-1) : '';
		return encoder.encode(isEnd ? `${all}\n` : all.slice(0, all.length - half.length));
	};
	const finish = (masked: Uint8Array): Uint8Array => {
		const all = unfinished.length === 0 ? masked : joined(unfinished, masked);
		const whole = all.lastIndexOf(lineFeed) + 1;
		const rest = all.subarray(whole);
		const cut = rest.length <= longestLine ? 0 : lastFold(rest);
		unfinished = rest.length === cut ? nothing : rest.slice(cut);
		const lines = folded(all.subarray(0, whole));
		return shown(cut === 0 ? lines : joined(lines, folded(joined(rest.subarray(0, cut), feed))));
	};
	const push = (bytes: Uint8Array): Uint8Array => {
		scan.feed(bytes);
		const safe = scan.safeLength();
		// Whole lines are handed over as they are; the beginning of one only when it is as long as a folded one.
		const whole = scan.peek(safe).lastIndexOf(lineFeed) + 1;
		const length = safe - whole > longestLine ? safe : whole;
		return length === 0 ? nothing : finish(scan.take(length));
	};
	return {
		push,
		pushText: (text, isEnd) => push(bytesOf(text, isEnd)),
		get waiting() {
			return countLines(scan.peek(scan.length));
		},
		end() {
			scan.feed(encoder.encode(half), true);
			half = '';
			const lines = finish(scan.take(scan.length));
			const rest = unfinished;
			unfinished = nothing;
			return rest.length === 0 ? lines : joined(lines, shown(joined(rest, feed)));
		},
	};
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const nothing = new Uint8Array(0);
const feed = Uint8Array.of(lineFeed);

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
	const all = new Uint8Array(first.length + second.length);
	all.set(first);
	all.set(second, first.length);
	return all;
}

function countLines(bytes: Uint8Array): number {
	let lines = 0;
	for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines += 1;
	return lines;
}

/** Whole lines, with a line feed wherever one is too long. */
function folded(lines: Uint8Array): Uint8Array {
	if (!hasLongLine(lines)) return lines;
	const parts: Uint8Array[] = [];
	for (let from = 0; from < lines.length; ) {
		const stop = lines.indexOf(lineFeed, from);
		while (stop - from > longestLine) {
			const cut = foldAt(lines, from);
			parts.push(lines.subarray(from, cut), feed);
			from = cut;
		}
		parts.push(lines.subarray(from, stop + 1));
		from = stop + 1;
	}
	return parts.reduce(joined, nothing);
}

/** A line that is too long reaches over a multiple of the length. */
function hasLongLine(lines: Uint8Array): boolean {
	for (let at = longestLine; at < lines.length; at += longestLine) {
		if (lines.indexOf(lineFeed, at) - lines.lastIndexOf(lineFeed, at - 1) > longestLine + 1) return true;
	}
	return false;
}

/** How much of a line without an end can be folded now: something is left, so that no empty line follows. */
function lastFold(line: Uint8Array): number {
	let cut = 0;
	while (line.length - cut > longestLine) cut = foldAt(line, cut);
	return cut;
}

/** Not inside a character. */
function foldAt(bytes: Uint8Array, from: number): number {
	for (let cut = from + longestLine; cut > from + longestLine - 4; cut--) {
		if (((bytes[cut] ?? 0) & 0xc0) !== 0x80) return cut;
	}
	return from + longestLine;
}

/** Each state of a progress bar, which carriage returns divide, is a line of its own: nothing is cut and nothing overwritten. */
function shown(lines: Uint8Array): Uint8Array {
	if (!hasCarriageReturn(lines)) return lines;
	const divided = new Uint8Array(lines.length);
	let length = 0;
	let lineStart = 0;
	let stateStart = 0;
	for (const byte of lines) {
		const isEmpty = length === stateStart;
		if (byte === carriageReturn ? isEmpty : byte === lineFeed && isEmpty && lineStart < length) {
			if (byte === lineFeed) lineStart = length;
			continue;
		}
		divided[length++] = byte === carriageReturn ? lineFeed : byte;
		if (byte === carriageReturn || byte === lineFeed) stateStart = length;
		if (byte === lineFeed) lineStart = length;
	}
	return divided.subarray(0, length);
}

/** Four bytes at a time, because nearly no output has one. */
function hasCarriageReturn(bytes: Uint8Array): boolean {
	const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	let at = 0;
	for (; at + 4 <= bytes.length; at += 4) {
		const zeroAtReturn = words.getInt32(at) ^ 0x0d0d0d0d;
		if (((zeroAtReturn - 0x01010101) & ~zeroAtReturn & 0x80808080) !== 0) return true;
	}
	return bytes.subarray(at).includes(carriageReturn);
}
