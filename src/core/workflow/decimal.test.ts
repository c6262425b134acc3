import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimal } from './decimal.ts';

test('a number reads as .NET writes it with G15', () => {
	const table: readonly (readonly [number, string])[] = [
		[0, '0'],
		[-0, '0'],
		[1.1, '1.1'],
		[100, '100'],
		[0.1 + 0.2, '0.3'],
		[1234567.123456789, '1234567.12345679'],
		[0.00001, '1E-05'],
		[0.0001, '0.0001'],
		[123456789012345, '123456789012345'],
		[1234567890123456, '1.23456789012346E+15'],
		[1e21, '1E+21'],
		[-2.5e-7, '-2.5E-07'],
		[Number.NaN, 'NaN'],
		[Number.NEGATIVE_INFINITY, '-Infinity'],
	];
	for (const [value, text] of table) assert.equal(decimal(value), text);
});

test('a number comes back from its text to 15 digits', () => {
	fc.assert(
		fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
			assert.equal(Number(decimal(value)), Number(value.toPrecision(15)) + 0);
		}),
	);
});
