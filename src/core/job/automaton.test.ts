import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Automaton } from './automaton.ts';

const seed = Number(process.env['SEED'] ?? 20_260_101);
const needle = fc.uint8Array({ min: 97, max: 99, minLength: 1, maxLength: 8 });

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('after every byte it knows the needles that end there and the longest beginning of one, as plain comparison does', () => {
	const all = fc.uniqueArray(needle, { minLength: 1, maxLength: 12, selector: textOf });
	fc.assert(
		fc.property(all, fc.uint8Array({ min: 96, max: 99, maxLength: 40 }), (needles, text) => {
			const isMarked = (index: number) => index % 2 === 0;
			const automaton = new Automaton(needles, isMarked);
			let state = 0;
			for (let end = 1; end <= text.length; end++) {
				state = automaton.step(state, text[end - 1] ?? 0);
				const before = textOf(text.subarray(0, end));
				const found: string[] = [];
				for (let at = state; at !== 0; at = automaton.shorter[at] ?? 0) {
					const index = automaton.ends[at] ?? 0;
					if (index !== 0) found.push(textOf(needles[index - 1] ?? new Uint8Array(0)));
				}
				const wanted = needles.map(textOf).filter((one) => before.endsWith(one));
				assert.deepEqual(
					found,
					wanted.toSorted((a, b) => b.length - a.length),
				);
				const depth = (ones: readonly string[]) =>
					Math.max(
						0,
						...ones.flatMap((one) =>
							[...one.slice(0, -1)].map((_, i) => i + 1).filter((length) => before.endsWith(one.slice(0, length))),
						),
					);
				assert.equal(automaton.depth[state], depth(needles.map(textOf)));
				assert.equal(automaton.markedDepth[state], depth(needles.filter((_, index) => isMarked(index)).map(textOf)));
			}
		}),
		{ seed, numRuns: 2000 },
	);
});
