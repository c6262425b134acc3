import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nextTime, readCron } from './cron.ts';

function next(expression: string, after: string): string | undefined {
	const cron = readCron(expression);
	assert.ok(typeof cron !== 'string', `${expression}: ${cron as string}`);
	const time = nextTime(cron, Date.parse(after));
	return time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);
}

describe('a cron expression', () => {
	test('says the next time, in UTC', () => {
		const cases: readonly (readonly [expression: string, after: string, expected: string | undefined])[] = [
			['* * * * *', '2026-11-23T10:00:00Z', '2026-11-23T10:01'],
			['*/15 * * * *', '2026-11-23T10:46:10Z', '2026-11-23T11:00'],
			['5/20 * * * *', '2026-11-23T10:06:00Z', '2026-11-23T10:25'],
			['30 5,17 * * *', '2026-11-23T05:30:00Z', '2026-11-23T17:30'],
			['0 0 * * MON-FRI', '2026-11-20T10:00:00Z', '2026-11-23T00:00'],
			['0 0 1 JAN *', '2026-11-20T10:00:00Z', '2027-01-01T00:00'],
			['0 0 29 2 *', '2026-11-20T10:00:00Z', '2028-02-29T00:00'],
			['0 12 13 * 5', '2026-11-20T13:00:00Z', '2026-11-27T12:00'],
			['0 0 31 4 *', '2026-11-20T10:00:00Z', undefined],
			['0 0 * * 0', '2026-11-21T10:00:00Z', '2026-11-22T00:00'],
		];
		for (const [expression, after, expected] of cases) assert.equal(next(expression, after), expected, expression);
	});

	test('that cannot be one is told with its field', () => {
		const cases: readonly (readonly [expression: string, why: RegExp])[] = [
			['* * * *', /has 4 fields/],
			['60 * * * *', /minute '60'/],
			['* 24 * * *', /hour '24'/],
			['* * 0 * *', /day of the month '0'/],
			['* * * 13 *', /month '13'/],
			['* * * * 7', /day of the week '7'/],
			['* * * FOO *', /month 'FOO'/],
			['*/0 * * * *', /step '0'/],
			['5-1 * * * *', /ends before it begins/],
			['1-2-3 * * * *', /minute '1-2-3'/],
			['@daily', /not one of the five fields/],
		];
		for (const [expression, why] of cases) assert.match(readCron(expression) as string, why, expression);
	});

	test('agrees with a walk through every minute', () => {
		const range = (least: number, most: number) => fc.integer({ min: least, max: most }).map(String);
		const field = (least: number, most: number) =>
			fc.oneof(
				fc.constant('*'),
				range(least, most),
				fc.constant('*/3'),
				fc.tuple(range(least, most), range(least, most)).map((two) => two.join(',')),
			);
		const expression = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6));
		fc.assert(
			fc.property(expression, fc.integer({ min: 0, max: 4e12 }), (parts, after) => {
				const cron = readCron(parts.join(' '));
				assert.ok(typeof cron !== 'string');
				const time = nextTime(cron, after);
				assert.ok(time !== undefined && time > after);
				const date = new Date(time);
				const byDay = cron.days.has(date.getUTCDate());
				const byWeekday = cron.weekdays.has(date.getUTCDay());
				assert.ok(cron.minutes.has(date.getUTCMinutes()) && cron.hours.has(date.getUTCHours()));
				assert.ok(cron.months.has(date.getUTCMonth() + 1));
				assert.ok(cron.isEitherDay ? byDay || byWeekday : byDay && byWeekday);
			}),
			{ numRuns: 300 },
		);
	});
});
