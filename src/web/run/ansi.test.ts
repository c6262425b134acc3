import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Colour, parseAnsi, type Rgb } from './ansi.ts';
import { contrast, inkOn, readable } from './contrast.ts';

const esc = '\u001b';

test('colours and weight become segments, and what comes after a reset is plain', () => {
	assert.deepEqual(parseAnsi(`a${esc}[1;31mb${esc}[0mc`), [
		{ text: 'a', style: {} },
		{ text: 'b', style: { bold: true, ink: 1 } },
		{ text: 'c', style: {} },
	]);
});

test('ending one attribute leaves the others', () => {
	const styles = parseAnsi(`${esc}[1;2;31;42ma${esc}[22mb${esc}[39mc${esc}[49md`).map(({ style }) => style);
	assert.deepEqual(styles, [{ bold: true, dim: true, ink: 1, ground: 2 }, { ink: 1, ground: 2 }, { ground: 2 }, {}]);
});

test('the 256 colours and 24 bits are understood, written with semicolons or colons', () => {
	const ink = (codes: string): Colour | undefined => parseAnsi(`${esc}[${codes}mx`)[0]?.style.ink;
	assert.equal(ink('38;5;9'), 9);
	assert.equal(ink('95'), 13);
	assert.deepEqual(ink('38;5;196'), [255, 0, 0]);
	assert.deepEqual(ink('38;5;238'), [68, 68, 68]);
	assert.deepEqual(ink('38;2;1;2;3'), [1, 2, 3]);
	assert.deepEqual(ink('38:5:21'), [0, 0, 255]);
});

test('whatever steers a terminal and shows nothing is taken out', () => {
	const noise = [
		`${esc}[2K`,
		`${esc}[1A`,
		`${esc}[?25l`,
		`${esc}]0;title\u0007`,
		`${esc}]8;;https://x${esc}\\`,
		'\u0007',
		`${esc}M`,
		esc,
	];
	for (const code of noise) {
		const text = parseAnsi(`a${code}b`)
			.map((segment) => segment.text)
			.join('');
		assert.equal(text, 'ab', JSON.stringify(code));
	}
});

test('a progress bar shows what it wrote last', () => {
	assert.deepEqual(parseAnsi('10 %\r50 %\r100 %'), [{ text: '100 %', style: {} }]);
	assert.deepEqual(parseAnsi('done\r'), [{ text: 'done', style: {} }]);
	assert.deepEqual(parseAnsi(''), []);
});

test('a line of a million escapes is parsed in a moment', () => {
	const began = performance.now();
	const segments = parseAnsi(`${esc}[31mx${esc}[`.repeat(100_000));
	assert.ok(segments.length > 0);
	assert.ok(performance.now() - began < 2000);
});

test('every colour can be read on light and on dark ground, and one that can be is left alone', () => {
	const grounds: readonly Rgb[] = [
		[255, 255, 255],
		[25, 26, 29],
	];
	for (let code = 16; code < 256; code++) {
		const colour = parseAnsi(`${esc}[38;5;${code}mx`)[0]?.style.ink as Rgb;
		for (const ground of grounds) {
			const shown = readable(colour, ground);
			assert.ok(contrast(shown, ground) >= 4.5, `${code} on ${ground}`);
			if (contrast(colour, ground) >= 4.6) assert.deepEqual(shown, colour);
		}
		assert.ok(contrast(inkOn(colour), colour) >= 4.5);
	}
});
