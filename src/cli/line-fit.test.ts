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

	test('LOG-12: of somebody else cannot steer the terminal, and shows what cannot be seen', () => {
		const name = 'a\u001b[2Jb\u0007c\nd\u009b1me\u202ef\0g\rh';
		assert.equal(clean(name), 'ab\\u{7}c de\\u{202e}f\\u{0}g\\u{d}h');
		// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
		const steering = /[\u0000-\u001f\u007f-\u009f\u202e]/;
		assert.match(name, steering, 'as it came, it would reach the terminal');
		assert.doesNotMatch(clean(name), steering);
	});

	test('keeps its colours where it is cut, and ends them', () => {
		assert.equal(cut('\u001b[31mabcdef\u001b[39m', 4), '\u001b[31mabc…\u001b[0m');
		assert.equal(cut('\u001b[31mabc\u001b[39m', 3), '\u001b[31mabc\u001b[39m');
		assert.equal(cut('abc', 0), '');
	});
});
