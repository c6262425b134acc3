import { closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { parseLine } from './line.ts';
import { entryBytes, indexPath, lineFeed, linesPerEntry, packEntries } from './line-index.ts';
import { countToEnd, isLineStart, openIndex, readEntry, startFromIndex } from './line-scan.ts';
import type { LogPage } from './log.ts';

/** One page of a log file, and whether its last line has no line feed yet. Missing file: no lines. `mayRepair` lets it write a missing index. */
export async function readPage(
	file: string,
	from: number,
	limit: number,
	mayRepair: boolean,
): Promise<{ readonly page: LogPage; readonly isTorn: boolean }> {
	const fd = openLogFile(file);
	if (fd === undefined) return { page: { total: 0, lines: [] }, isTorn: false };
	try {
		const { counter, entries } = startFromIndex(file, fd);
		const found: number[] = [];
		countToEnd(fd, counter, (offsets) => found.push(...offsets));
		if (mayRepair && found.length > worthKeeping) repairIndex(file, entries, found);
		const isTorn = counter.whole < counter.bytes;
		const total = counter.lines + (isTorn ? 1 : 0);
		const count = Math.min(limit, total - from + 1);
		if (count <= 0) return { page: { total, lines: [] }, isTorn };
		const start = startOf(file, fd, from, { entries, found });
		const texts = readLines({ fd, start, count, end: counter.bytes });
		const stamp = fstatSync(fd).mtime.toISOString();
		return { page: { total, lines: texts.map((text, index) => parseLine(text, from + index, stamp)) }, isTorn };
	} finally {
		closeSync(fd);
	}
}

/** Fewer missing entries than this are found again faster than a file is written. */
const worthKeeping = 256;

function openLogFile(file: string): number | undefined {
	try {
		return openSync(file, 'r');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

interface KnownStarts {
	/** Entries of the index file that are right. */
	readonly entries: number;
	/** Those that follow and are not in it. */
	readonly found: readonly number[];
}

/** The offset of a line that exists. */
function startOf(file: string, fd: number, line: number, known: KnownStarts): number {
	const block = Math.floor((line - 1) / linesPerEntry);
	const offset = block === 0 ? 0 : entryOf(file, block - 1, known);
	const isRight = isLineStart(fd, offset);
	return skipLines(fd, isRight ? offset : 0, isRight ? (line - 1) % linesPerEntry : line - 1);
}

function entryOf(file: string, entry: number, { entries, found }: KnownStarts): number {
	if (entry >= entries) return found[entry - entries] ?? 0;
	const index = openIndex(file);
	if (index === undefined) return Number.MAX_SAFE_INTEGER;
	try {
		return readEntry(index, entry);
	} finally {
		closeSync(index);
	}
}

const chunkBytes = 64 * 1024;

function skipLines(fd: number, start: number, lines: number): number {
	const chunk = Buffer.allocUnsafe(chunkBytes);
	let left = lines;
	let offset = start;
	while (left > 0) {
		const length = readSync(fd, chunk, 0, chunkBytes, offset);
		if (length === 0) return offset;
		const bytes = chunk.subarray(0, length);
		let at = -1;
		while (left > 0) {
			const next = bytes.indexOf(lineFeed, at + 1);
			if (next === -1) break;
			at = next;
			left--;
		}
		offset += left > 0 ? length : at + 1;
	}
	return offset;
}

interface Span {
	readonly fd: number;
	readonly start: number;
	readonly count: number;
	/** Bytes that were there when the lines were counted. */
	readonly end: number;
}

function readLines({ fd, start, count, end }: Span): readonly string[] {
	const lines: string[] = [];
	const parts: Buffer[] = [];
	let offset = start;
	while (lines.length < count && offset < end) {
		const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - offset));
		const length = readSync(fd, chunk, 0, chunk.length, offset);
		if (length === 0) break;
		offset += length;
		let from = 0;
		for (
			let at = chunk.indexOf(lineFeed);
			at !== -1 && at < length && lines.length < count;
			at = chunk.indexOf(lineFeed, from)
		) {
			parts.push(chunk.subarray(from, at));
			lines.push(Buffer.concat(parts.splice(0)).toString('utf8'));
			from = at + 1;
		}
		parts.push(chunk.subarray(from, length));
	}
	const rest = Buffer.concat(parts);
	if (lines.length < count && rest.length > 0) lines.push(rest.toString('utf8'));
	return lines;
}

function repairIndex(file: string, entries: number, found: readonly number[]): void {
	const kept = entries === 0 ? [] : keptEntries(file, entries);
	const temporary = `${indexPath(file)}.${process.pid}`;
	try {
		writeFileSync(temporary, packEntries([...kept, ...found]));
		renameSync(temporary, indexPath(file));
	} catch {
		// The index only saves time; a read-only or full disk must not keep anybody from reading.
	}
}

function keptEntries(file: string, entries: number): readonly number[] {
	const index = openIndex(file);
	if (index === undefined) return [];
	try {
		const bytes = Buffer.alloc(entries * entryBytes);
		readSync(index, bytes, 0, bytes.length, 0);
		return Array.from({ length: entries }, (_, entry) => Number(bytes.readBigUInt64LE(entry * entryBytes)));
	} finally {
		closeSync(index);
	}
}
