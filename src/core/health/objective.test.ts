import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetLeft, burnRules, burns, type MinuteCounts, objectiveView } from './objective.ts';

const objective = { name: 'availability', target: 0.999, windowDays: 30 };
const now = 29_000_000;
/** `minutes` minutes that end now, `each` events a minute, of which a share is bad. */
const traffic = (minutes: number, each: number, badShare: number): readonly MinuteCounts[] =>
	Array.from({ length: minutes }, (_, ago) => ({
		minute: now - ago,
		good: each * (1 - badShare),
		bad: each * badShare,
	}));
const near = (actual: number | null | undefined, expected: number) =>
	assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-9, `${actual} is not ${expected}`);

test('the factors are those of the workbook for 30 and 28 days, and never lower for a shorter period', () => {
	const factors = (days: number) => burnRules(days).map((rule) => Number(rule.factor.toFixed(4)));
	assert.deepEqual(factors(30), [14.4, 6]);
	assert.deepEqual(factors(28), [13.44, 5.6]);
	assert.deepEqual(factors(7), [13.44, 5.6]);
	assert.deepEqual(factors(90), [43.2, 18]);
});

test('a total outage burns at the highest rate that the target allows', () => {
	const [fast, slow] = burns(objective, traffic(360, 60, 1), now);
	near(fast?.longRate, 1000);
	near(slow?.shortRate, 1000);
	assert.deepEqual([fast?.isBurning, slow?.isBurning], [true, true]);
});

test('an outage is found when the long window has lost its share of the budget, and forgotten when the short one is clean', () => {
	// One minute of total failure in an hour: 1/60 of the hour's events, 16.7 times the budget of 99.9 %.
	const outage = (from: number, minutes: number) =>
		traffic(360, 60, 0).map((sample) =>
			sample.minute >= from && sample.minute < from + minutes ? { ...sample, good: 0, bad: 60 } : sample,
		);
	const isBurning = (samples: readonly MinuteCounts[]) => burns(objective, samples, now).map((rule) => rule.isBurning);
	assert.deepEqual(isBurning(outage(now, 1)), [false, false], 'one minute alone may be a blip');
	assert.deepEqual(isBurning(outage(now - 1, 2)), [true, false]);
	assert.deepEqual(
		isBurning(outage(now - 20, 10)),
		[false, true],
		"clean for ten minutes, but half of the six hours' budget is gone",
	);
	assert.deepEqual(isBurning(outage(now - 120, 10)), [false, false]);
});

test('few bad events are no emergency, whatever share of little traffic they are', () => {
	const few = (bad: readonly number[]) => bad.map((count, ago) => ({ minute: now - ago, good: 1, bad: count }));
	const isBurning = (samples: readonly MinuteCounts[]) => burns(objective, samples, now).some((rule) => rule.isBurning);
	assert.equal(isBurning(few([1, 1])), false);
	assert.equal(isBurning(few([9])), false, 'all in one minute');
	assert.equal(isBurning(few([2, 1])), true);
});

test('without events there is no rate, no budget and no indicator, and nothing burns', () => {
	assert.deepEqual(
		burns(objective, [], now).map(({ longRate, shortRate, isBurning }) => [longRate, shortRate, isBurning]),
		[
			[null, null, false],
			[null, null, false],
		],
	);
	assert.equal(budgetLeft(0.999, []), null);
	const view = objectiveView(objective, [{ minute: now - 5, good: 0, bad: 0 }], now);
	assert.deepEqual([view.indicator, view.budgetLeft, view.good, view.bad], [null, null, 0, 0]);
	assert.deepEqual(objectiveView(objective, [], now).series, []);
});

test('the budget that is left counts events, not averages of ratios, and may be overspent', () => {
	near(budgetLeft(0.99, [{ minute: 1, good: 975, bad: 25 }]), -1.5);
	near(budgetLeft(0.99, [{ minute: 1, good: 1000, bad: 0 }]), 1);
	// 287 slices of one good request and one of 10,000 with 1,000 errors: 9.72 % of the events failed.
	const slices = [
		...Array.from({ length: 287 }, (_, minute) => ({ minute, good: 1, bad: 0 })),
		{ minute: 287, good: 9000, bad: 1000 },
	];
	near(budgetLeft(0.9, slices), 1 - 1000 / 10_287 / 0.1);
});

test('the view has the period only, every hour of it, and the rates by window', () => {
	const start = Date.UTC(2026, 0, 5, 12) / 60_000;
	const samples = [
		{ minute: start - 31 * 1440, good: 99, bad: 99 },
		{ minute: start - 125, good: 3, bad: 1 },
		{ minute: start - 124, good: 1, bad: 0 },
		{ minute: start + 1, good: 10, bad: 0 },
	];
	const view = objectiveView(objective, samples, start + 2);
	assert.deepEqual([view.good, view.bad, view.name, view.windowDays], [14, 1, 'availability', 30]);
	assert.deepEqual(view.series, [
		{ at: '2026-01-05T09:00:00.000Z', good: 4, bad: 1 },
		{ at: '2026-01-05T10:00:00.000Z', good: 0, bad: 0 },
		{ at: '2026-01-05T11:00:00.000Z', good: 0, bad: 0 },
		{ at: '2026-01-05T12:00:00.000Z', good: 10, bad: 0 },
	]);
	assert.deepEqual(
		view.burn.map(({ window }) => window),
		['5 min', '1 h', '30 min', '6 h'],
	);
	assert.deepEqual(
		view.burn.map(({ rate }) => (rate === null ? null : Math.round(rate))),
		[0, 0, 0, 67],
	);
});
