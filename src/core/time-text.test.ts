import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAgo, formatDuration } from './time-text.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test('a duration is told in at most two units, and never rounds up into a unit that is not there', () => {
	const told: readonly (readonly [number, string])[] = [
		[-5, '0 ms'],
		[0, '0 ms'],
		[339.6, '340 ms'],
		[999.4, '999 ms'],
		[999.6, '1.0 s'],
		[4_249, '4.2 s'],
		[9_949, '9.9 s'],
		[9_950, '10 s'],
		[59_499, '59 s'],
		[59_500, '1 min'],
		[161 * second, '2 min 41 s'],
		[hour - 500, '1 h'],
		[3 * hour + 5 * minute, '3 h 5 min'],
		[day - second, '1 d'],
		[12 * day + 4 * hour, '12 d 4 h'],
	];
	for (const [ms, text] of told) assert.equal(formatDuration(ms), text, `${ms} ms`);
});

test('an age is told in one unit, rounded down, so that nothing looks older than it is', () => {
	const told: readonly (readonly [number, string])[] = [
		[-1000, 'just now'],
		[4_999, 'just now'],
		[59_999, '59 s ago'],
		[minute, '1 min ago'],
		[hour - 1, '59 min ago'],
		[47 * hour, '47 h ago'],
		[2 * day, '2 d ago'],
		[400 * day, '400 d ago'],
	];
	for (const [ms, text] of told) assert.equal(formatAgo(ms), text, `${ms} ms`);
});
