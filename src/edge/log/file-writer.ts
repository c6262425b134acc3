import { closeSync, fdatasync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ProblemError } from '#core/result.ts';
import { entryBytes, indexPath, lineFeed, packEntries } from './line-index.ts';
import { countToEnd, startFromIndex } from './line-scan.ts';
import type { LogWriter } from './log.ts';
import { lineStamper, type StampedLines } from './stamp-lines.ts';

/** A log open for writing. */
export type OpenLog = Omit<LogWriter, 'texts'>;

const syncDelayMs = 200;
const syncBytes = 8 * 1024 * 1024;
const sync = promisify(fdatasync);

/**
 * Opens a log to append to it. A line that a crash has torn stays, as a line of its own. Each `write` reaches the kernel whole
 * (it survives this process); it is made durable 200 ms or 8 MiB later, and by `flush`.
 * A full disk throws FB7010 and leaves the log as it was before that write.
 */
export function openLog(file: string, onWrite: () => void): OpenLog {
	mkdirSync(dirname(file), { recursive: true });
	const fd = openSync(file, 'a+');
	const { index, counter } = openForAppend(file, fd);
	let entries = fstatSync(index).size / entryBytes;
	const stamped = lineStamper();
	let unsynced = 0;
	let timer: NodeJS.Timeout | undefined;
	let broken: ProblemError | undefined;
	let isClosed = false;

	const syncNow = oneAtATime(async () => {
		clearTimeout(timer);
		timer = undefined;
		unsynced = 0;
		try {
			await sync(fd);
		} catch (error) {
			broken = failure(file, error);
		}
	});
	const put = ({ bytes, lines, entries: starts }: StampedLines) => {
		try {
			writeWhole(fd, bytes);
		} catch (error) {
			ftruncateSync(fd, counter.bytes);
			throw failure(file, error);
		}
		const offsets = starts.map((start) => counter.bytes + start);
		counter.advance(lines, bytes.length);
		if (offsets.length === 0) return;
		try {
			writeWhole(index, packEntries(offsets));
			entries += offsets.length;
		} catch {
			// An index may be short (readers go on from its end), but half an entry would shift the next ones.
			ftruncateSync(index, entries * entryBytes);
		}
	};
	const append = (at: number, lines: Uint8Array): number => {
		if (isClosed) throw new Error(`the log ${file} is closed`);
		if (broken !== undefined) throw broken;
		if (lines.length === 0) return counter.lines;
		const block = stamped(at, lines, counter.lines);
		put(block);
		unsynced += block.bytes.length;
		if (unsynced >= syncBytes) void syncNow();
		else timer ??= setTimeout(syncNow, syncDelayMs);
		onWrite();
		return counter.lines;
	};

	return {
		write(at, lines) {
			if (lines.some((line) => line.includes('\n'))) throw new Error('a line of a log has a line feed inside');
			return append(at, Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8'));
		},
		append,
		get line() {
			return counter.lines;
		},
		async flush() {
			await syncNow();
			if (broken !== undefined) throw broken;
		},
		async close() {
			if (isClosed) return;
			isClosed = true;
			await syncNow();
			closeSync(fd);
			closeSync(index);
			if (broken !== undefined) throw broken;
		},
	};
}

/** Ends a torn line and makes the index right for what is there. */
function openForAppend(file: string, fd: number) {
	const { counter, entries } = startFromIndex(file, fd);
	const index = openSync(indexPath(file), 'a+');
	ftruncateSync(index, entries * entryBytes);
	countToEnd(fd, counter, (offsets) => writeWhole(index, packEntries(offsets)));
	if (counter.whole < counter.bytes) {
		const end = Buffer.of(lineFeed);
		writeWhole(fd, end);
		writeWhole(index, packEntries(counter.add(end)));
	}
	return { index, counter };
}

/** Calls while one is under way are answered together, by one that begins after it. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
	let running: Promise<void> | undefined;
	let next: Promise<void> | undefined;
	const run = (): Promise<void> => {
		running = work().finally(() => {
			running = undefined;
		});
		return running;
	};
	return () => {
		if (running === undefined) return run();
		next ??= running.then(() => {
			next = undefined;
			return run();
		});
		return next;
	};
}

/** The kernel may take only a part, and does so just before a disk is full. */
function writeWhole(fd: number, bytes: Uint8Array): void {
	for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

function failure(file: string, error: unknown): ProblemError {
	const why = error instanceof Error ? error.message : String(error);
	return new ProblemError(
		{
			code: 'FB7010',
			what: 'The log could not be written',
			why,
			where: file,
			next: 'free space or mend the disk, then run the job again',
		},
		{ cause: error },
	);
}
