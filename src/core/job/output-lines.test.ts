import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { outputLines } from './output-lines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const all = (...chunks: readonly Uint8Array[]) => {
	const lines = outputLines();
	return [...chunks.flatMap((chunk) => lines.push(chunk)), ...lines.end()];
};

test('lines end at line feeds, and the last needs none', () => {
	assert.deepEqual(
		all(bytes('a\r\nb\n\nc')).map((line) => line.text),
		['a', 'b', '', 'c'],
	);
	assert.deepEqual(
		all(bytes('a\n')).map((line) => line.text),
		['a'],
	);
	assert.deepEqual(all(), []);
});

test('invalid UTF-8 is replaced and loses nothing else, and a character may come in two chunks', () => {
	assert.deepEqual(
		all(Uint8Array.from([0x61, 0xff, 0x62, 0x0a])).map((line) => line.text),
		['a\ufffdb'],
	);
	assert.deepEqual(
		all(Uint8Array.from([0xc3]), Uint8Array.from([0xa9, 0x0a])).map((line) => line.text),
		['é'],
	);
});

test('a long line comes in pieces, a long command whole', () => {
	const pieces = all(bytes(`${'x'.repeat(150_000)}\nnext\n`));
	assert.deepEqual(
		pieces.map(({ text, isStart, isEnd }) => [text.length, isStart, isEnd]),
		[
			[65_536, true, false],
			[65_536, false, false],
			[18_928, false, true],
			[4, true, true],
		],
	);
	assert.equal(all(bytes(`::set-output name=x::${'y'.repeat(200_000)}\n`)).length, 1);
});

test('50 MB without a line feed take time in proportion', () => {
	const lines = outputLines();
	const chunk = bytes('z'.repeat(65_536));
	let length = 0;
	for (let count = 0; count < 800; count++) for (const line of lines.push(chunk)) length += line.text.length;
	for (const line of lines.end()) length += line.text.length;
	assert.equal(length, 800 * 65_536);
});

test('chunks never change the lines', () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é', '𝄞', ':'), maxLength: 50 }),
			fc.integer({ min: 1, max: 7 }),
			(text, size) => {
				const whole = bytes(text);
				const chunks: Uint8Array[] = [];
				for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
				assert.deepEqual(all(...chunks), all(whole));
			},
		),
		{ seed: Number(process.env['SEED'] ?? 20_260_101), numRuns: 1000 },
	);
});
