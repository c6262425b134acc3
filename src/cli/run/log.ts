import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, RefusedError } from '#cli/client.ts';
import { terminalText } from '#cli/log-text.ts';
import { type LogTime, timeOf } from '#cli/log-time.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { LogLines, RunView } from '#core/api.ts';
import { isEnded, type Job } from '#core/run.ts';

/** How the lines of a log are printed. */
export interface LogPrinting {
	readonly out: Terminal;
	/** As the file has them, whatever they would do to a terminal. */
	readonly isRaw: boolean;
	readonly time: LogTime;
	/** Only lines that match. */
	readonly pattern: RegExp | undefined;
	/** Said before the first line. */
	readonly head?: string;
	/** Said before each line. */
	readonly prefix?: string;
	/** A server that goes away is waited for, this often. */
	readonly reconnects: number;
	readonly onReconnect?: () => void;
}

/** Lines of a log, both ends included. */
export interface LogRange {
	readonly first: number;
	readonly last: number;
}

export const wholeLog: LogRange = { first: 1, last: Number.POSITIVE_INFINITY };

const pageLines = 5000;
const waitSeconds = 10;
const reconnectMs = 500;

/** Prints a part of a job's log, and waits for what is still to come of it; how many lines that were. */
export async function printLog(
	client: Client,
	{ run, job }: { readonly run: RunView; readonly job: Job },
	{ first, last }: LogRange,
	printing: LogPrinting,
): Promise<number> {
	const { out, pattern, head } = printing;
	const path = `/runs/${run.id}/jobs/${encodeURIComponent(job.key)}/log`;
	const now = Date.now();
	let count = 0;
	for (let from = first; from <= last; ) {
		const limit = Math.min(pageLines, last - from + 1);
		const wait = isEnded(job.status) ? '' : `&wait=${waitSeconds}`;
		const page = await get(client, `${path}?from=${from}&limit=${limit}&attempt=${job.attempt}${wait}`, printing);
		const lines = page.lines.filter(({ text }) => pattern === undefined || pattern.test(terminalText(text, false)));
		const width = String(page.total).length;
		const shown = lines.map((line) => lineOf(line, printing, { now, width, start: job.startedAt }));
		if (shown.length > 0) out.print(...(head === undefined || count > 0 ? [] : [head]), ...shown);
		count += shown.length;
		from += page.lines.length;
		if (page.ended && from > page.total) break;
	}
	return count;
}

function lineOf(
	{ number, at, text }: LogLines['lines'][number],
	{ out, isRaw, time, pattern, prefix = '' }: LogPrinting,
	{ now, width, start }: { readonly now: number; readonly width: number; readonly start: string | undefined },
): string {
	if (isRaw) return prefix + text;
	const told = timeOf(at, time, { now, start });
	// A pipe gets the lines alone; a person gets the numbers by which the page links to them.
	const hasNumber = pattern !== undefined || out.isLive;
	const place = hasNumber ? `${out.paint('dim', `${String(number).padStart(out.isLive ? width : 0)}:`)} ` : '';
	return `${prefix}${told === '' ? '' : `${out.paint('dim', told)}  `}${place}${terminalText(text, out.hasColour)}`;
}

async function get(client: Client, path: string, { reconnects, onReconnect }: LogPrinting): Promise<LogLines> {
	for (let failures = 0; ; failures += 1) {
		try {
			return await client.get<LogLines>(path);
		} catch (error) {
			const isAway = error instanceof RefusedError && error.problems.some(({ code }) => code === 'FB0104');
			if (!isAway || failures >= reconnects) throw error;
			if (failures === 0) onReconnect?.();
			await sleep(reconnectMs);
		}
	}
}
