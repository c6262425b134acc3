import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputLines } from './output-lines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const seed = Number(process.env['SEED'] ?? 20_260_101);

/** What a sink was given; neighbouring bytes are one text, because how they are cut does not matter. */
type Taken = ['plain' | 'line', string][];

function taken(chunks: readonly Uint8Array[], wantsLines: (line: number) => boolean = () => false): Taken {
	const parts: { readonly kind: 'plain' | 'line'; bytes: Buffer }[] = [];
	let count = 0;
	const lines = new OutputLines({
		plain(part) {
			const last = parts.at(-1);
			if (last?.kind === 'plain') last.bytes = Buffer.concat([last.bytes, part]);
			else parts.push({ kind: 'plain', bytes: Buffer.from(part) });
		},
		line(text) {
			count += 1;
			parts.push({ kind: 'line', bytes: Buffer.from(text) });
		},
		get wantsLines() {
			return wantsLines(count);
		},
	});
	for (const chunk of chunks) lines.push(chunk);
	lines.end();
	return parts.map((part) => [part.kind, part.bytes.toString('latin1')]);
}

const chunksOf = (whole: Uint8Array, size: number): readonly Uint8Array[] =>
	Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
		whole.subarray(index * size, (index + 1) * size),
	);

test('lines that may be commands come as lines, the rest as the bytes they are', () => {
	assert.deepEqual(taken([bytes('a\r\n::b::c\r\n\n std::d\n \t##[e]f\n##g\n::h')]), [
		['plain', 'a\r\n'],
		['line', '::b::c'],
		['plain', '\n std::d\n'],
		['line', ' \t##[e]f'],
		['plain', '##g\n'],
		['line', '::h'],
	]);
	assert.deepEqual(taken([]), []);
	assert.deepEqual(taken([Uint8Array.of(0x61, 0xff, 0x0a)]), [['plain', 'a\u00ff\n']]);
});

test('LOG-03: a carriage return does not end a line, so what follows it is no command', () => {
	const progress = bytes('10%\r::warning::x\n\r##[error]y\n');
	assert.deepEqual(taken([progress]), [['plain', '10%\r::warning::x\n\r##[error]y\n']]);
	// A reader that ends lines at carriage returns, as the one of GitHub does, finds both.
	const found = new TextDecoder()
		.decode(progress)
		.split(/\r\n?|\n/)
		.filter((line) => /^(::|##\[)/.test(line));
	assert.deepEqual(found, ['::warning::x', '##[error]y']);
});

test('every line comes as a line where that is asked for, and it may be asked for in the middle', () => {
	assert.deepEqual(
		taken([bytes('a\nb\r\n\nc')], () => true),
		[
			['line', 'a'],
			['line', 'b'],
			['line', ''],
			['line', 'c'],
		],
	);
	assert.deepEqual(
		taken([bytes('a\n::on::\nb\nc\nd\n')], (line) => line === 1 || line === 2),
		[
			['plain', 'a\n'],
			['line', '::on::'],
			['line', 'b'],
			['line', 'c'],
			['plain', 'd\n'],
		],
	);
});

test('a line that is too long to keep is passed on, a command may be longer', () => {
	const long = `${'x'.repeat(150_000)}\nnext\n`;
	for (const size of [150_100, 65_536, 1000]) {
		assert.deepEqual(
			taken(chunksOf(bytes(long), size), () => true),
			[
				['plain', `${'x'.repeat(150_000)}\n`],
				['line', 'next'],
			],
		);
		const command = `  ::set-output name=x::${'y'.repeat(200_000)}`;
		for (const wantsLines of [true, false])
			assert.deepEqual(
				taken(chunksOf(bytes(`${command}\n`), size), () => wantsLines),
				[['line', command]],
			);
	}
	const tooLong = `::${'y'.repeat(1_100_000)}\n::z\n`;
	assert.deepEqual(taken(chunksOf(bytes(tooLong), 65_536)), [
		['plain', tooLong.slice(0, -4)],
		['line', '::z'],
	]);
});

test('bytes are valid during the call only: what is kept was copied', () => {
	const buffer = Buffer.from('  ::warn');
	const lines: string[] = [];
	const output = new OutputLines({ plain: () => {}, line: (text) => lines.push(text), wantsLines: false });
	output.push(buffer.subarray(0, 3));
	output.push(buffer.subarray(3));
	buffer.fill('#');
	output.push(bytes('ing::x\n'));
	assert.deepEqual(lines, ['  ::warning::x']);
});

const size = fc.integer({ min: 1, max: 9 });
const output = fc
	.array(
		fc.constantFrom('a', ':', '::', '#', '##', '##[', '[', ']', ' ', '\t', '\r', '\n', '\n', 'é', ' '.repeat(255)),
		{
			maxLength: 40,
		},
	)
	.map((parts) => parts.join(''));

test('chunks never change what is found, whether every line is asked for or not', () => {
	fc.assert(
		fc.property(output, size, fc.boolean(), (text, length, wantsLines) => {
			const whole = bytes(text);
			const every = () => wantsLines;
			assert.deepEqual(taken(chunksOf(whole, length), every), taken([whole], every));
		}),
		{ seed, numRuns: 5000 },
	);
});

test('exactly the lines that begin with the mark of a command are found, and no byte is lost', () => {
	fc.assert(
		fc.property(output, (text) => {
			const lines = Buffer.from(text).toString('latin1').split('\n');
			const expected: Taken[number][] = [];
			for (const [index, line] of lines.entries()) {
				const isLast = index === lines.length - 1;
				const isCommand = /^[ \t]{0,256}(?:::|##\[)/.test(line);
				// The beginning of a mark at the very end was kept, and comes as a line.
				const isKept = isLast && line !== '' && /^[ \t]{0,256}(?:|:|##?)$/.test(line);
				const last = expected.at(-1);
				if (isCommand || isKept) expected.push(['line', line.replace(/\r$/, '')]);
				else if (last?.[0] === 'plain') last[1] += isLast ? line : `${line}\n`;
				else if (!isLast || line !== '') expected.push(['plain', isLast ? line : `${line}\n`]);
			}
			assert.deepEqual(taken([bytes(text)]), expected);
		}),
		{ seed, numRuns: 5000 },
	);
});

test('time is in proportion to the output, however it is made', () => {
	const sink = { plain: () => {}, line: () => {}, wantsLines: false };
	const shapes = ['z', '::', '# ', ' ', ' ::', `\n${' '.repeat(255)}:`, '\n##', 'a::b\n', '\n::x'];
	for (const shape of shapes) {
		const chunk = bytes(shape.repeat(Math.ceil(65_536 / shape.length)));
		const lines = new OutputLines(sink);
		const started = performance.now();
		for (let count = 0; count < 160; count += 1) lines.push(chunk);
		lines.end();
		const taken = performance.now() - started;
		assert.ok(taken < 3000, `10 MB of ${JSON.stringify(shape.slice(0, 5))} took ${taken} ms`);
	}
	const trickle = new OutputLines(sink);
	const started = performance.now();
	for (const byte of bytes(`::${'y'.repeat(1_000_000)}`)) trickle.push(Uint8Array.of(byte));
	trickle.end();
	assert.ok(performance.now() - started < 3000, 'byte by byte');
});
