import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { foldLines } from './agent-fold.ts';

const counted = <T>(count: number, text: (n: number) => T): T[] =>
	Array.from({ length: count }, (_, index) => text(index));

describe('a log that is folded', () => {
	test('keeps the first of lines that differ in numbers and hashes only, and says how many followed', () => {
		assert.deepEqual(foldLines(['start', ...counted(215, (n) => `ok ${n} in 1.${n} ms`), 'end']), [
			'start',
			'ok 0 in 1.0 ms',
			'… 214 similar lines',
			'end',
		]);
		assert.deepEqual(foldLines(['a 0badcafe', 'a 1badcafe', 'a 12345678', 'a deadbeef']), [
			'a 0badcafe',
			'… 3 similar lines',
		]);
	});

	test('folds blocks of lines that come again and again', () => {
		const loop = counted(10, (n) => [`try ${n}`, 'connect', `refused after ${n} s`]).flat();
		assert.deepEqual(foldLines([...loop, 'gave up']), [
			'try 0',
			'connect',
			'refused after 0 s',
			'… 27 similar lines',
			'gave up',
		]);
	});

	test('leaves alone what is not alike, and what is too little to fold', () => {
		const lines = ['a', 'b', 'b', 'b', 'c', 'error 1', 'error 2'];
		assert.deepEqual(foldLines(lines), lines);
	});

	test('has no colours, no control characters, and of a line that was drawn over what was drawn last', () => {
		assert.deepEqual(foldLines(['\u001b[31mred\u001b[0m', '10%\r100%', '\u001b]0;x\u0007y', 'bell\u0007']), [
			'red',
			'100%',
			'y',
			'bell\\u{7}',
		]);
	});

	test('never loses count of a line', () => {
		const line = fc.constantFrom('a', 'b 1', 'b 2', 'c', '… x', 'd');
		fc.assert(
			fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
				const total = foldLines(lines).reduce((sum, text) => {
					const folded = /^… (\d+) similar lines$/.exec(text)?.[1];
					return sum + (folded === undefined ? 1 : Number(folded));
				}, 0);
				assert.equal(total, lines.length);
			}),
			{ seed: 7, numRuns: 500 },
		);
	});

	test('is folded in a time that grows with its length alone', () => {
		const began = performance.now();
		foldLines(counted(20_000, (n) => `line of its own ${'abcdefghij'[n % 10]}${'klmnop'[n % 6]}${'qrs'[n % 3]}`));
		assert.ok(performance.now() - began < 2000);
	});
});
