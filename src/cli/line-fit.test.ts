import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clean, cut, fill, widthOf, wrap } from './line-fit.ts';

describe('a line', () => {
	test('takes as many columns as a terminal gives it', () => {
		assert.equal(widthOf('abc'), 3);
		assert.equal(widthOf('\u001b[31mabc\u001b[39m'), 3);
		assert.equal(widthOf('日本'), 4);
		assert.equal(widthOf('e\u0301'), 1);
		assert.equal(widthOf('✓'), 1);
		assert.equal(widthOf('🚀'), 2);
	});

	test('is cut with an ellipsis, never in the middle of a wide character', () => {
		assert.equal(cut('abcdef', 6), 'abcdef');
		assert.equal(cut('abcdef', 5), 'abcd…');
		assert.equal(cut('日本語', 5), '日本…');
		assert.equal(cut('日本語', 4), '日…');
		assert.equal(fill('ab', 4), 'ab  ');
		assert.equal(widthOf(fill('日本語です', 6)), 6);
	});

	test('is broken between words, and a long word stays whole to be copied', () => {
		assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
		assert.deepEqual(wrap('see http://example.com/very/long', 10), ['see', 'http://example.com/very/long']);
		assert.deepEqual(wrap('', 10), []);
	});

	test('of somebody else cannot steer the terminal', () => {
		assert.equal(clean('a\u001b[2Jb\u0007c\nd\u009b1me'), 'abc de');
	});
});
