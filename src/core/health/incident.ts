import type { ObjectiveConfiguration } from '../configuration.ts';
import type { EventOf, Recorded } from '../event.ts';
import { burnRate, burns, inWindow, type MinuteCounts, total } from './objective.ts';
import { isoOf, minuteMs } from './time.ts';

/** An objective that burned: open until `impactEnd` is there. */
export interface Incident extends Omit<EventOf<'incident-opened'>, 'kind'> {
	/** `incident/<id>` without the prefix. */
	readonly id: string;
	readonly detectedAt: string;
	readonly impactEnd?: string;
}

/** What to record about an objective now. */
export type IncidentDecision =
	| { readonly do: 'open'; readonly burnRate: number; readonly what: string; readonly impactStart: string }
	| { readonly do: 'resolve'; readonly impactEnd: string };

/** Folds one event of an incident's stream. */
export function evolveIncident(incident: Incident | undefined, { event, stream, at }: Recorded): Incident | undefined {
	if (event.kind === 'incident-opened') {
		const { kind: _, ...opened } = event;
		return { ...opened, id: stream.slice(stream.indexOf('/') + 1), detectedAt: at };
	}
	if (event.kind === 'incident-resolved' && incident !== undefined) return { ...incident, impactEnd: event.impactEnd };
	return incident;
}

interface Measured {
	readonly objective: ObjectiveConfiguration;
	/** At least the last six hours. */
	readonly samples: readonly MinuteCounts[];
	/** Minutes since the epoch. */
	readonly nowMinute: number;
	/** Start of the incident that is open, ISO 8601; absent when none is. */
	readonly openSince?: string;
}

/**
 * Opens an incident when the budget burns too fast; resolves it when no rule burns any more and the last five minutes had good
 * events and stayed within the budget. Silence resolves nothing: it is no proof of health.
 */
export function decideIncident(measured: Measured): IncidentDecision | undefined {
	const { objective, samples, nowMinute } = measured;
	const burning = burns(objective, samples, nowMinute).filter((rule) => rule.isBurning);
	const [worst] = burning.toSorted((a, b) => (b.shortRate ?? 0) - (a.shortRate ?? 0));
	if (measured.openSince === undefined) {
		if (worst === undefined) return undefined;
		const recent = total(inWindow(samples, nowMinute, worst.shortMinutes));
		const rate = worst.shortRate ?? 0;
		return {
			do: 'open',
			burnRate: rate,
			what: `${objective.name}: ${recent.bad} of ${recent.good + recent.bad} requests failed in ${worst.shortMinutes} minutes, which spends the error budget ${rounded(rate)} times too fast`,
			impactStart: isoOf(impactStart(objective, inWindow(samples, nowMinute, worst.longMinutes)) * minuteMs),
		};
	}
	if (worst !== undefined || !isCalm(objective, inWindow(samples, nowMinute, calmMinutes))) return undefined;
	return { do: 'resolve', impactEnd: impactEnd(objective, samples, measured.openSince) };
}

const calmMinutes = 5;
/** Bad minutes this close to each other are one streak. */
const streakGapMinutes = 5;

function isCalm(objective: ObjectiveConfiguration, samples: readonly MinuteCounts[]): boolean {
	const rate = burnRate(objective.target, samples);
	return rate !== null && rate <= 1;
}

/** Minutes in which more failed than the objective allows, oldest first. */
function badMinutes(objective: ObjectiveConfiguration, samples: readonly MinuteCounts[]): readonly number[] {
	const minutes = Map.groupBy(samples, ({ minute }) => minute);
	const isBad = (counts: readonly MinuteCounts[]) => (burnRate(objective.target, counts) ?? 0) > 1;
	return [...minutes]
		.filter(([, counts]) => isBad(counts))
		.map(([minute]) => minute)
		.toSorted((a, b) => a - b);
}

/** First minute of the streak of bad minutes that goes on now. */
function impactStart(objective: ObjectiveConfiguration, samples: readonly MinuteCounts[]): number {
	const bad = badMinutes(objective, samples);
	let start = bad.at(-1) ?? 0;
	for (const minute of bad.toReversed()) {
		if (start - minute > streakGapMinutes) break;
		start = minute;
	}
	return start;
}

/** End of the last bad minute, and never before the start. */
function impactEnd(objective: ObjectiveConfiguration, samples: readonly MinuteCounts[], openSince: string): string {
	const last = badMinutes(objective, samples).at(-1);
	const end = last === undefined ? openSince : isoOf((last + 1) * minuteMs);
	return end < openSince ? openSince : end;
}

function rounded(rate: number): string {
	return rate < 10 ? rate.toFixed(1) : rate.toFixed(0);
}
