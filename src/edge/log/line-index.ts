/** The index of a log has the byte offset of every 64th line: entry `i` (from 0) is where line `64 (i + 1) + 1` starts, as 8 bytes, little-endian. */
export const linesPerEntry = 64;
export const entryBytes = 8;

/** `build.log` → `build.idx`. */
export function indexPath(file: string): string {
	return `${file.slice(0, -'.log'.length)}.idx`;
}

/** Finds the starts of lines while bytes pass by. */
export interface LineCounter {
	/** Complete lines so far. */
	readonly lines: number;
	/** Bytes so far. */
	readonly bytes: number;
	/** Bytes up to the last line feed. */
	readonly whole: number;
	/** Counts a chunk; returns the offsets that belong into the index. */
	add(chunk: Uint8Array): readonly number[];
	/** Counts whole lines that somebody else has looked at. */
	advance(lines: number, bytes: number): void;
}

/** Counts on from the start of line `lines + 1` at offset `bytes`. */
export function lineCounter(lines: number, bytes: number): LineCounter {
	const counter = { lines, bytes, whole: bytes };
	return {
		get lines() {
			return counter.lines;
		},
		get bytes() {
			return counter.bytes;
		},
		get whole() {
			return counter.whole;
		},
		add(chunk) {
			const found: number[] = [];
			for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, at + 1)) {
				counter.lines++;
				counter.whole = counter.bytes + at + 1;
				if (counter.lines % linesPerEntry === 0) found.push(counter.whole);
			}
			counter.bytes += chunk.length;
			return found;
		},
		advance(lines, bytes) {
			counter.lines += lines;
			counter.bytes += bytes;
			counter.whole = counter.bytes;
		},
	};
}

/** Entries as they stand in the file. */
export function packEntries(offsets: readonly number[]): Buffer {
	const packed = Buffer.allocUnsafe(offsets.length * entryBytes);
	for (const [index, offset] of offsets.entries()) packed.writeBigUInt64LE(BigInt(offset), index * entryBytes);
	return packed;
}

export const lineFeed = 0x0a;
