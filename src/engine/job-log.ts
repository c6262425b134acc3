import type { LineMasker, Masker } from '#core/job/masker.ts';
import type { Problem } from '#core/result.ts';
import type { Clock } from '#edge/clock/clock.ts';
import type { LogWriter } from '#edge/log/log.ts';

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
	end(): void;
}

/** Opens the log of a job on a writer that it then owns. */
export function openJobLog(writer: LogWriter, masker: Masker, clock: Clock): JobLog {
	const write = (lines: readonly string[]) => {
		if (lines.length > 0) writer.write(clock.now(), lines);
	};
	const say = (text: string): number => {
		const first = writer.line + 1;
		write(wholeLines(masker.lines(), text));
		return first;
	};
	return {
		get line() {
			return writer.line;
		},
		say,
		problem: (problem) => say(told(problem)),
		stream() {
			const lines = masker.lines();
			return {
				push(text, isEnd) {
					const first = writer.line + 1;
					write(lines.push(text, isEnd));
					return first;
				},
				end: () => write(lines.end()),
			};
		},
		close: () => writer.close(),
	};
}

function wholeLines(masker: LineMasker, text: string): readonly string[] {
	return [...text.split('\n').flatMap((line) => masker.push(line, true)), ...masker.end()];
}

function told(problem: Problem): string {
	const details = [problem.why, problem.where && `at ${problem.where}`, problem.next].filter(
		(detail) => detail !== undefined,
	);
	return [`Error: ${problem.what}`, ...details.map((detail) => `  ${detail}`)].join('\n');
}
