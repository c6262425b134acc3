import { createMasker, type Masker } from '#core/job/masker.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import type { Logs, LogWriter } from '#edge/log/log.ts';

/** What became of logs that were rewritten. */
export interface Redacted {
	readonly lines: number;
	/** Lines that showed a secret. */
	readonly changed: number;
}

/**
 * Hides values in logs that are stored already, in every form that a running job would have hidden. Lines keep their numbers and
 * times. A log that is still written is refused, before any other is changed.
 */
export async function redactLog(
	logs: Logs,
	keys: readonly string[],
	values: readonly string[],
): Promise<Result<Redacted>> {
	const masker = createMasker();
	const short = values.filter((value) => !masker.add(value));
	if (short.length > 0) return failed(tooShort);
	const open = keys.filter((key) => logs.isOpen(key));
	if (open.length > 0) return failed(...open.map(stillWritten));
	let [lines, changed] = [0, 0];
	for (const key of keys) {
		const done = await logs.rewrite(key, masker.bytes());
		lines += done.lines;
		changed += done.changed;
	}
	return ok({ lines, changed });
}

const tooShort: Problem = {
	code: 'FB7012',
	what: 'A value is too short to be hidden',
	why: 'it must have at least 4 characters, one of them a letter or a digit: else it would blacken the whole log',
	next: 'give the whole value',
};

function stillWritten(key: string): Problem {
	return {
		code: 'FB7011',
		what: 'The log is still being written',
		where: key,
		next: 'wait until the job has ended, or cancel it',
	};
}

/** Number of the first line in a log that shows what `masker` hides; undefined when there is none, or nothing to hide. */
export async function firstShown(writer: LogWriter, masker: Masker): Promise<number | undefined> {
	if (masker.count === 0) return undefined;
	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	let line = 1;
	for await (const block of writer.texts()) {
		const text = decoder.decode(block);
		const lines = text.split('\n');
		if (masker.redact(text) !== text) {
			const index = lines.findIndex((one) => masker.redact(one) !== one);
			return line + Math.max(0, index);
		}
		line += lines.length - 1;
	}
	return undefined;
}
