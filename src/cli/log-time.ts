import { formatDuration } from '#core/time-text.ts';

export const logTimes = ['none', 'relative', 'local', 'utc'] as const;
/** How the time of a line is told: not at all, since the job's start, on this machine's clock, or in UTC. */
export type LogTime = (typeof logTimes)[number];

/** The time of a line; empty for `none`. */
export function timeOf(
	at: string,
	as: LogTime,
	{ now, start }: { readonly now: number; readonly start: string | undefined },
): string {
	switch (as) {
		case 'none':
			return '';
		case 'relative':
			return formatDuration(Date.parse(at) - (start === undefined ? now : Date.parse(start))).padStart(8);
		case 'local':
			return new Date(at).toLocaleTimeString('en-GB', { hour12: false, fractionalSecondDigits: 3 });
		case 'utc':
			return at;
	}
}
