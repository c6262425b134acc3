import type { RunningJob, Work } from '../running-job.ts';
import { refusedWork } from '../running-job.ts';

/** The inputs of a built-in action, by names without regard to case. */
export class BuiltInInputs {
	readonly #values: Map<string, string>;

	/** Tells of inputs that the action does not have, as the original does. */
	constructor(job: RunningJob, given: { readonly [name: string]: string }, known: readonly string[]) {
		this.#values = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value.trim()]));
		const unknown = [...this.#values.keys()].filter((name) => !known.some((other) => other.toLowerCase() === name));
		const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');
		if (unknown.length > 0)
			job.log.say(`Warning: Unexpected input(s) ${quoted(unknown)}, valid inputs are [${quoted(known)}]`);
	}

	/** Empty when it is not given. */
	text(name: string): string {
		return this.#values.get(name.toLowerCase()) ?? '';
	}

	/** Lines that are not empty. */
	lines(name: string): readonly string[] {
		return this.text(name)
			.split(/\r?\n/)
			.map((line) => line.trim())
			.filter((line) => line !== '');
	}

	/** Throws on what is neither true nor false. */
	flag(name: string, otherwise = false): boolean {
		const text = this.text(name);
		if (text === '') return otherwise;
		if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
		throw new Error(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}`);
	}

	/** Throws on what is no whole number. */
	number(name: string): number | undefined {
		const text = this.text(name);
		if (text === '') return undefined;
		if (!/^\d{1,9}$/.test(text)) throw new Error(`Invalid ${name}`);
		return Number(text);
	}
}

/** Work that was done, with these outputs. */
export function doneWork(outputs: { readonly [name: string]: string } = {}, warnings: Work['annotations'] = []): Work {
	return { outcome: 'success', outputs, summary: '', annotations: warnings };
}

/** Says a warning in the log; the annotation that goes with it. */
export function warned(job: RunningJob, message: string): Work['annotations'][number] {
	return { level: 'warning', message, logLine: job.log.say(`Warning: ${message}`) };
}

/** Work that failed as the original fails: with one sentence. A stop of the job or of the step says its own. */
export function failedWork(job: RunningJob, timeout: AbortSignal, error: unknown): Work {
	const stopped = job.stop.signal.aborted ? job.stop.signal : timeout.aborted ? timeout : undefined;
	if (stopped === job.stop.signal && stopped !== undefined) {
		const why = `The operation was canceled: ${messageOf(stopped.reason)}.`;
		return { outcome: 'cancelled', why, outputs: {}, summary: '', annotations: [] };
	}
	return refusedWork(job, {
		code: 'FB2088',
		what: stopped === undefined ? messageOf(error) : messageOf(stopped.reason),
	});
}

/** What an error says. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
