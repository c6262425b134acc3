import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { entryBytes, indexPath, type LineCounter, lineCounter, lineFeed, linesPerEntry } from './line-index.ts';

const chunkBytes = 256 * 1024;

/** Counts a file from where `counter` stands to its end; `found` gets the index entries on the way. */
export function countToEnd(fd: number, counter: LineCounter, found: (offsets: readonly number[]) => void): void {
	const chunk = Buffer.allocUnsafe(chunkBytes);
	for (
		let length = readSync(fd, chunk, 0, chunkBytes, counter.bytes);
		length > 0;
		length = readSync(fd, chunk, 0, chunkBytes, counter.bytes)
	) {
		found(counter.add(chunk.subarray(0, length)));
	}
}

/** A counter that stands at the last place of a log that its index knows for sure; `entries` says how many entries are right. */
export function startFromIndex(
	file: string,
	logFd: number,
): { readonly counter: LineCounter; readonly entries: number } {
	const size = fstatSync(logFd).size;
	const index = openIndex(file);
	if (index === undefined) return { counter: lineCounter(0, 0), entries: 0 };
	try {
		for (let entries = Math.floor(fstatSync(index).size / entryBytes); entries > 0; entries = Math.floor(entries / 2)) {
			const offset = readEntry(index, entries - 1);
			if (offset <= size && isLineStart(logFd, offset))
				return { counter: lineCounter(entries * linesPerEntry, offset), entries };
		}
		return { counter: lineCounter(0, 0), entries: 0 };
	} finally {
		closeSync(index);
	}
}

/** The file descriptor of a log's index, or undefined when there is none. */
export function openIndex(file: string): number | undefined {
	try {
		return openSync(indexPath(file), 'r');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

/** Where line `64 (entry + 1) + 1` starts, by the index. */
export function readEntry(index: number, entry: number): number {
	const bytes = Buffer.alloc(entryBytes);
	const length = readSync(index, bytes, 0, entryBytes, entry * entryBytes);
	return length === entryBytes ? Number(bytes.readBigUInt64LE()) : Number.MAX_SAFE_INTEGER;
}

/** Whether a line of the log starts at this offset. */
export function isLineStart(logFd: number, offset: number): boolean {
	if (offset === 0) return true;
	const before = Buffer.alloc(1);
	return readSync(logFd, before, 0, 1, offset - 1) === 1 && before[0] === lineFeed;
}
