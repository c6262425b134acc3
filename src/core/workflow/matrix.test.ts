import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../plan.ts';
import { expandMatrix } from './matrix.ts';

function namesOf(matrix: Json): readonly string[] {
	const combinations = expandMatrix(matrix);
	if (typeof combinations === 'string') assert.fail(combinations);
	return combinations.map(({ shown }) => shown.join());
}

describe('a matrix', () => {
	test('compares filters as expressions compare', () => {
		const matrix = { v: [18, '20', true, null], exclude: [{ v: '18' }, { v: 20 }, { v: 1 }, { v: 0 }] };
		assert.equal(expandMatrix(matrix), 'the matrix has no combination');
	});

	test('matches inside objects, and a list by its beginning', () => {
		const matrix = {
			os: [
				{ name: 'Linux', tags: ['a', 'b'] },
				{ name: 'mac', tags: [] },
			],
			v: [1],
			exclude: [{ OS: { NAME: 'linux', tags: ['a'] } }],
		};
		assert.deepEqual(namesOf(matrix), ['mac,1']);
	});

	test('lets a later include overwrite an added value, and never an original one', () => {
		const combinations = expandMatrix({
			v: [1],
			include: [{ color: 'red' }, { v: 1, color: 'blue' }, { v: 2, color: 'none' }],
		});
		assert.deepEqual(combinations, [
			{ values: { v: 1, color: 'blue' }, shown: ['1'] },
			{ values: { v: 2, color: 'none' }, shown: ['2', 'none'] },
		]);
	});

	test('counts before it builds', () => {
		const values = Array.from({ length: 20 }, (_, index) => index);
		const bomb = Object.fromEntries([...'abcdefgh'].map((name) => [name, values]));
		assert.equal(expandMatrix(bomb), 'the matrix has 25,600,000,000 jobs; at most 256 are allowed');
		assert.equal(
			expandMatrix({ include: Array.from({ length: 257 }, (_, v) => ({ v })) }),
			'the matrix has 257 jobs; at most 256 are allowed',
		);
	});

	test('says what it cannot be made of', () => {
		const wrong: readonly Json[] = [
			[],
			'x',
			{ v: 'x' },
			{ v: [] },
			{ v: [1], exclude: [{}] },
			{ v: [1], exclude: [{ w: 1 }] },
			{ include: 'x' },
			{ include: [1] },
			{},
		];
		for (const matrix of wrong) assert.equal(typeof expandMatrix(matrix), 'string', JSON.stringify(matrix));
	});

	test('without filters is the product, each combination once, the last list turning fastest', () => {
		const list = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 });
		fc.assert(
			fc.property(list, list, list, (a, b, c) => {
				const expected = a.flatMap((x) => b.flatMap((y) => c.map((z) => `${x},${y},${z}`)));
				assert.deepEqual(namesOf({ a, b, c }), expected);
				const [first] = expected;
				const without = expandMatrix({ a, b, c, exclude: [{ a: a[0] ?? 0, b: b[0] ?? 0, c: c[0] ?? 0 }] });
				const left = typeof without === 'string' ? [] : without.map(({ shown }) => shown.join());
				assert.deepEqual(
					left,
					expected.filter((name) => name !== first),
				);
			}),
		);
	});
});
