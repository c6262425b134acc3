import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preview } from '../../src/preview.js';

test('a preview is the first line of a note', () => {
	assert.equal(preview('  Buy milk\nand bread'), 'Buy milk');
});

test('a line that just fits is shown whole', () => {
	assert.equal(preview('12345678', 8), '12345678');
});

test('a longer one is cut, and says so', () => {
	assert.equal(preview('123456789', 8), '1234567…');
});
