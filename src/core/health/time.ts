/** ISO 8601, UTC, with milliseconds, as every event has it. */
export function isoOf(ms: number): string {
	return Temporal.Instant.fromEpochMilliseconds(ms).toString({ fractionalSecondDigits: 3 });
}

/** Milliseconds since the epoch; throws on what is no ISO 8601 instant. */
export function msOf(iso: string): number {
	return Temporal.Instant.from(iso).epochMilliseconds;
}

export const minuteMs = 60_000;
export const hourMinutes = 60;
export const dayMinutes = 24 * hourMinutes;
