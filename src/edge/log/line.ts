import type { LogLine } from './log.ts';

/** Takes `<ISO time> <text>` apart; a line that was torn before its text gets `fallbackAt`, and is shown as it is. */
export function parseLine(raw: string, number: number, fallbackAt: string): LogLine {
	if (stamped.test(raw)) return { number, at: raw.slice(0, stampLength), text: raw.slice(stampLength + 1) };
	return { number, at: fallbackAt, text: raw };
}

const stamped = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z( |$)/;
const stampLength = '2026-01-01T00:00:00.000Z'.length;
