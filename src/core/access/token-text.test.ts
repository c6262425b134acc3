import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { isTokenText, tokenBytes, tokenOf } from './token-text.ts';

test('a token is told from a word, and from a token with one letter changed', () => {
	for (let count = 0; count < 200; count++) {
		const token = tokenOf(randomBytes(tokenBytes));
		assert.match(token, /^fb_[0-9A-Za-z]{38}$/);
		assert.ok(isTokenText(token));
		const place = 3 + (count % 38);
		const other = token[place] === 'x' ? 'y' : 'x';
		assert.ok(!isTokenText(token.slice(0, place) + other + token.slice(place + 1)), `${token} at ${place}`);
	}
	for (const text of ['', 'fb_', `fb_${'0'.repeat(38)}`, `FB_${'a'.repeat(38)}`]) assert.ok(!isTokenText(text), text);
});

test('the check is the CRC-32 that everybody can compute', () => {
	const token = tokenOf(new Uint8Array(tokenBytes).fill(7));
	const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
	const check = [...token.slice(-6)].reduce((sum, letter) => sum * 62 + letters.indexOf(letter), 0);
	assert.equal(check, crc32(token.slice(0, -6)));
});

test('bytes that would make some letters likelier are thrown away, and too few bytes make no token', () => {
	assert.throws(() => tokenOf(new Uint8Array(tokenBytes).fill(255)));
	assert.throws(() => tokenOf(new Uint8Array(31)));
});
