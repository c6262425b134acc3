import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEnvironmentFile, parsePathFile, whyNotSettable } from './environment-file.ts';

const why = (text: string): string | undefined => {
	const result = parseEnvironmentFile(text, '$GITHUB_ENV');
	return result.ok ? undefined : `${result.error[0]?.why} (${result.error[0]?.where})`;
};

test('names and values are read, in lines and in blocks', () => {
	const text = '\ufeffA=1\r\n\nB=x=y<<z\nC<<END OF IT\none\r\n\nA=not a name\nEND OF IT\nD=';
	assert.deepEqual(parseEnvironmentFile(text, '$GITHUB_ENV'), {
		ok: true,
		value: [
			['A', '1'],
			['B', 'x=y<<z'],
			['C', 'one\n\nA=not a name'],
			['D', ''],
		],
	});
});

test('a wrong line is told with its number, and nothing of the file counts', () => {
	assert.equal(why('A=1\nB'), "Invalid format 'B' (line 2 of what was written)");
	assert.equal(why('=v'), "Invalid format '=v'. Name must not be empty (line 1 of what was written)");
	assert.equal(
		why('<<EOF'),
		"Invalid format '<<EOF'. Name must not be empty and delimiter must not be empty (line 1 of what was written)",
	);
	assert.equal(
		why('A<<\n'),
		"Invalid format 'A<<'. Name must not be empty and delimiter must not be empty (line 1 of what was written)",
	);
	assert.equal(
		why('\nA<<EOF\nv\nEOF2'),
		"Invalid value. Matching delimiter not found 'EOF' (line 2 of what was written)",
	);
	assert.match(why('A\0B=v') ?? '', /NUL/);
});

test('100,000 lines are read in well under a second', () => {
	const text = Array.from({ length: 100_000 }, (_, index) => `NAME_${index}=${index}`).join('\n');
	const result = parseEnvironmentFile(text, '$GITHUB_ENV');
	assert.equal(result.ok && result.value.length, 100_000);
});

test("the runner's variables and NODE_OPTIONS are not settable, a token for a tool is", () => {
	const own = new Set(['GITHUB_SHA']);
	for (const name of ['NODE_OPTIONS', 'node_options', 'GITHUB_SHA', 'GITHUB_ANYTHING', 'RUNNER_TEMP']) {
		assert.notEqual(whyNotSettable(name, own), undefined, name);
	}
	for (const name of ['GITHUB_TOKEN', 'PATH', 'MY_GITHUB_SHA'])
		assert.equal(whyNotSettable(name, own), undefined, name);
});

test('folders for PATH keep their order', () => {
	assert.deepEqual(parsePathFile('/a b\n\r\n/c\r\n'), ['/a b', '/c']);
});

const seed = Number(process.env['SEED'] ?? 20_260_101);

test('what a program writes with a delimiter of its own comes back as it was', () => {
	const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/);
	const value = fc.string({ unit: fc.constantFrom('a', '=', '<', '\n', ' ', 'é', '"', 'EOF'), maxLength: 40 });
	fc.assert(
		fc.property(fc.array(fc.tuple(name, value)), (assignments) => {
			const text = assignments.map(([key, content]) => `${key}<<--end--\n${content}\n--end--\n`).join('');
			const result = parseEnvironmentFile(text, '$GITHUB_OUTPUT');
			assert.deepEqual(result, { ok: true, value: assignments });
		}),
		{ seed, numRuns: 2000 },
	);
});

test('any text is either read or refused with a place, never a crash', () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom('A', '=', '<', '\n', '\r', '\0', ' ', 'EOF'), maxLength: 60 }),
			(text) => {
				const result = parseEnvironmentFile(text, '$GITHUB_ENV');
				if (result.ok) assert.ok(result.value.every(([name]) => name !== ''));
				else assert.match(result.error[0]?.where ?? '', /^line \d+ /);
			},
		),
		{ seed, numRuns: 2000 },
	);
});
