import type { Masker } from '#core/job/masker.ts';
import { type LineMasker, longestLine } from '#core/job/masker-lines.ts';
import type { Problem } from '#core/result.ts';
import type { Clock } from '#edge/clock/clock.ts';
import type { LogWriter } from '#edge/log/log.ts';
import { firstShown } from './redact-log.ts';

/** The log of one job. Nothing reaches the file but through the masker. */
export interface JobLog {
	/** Number of the last line. */
	readonly line: number;
	/** Writes text, which may hold line feeds; the number of its first line. */
	say(text: string): number;
	/** Tells a problem; the number of its first line. */
	problem(problem: Problem): number;
	/** A stream of a program's output; `push` gives the number of the line the text starts in. */
	stream(): LogStream;
	close(): Promise<void>;
}

interface LogStream {
	push(text: string, isEnd: boolean): number;
	/**
	 * Output as the program wrote it, any part of it: the fast way for what holds no workflow command. Absent where each line must
	 * be looked at. A carriage return before a line feed goes.
	 */
	pushBytes?(bytes: Uint8Array): number;
	end(): void;
}

/**
 * Opens the log of a job on a writer that it then owns. What comes in one turn of the event loop is masked and written together;
 * an error of the disk is thrown by the next call.
 */
export function openJobLog(writer: LogWriter, masker: Masker, clock: Clock): JobLog {
	const known = masker.count;
	const turn = new Turn();
	const write = (lines: Uint8Array) => {
		if (lines.length > 0) writer.append(clock.now(), lines);
	};
	const say = (text: string): number => {
		turn.flush();
		const first = writer.line + 1;
		const lines = masker.lines();
		write(lines.pushText(text, true));
		write(lines.end());
		return first;
	};
	return {
		get line() {
			turn.flush();
			return writer.line;
		},
		say,
		problem: (problem) => say(told(problem)),
		stream: () => openStream(turn, masker.lines(), { write, written: () => writer.line }),
		async close() {
			try {
				turn.flush();
				const line = await firstShown(writer, masker.since(known));
				if (line !== undefined) say(shownBefore(line));
			} finally {
				await writer.close();
			}
		},
	};
}

function shownBefore(line: number): string {
	return `Warning: line ${line} shows a value that was masked only later; a log that was written can be rewritten with: footbridge redact`;
}

interface Sink {
	readonly write: (lines: Uint8Array) => void;
	/** Number of the last line written. */
	readonly written: () => number;
}

function openStream(turn: Turn, lines: LineMasker, { write, written }: Sink): LogStream {
	const batch = batchOf((text) => write(lines.pushText(text, false)));
	// Lines that wait for the end of a secret are written before the text that comes now.
	const next = () => written() + 1 + lines.waiting + batch.lines;
	return {
		push(text, isEnd) {
			// It becomes several lines: those after it could not be counted before it is written.
			const isSeveral = text.includes('\r') || text.length > longestLine / 3;
			if (turn.open !== batch || batch.isFull || isSeveral) turn.flush();
			const first = next();
			batch.add(isEnd ? `${text}\n` : text);
			turn.flushSoon(batch);
			if (isSeveral) turn.flush();
			return first;
		},
		pushBytes(bytes) {
			turn.flush();
			const first = next();
			write(lines.push(bytes));
			return first;
		},
		end() {
			turn.flush();
			write(lines.end());
		},
	};
}

/** Sees to it that what comes in a turn of the event loop is written before the next. */
class Turn {
	/** What is not written yet: of one stream only, so that the order is kept. */
	open: Batch | undefined;
	#broken: { readonly error: unknown } | undefined;
	#isFlushing = false;

	flush(): void {
		if (this.#broken !== undefined) throw this.#broken.error;
		const batch = this.open;
		this.open = undefined;
		batch?.flush();
	}

	flushSoon(batch: Batch): void {
		this.open = batch;
		if (this.#isFlushing) return;
		this.#isFlushing = true;
		queueMicrotask(() => {
			this.#isFlushing = false;
			try {
				this.flush();
			} catch (error) {
				this.#broken = { error };
			}
		});
	}
}

/** Text of one stream that is written together. */
interface Batch {
	readonly lines: number;
	readonly isFull: boolean;
	add(text: string): void;
	flush(): void;
}

const fullBatch = 65_536;

function batchOf(write: (text: string) => void): Batch {
	let text = '';
	let lines = 0;
	return {
		get lines() {
			return lines;
		},
		get isFull() {
			return text.length >= fullBatch;
		},
		add(more) {
			text += more;
			if (more.endsWith('\n')) lines += 1;
		},
		flush() {
			const all = text;
			text = '';
			lines = 0;
			if (all !== '') write(all);
		},
	};
}

function told(problem: Problem): string {
	const details = [problem.why, problem.where && `at ${problem.where}`, problem.next].filter(
		(detail) => detail !== undefined,
	);
	return [`Error: ${problem.what}`, ...details.map((detail) => `  ${detail}`)].join('\n');
}
