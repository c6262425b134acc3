import type { Client } from '#cli/client.ts';
import { clean } from '#cli/line-fit.ts';
import type { RunView } from '#core/api.ts';
import type { Job } from '#core/run.ts';
import { readTail } from './tail.ts';

/** Where somebody would open the editor first. */
export interface FirstError {
	readonly file: string;
	readonly line?: number;
	readonly column?: number;
	readonly message: string;
	/** Line of the job's log. */
	readonly logLine: number;
}

const searched = 400;

/** The first error of each failed job, by key, as its annotations or else the last lines of its failed step tell it. */
export async function firstErrors(client: Client, run: RunView): Promise<ReadonlyMap<string, FirstError>> {
	const found = new Map<string, FirstError>();
	for (const job of run.jobs.filter(({ status }) => status === 'failed')) {
		const error = annotated(job) ?? (await logged(client, run, job));
		if (error !== undefined) found.set(job.key, error);
	}
	return found;
}

function annotated({ steps }: Job): FirstError | undefined {
	for (const { file, level, line, column, message, logLine } of steps.flatMap((step) => step.annotations)) {
		if (file === undefined || level !== 'error') continue;
		return {
			file,
			...(line === undefined ? {} : { line }),
			...(column === undefined ? {} : { column }),
			message,
			logLine,
		};
	}
	return undefined;
}

async function logged(client: Client, run: RunView, job: Job): Promise<FirstError | undefined> {
	const tail = await readTail(client, run, job, searched).catch(() => undefined);
	if (tail === undefined) return undefined;
	const error = errorIn(tail.lines.map(clean));
	return error === undefined ? undefined : { ...error, logLine: tail.from + error.logLine };
}

/** `src/a.ts:3:7: error ...`, `src/a.ts(3,7): error ...`, `File "a.py", line 3`, `at f (src/a.js:3:7)`. `logLine` counts from 0. */
export function errorIn(lines: readonly string[]): FirstError | undefined {
	const places = lines.flatMap((text, logLine) => {
		const match = forms.map((form) => form.exec(text)).find((one) => one !== null);
		const { file, line, column } = match?.groups ?? {};
		// Code of others is where an error shows, and seldom where it is.
		if (file === undefined || line === undefined || foreign.test(file)) return [];
		const place = { file: file.replace(/^(?:file:\/\/|\.\/)/, ''), line: Number(line) };
		const message = messageAt(lines, logLine);
		return { ...place, ...(column === undefined ? {} : { column: Number(column) }), message, logLine };
	});
	return places.find(({ message }) => complains.test(message)) ?? places[0];
}

/** A frame of a stack says where; the complaint above it says what. */
function messageAt(lines: readonly string[], at: number): string {
	const text = (lines[at] ?? '').trim();
	if (!frame.test(text)) return text;
	return (lines.slice(0, at).findLast((line) => !frame.test(line.trim()) && complains.test(line)) ?? text).trim();
}

const frame = /^at\s/;
const path = String.raw`(?<file>(?:file:\/\/)?[\w@.+~/\\-]*[\w-]\.[A-Za-z]\w{0,9})`;
const forms = [
	new RegExp(String.raw`(?:^|[\s('"\[])${path}:(?<line>\d+)(?::(?<column>\d+))?\b`),
	new RegExp(String.raw`(?:^|\s)${path}\((?<line>\d+),(?<column>\d+)\)`),
	/File "(?<file>[^"]+)", line (?<line>\d+)/,
];
const foreign = /(?:^|\/)(?:node_modules|site-packages|dist-packages|\.cargo\/registry|node:|usr\/lib)\b/;
const complains = /error\b|\bfail|\bassert|\bpanic|exception|✖|✕|✗|×/i;
