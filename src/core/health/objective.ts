import type { ObjectiveView } from '../api.ts';
import type { ObjectiveConfiguration } from '../configuration.ts';
import { dayMinutes, hourMinutes, isoOf, minuteMs } from './time.ts';

/** Good and bad events of one minute (minutes since the epoch). Several of one minute add up. A minute without events may be missing. */
export interface MinuteCounts {
	readonly minute: number;
	readonly good: number;
	readonly bad: number;
}

/** Two windows that must both burn faster than `factor` times what the budget allows: the long one says that it matters, the short one that it still goes on. */
export interface BurnRule {
	readonly longMinutes: number;
	readonly shortMinutes: number;
	readonly factor: number;
}

/** A rule with what was measured against it; a rate without events is null. */
export interface Burn extends BurnRule {
	readonly longRate: number | null;
	readonly shortRate: number | null;
	readonly isBurning: boolean;
}

/** How far back `burns` looks. */
export const burnLookbackMinutes = 6 * hourMinutes;

/** Share of the period's budget that may go in the long window before somebody must act, as Google's workbook has it. */
const pages = [
	{ budget: 0.02, longMinutes: hourMinutes, shortMinutes: 5 },
	{ budget: 0.05, longMinutes: 6 * hourMinutes, shortMinutes: 30 },
] as const;

/** On short periods the shares would call for help at a burn that is nearly normal: factors are never below those of 28 days. */
const shortestPeriodDays = 28;

/** One bad event of few is no emergency, whatever share it is. */
const leastBad = 3;
const leastBadMinutes = 2;

/** The burn-rate rules for an objective's period: 14.4 and 6 for 30 days. */
export function burnRules(windowDays: number): readonly BurnRule[] {
	const period = Math.max(windowDays, shortestPeriodDays) * dayMinutes;
	return pages.map(({ budget, longMinutes, shortMinutes }) => ({
		longMinutes,
		shortMinutes,
		factor: (budget * period) / longMinutes,
	}));
}

/** How fast the error budget goes at `nowMinute` (the minute under way counts), by every rule. Samples of the last six hours are enough. */
export function burns(
	objective: ObjectiveConfiguration,
	samples: readonly MinuteCounts[],
	nowMinute: number,
): readonly Burn[] {
	return burnRules(objective.windowDays).map((rule) => {
		const long = inWindow(samples, nowMinute, rule.longMinutes);
		const longRate = burnRate(objective.target, long);
		const shortRate = burnRate(objective.target, inWindow(samples, nowMinute, rule.shortMinutes));
		const isFast = exceeds(longRate, rule.factor) && exceeds(shortRate, rule.factor);
		return { ...rule, longRate, shortRate, isBurning: isFast && isEnough(long) };
	});
}

/** Share of bad events over the share that the objective allows: 1 spends exactly the budget, null means that nothing happened. */
export function burnRate(target: number, samples: readonly MinuteCounts[]): number | null {
	const { good, bad } = total(samples);
	return good + bad === 0 ? null : bad / (good + bad) / (1 - target);
}

/** Share of the error budget that is left, from all events of the period; negative when overspent, null without events. */
export function budgetLeft(target: number, samples: readonly MinuteCounts[]): number | null {
	const rate = burnRate(target, samples);
	return rate === null ? null : 1 - rate;
}

/** The samples of the last `minutes`, the one under way included. */
export function inWindow(
	samples: readonly MinuteCounts[],
	nowMinute: number,
	minutes: number,
): readonly MinuteCounts[] {
	return samples.filter(({ minute }) => minute > nowMinute - minutes && minute <= nowMinute);
}

/** Sum of samples. */
export function total(samples: readonly MinuteCounts[]): { readonly good: number; readonly bad: number } {
	return samples.reduce((sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }), { good: 0, bad: 0 });
}

/** What surfaces show of an objective, from the samples of its whole period. */
export function objectiveView(
	objective: ObjectiveConfiguration,
	samples: readonly MinuteCounts[],
	nowMinute: number,
): ObjectiveView {
	const period = inWindow(samples, nowMinute, objective.windowDays * dayMinutes);
	const { good, bad } = total(period);
	const rules = burns(objective, period, nowMinute);
	return {
		...objective,
		good,
		bad,
		indicator: good + bad === 0 ? null : good / (good + bad),
		budgetLeft: budgetLeft(objective.target, period),
		burn: rules.flatMap((rule) => [
			{ window: windowName(rule.shortMinutes), rate: rule.shortRate },
			{ window: windowName(rule.longMinutes), rate: rule.longRate },
		]),
		series: hours(period, nowMinute),
	};
}

/** Every hour from the first with events to the one under way. */
function hours(samples: readonly MinuteCounts[], nowMinute: number): ObjectiveView['series'] {
	const hourOf = (minute: number) => Math.floor(minute / hourMinutes);
	const sums = new Map<number, { good: number; bad: number }>();
	for (const { minute, good, bad } of samples) {
		const sum = sums.get(hourOf(minute)) ?? { good: 0, bad: 0 };
		sums.set(hourOf(minute), { good: sum.good + good, bad: sum.bad + bad });
	}
	if (sums.size === 0) return [];
	const first = sums.keys().reduce((a, b) => Math.min(a, b));
	return Array.from({ length: hourOf(nowMinute) - first + 1 }, (_, index) => ({
		at: isoOf((first + index) * hourMinutes * minuteMs),
		...(sums.get(first + index) ?? { good: 0, bad: 0 }),
	}));
}

function windowName(minutes: number): string {
	return minutes < hourMinutes ? `${minutes} min` : `${minutes / hourMinutes} h`;
}

function exceeds(rate: number | null, factor: number): boolean {
	return rate !== null && rate > factor;
}

function isEnough(samples: readonly MinuteCounts[]): boolean {
	const badMinutes = new Set(samples.filter(({ bad }) => bad > 0).map(({ minute }) => minute));
	return total(samples).bad >= leastBad && badMinutes.size >= leastBadMinutes;
}
