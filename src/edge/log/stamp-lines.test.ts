import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineStamper } from './stamp-lines.ts';

const seed = Number(process.env['SEED'] ?? 20_260_101);
const at = Date.UTC(2026, 0, 5, 12);
const stamp = '2026-01-05T12:00:00.000Z ';

test('every line gets the time, and each 64th is told, whatever the bytes are and wherever the block lies in memory', () => {
	const line = fc.uint8Array({ maxLength: 9 }).map((bytes) => bytes.filter((byte) => byte !== 10));
	const stamped = lineStamper();
	fc.assert(
		fc.property(fc.array(line, { maxLength: 200 }), fc.nat(7), fc.nat(200), (lines, offset, linesBefore) => {
			const block = Buffer.concat(lines.flatMap((bytes) => [Buffer.from(bytes), Buffer.from('\n')]));
			const memory = new Uint8Array(block.length + 16).fill(0x0a);
			memory.set(block, offset);
			const result = stamped(at, memory.subarray(offset, offset + block.length), linesBefore);
			const wanted = Buffer.concat(
				lines.flatMap((bytes) => [Buffer.from(stamp), Buffer.from(bytes), Buffer.from('\n')]),
			);
			assert.ok(wanted.equals(Buffer.from(result.bytes)));
			assert.equal(result.lines, lines.length);
			const entries = lines.flatMap((_, index) => {
				const length = lines.slice(0, index + 1).reduce((sum, bytes) => sum + stamp.length + bytes.length + 1, 0);
				return (linesBefore + index + 1) % 64 === 0 ? [length] : [];
			});
			assert.deepEqual(result.entries, entries);
		}),
		{ seed, numRuns: 1000 },
	);
});

test('a block without an end is refused, and one of millions of empty lines has room', () => {
	const stamped = lineStamper();
	assert.throws(() => stamped(at, Buffer.from('one\ntwo'), 0), /does not end with a line feed/);
	const many = stamped(at, new Uint8Array(1_000_000).fill(10), 0);
	assert.deepEqual([many.lines, many.bytes.length], [1_000_000, 26_000_000]);
	assert.equal(Buffer.from(stamped(at, Buffer.from('after\n'), 0).bytes).toString(), `${stamp}after\n`);
});
