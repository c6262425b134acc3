import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLoaderVariable, parseEnvironmentFile, parsePathFile, whyNotSettable } from './environment-file.ts';

const why = (text: string): string | undefined => {
	const result = parseEnvironmentFile(text, '$GITHUB_ENV');
	return result.ok ? undefined : `${result.error[0]?.why} (${result.error[0]?.where})`;
};

test('names and values are read, in lines and in blocks', () => {
	const text = '\ufeffA=1\r\n\nB=x=y<<z\nC<<END OF IT\none\r\n\nA=not a name\nEND OF IT\nD=';
	// The runner of GitHub on Linux keeps carriage returns, so a job that trips over them does so here as well.
	assert.deepEqual(parseEnvironmentFile(text, '$GITHUB_ENV'), {
		ok: true,
		value: [
			['A', '1\r'],
			['B', 'x=y<<z'],
			['C', 'one\r\n\nA=not a name'],
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

test("the runner's variables and NODE_OPTIONS are not settable, other names of its kind are", () => {
	const own = new Set(['GITHUB_SHA', 'RUNNER_TEMP']);
	for (const name of ['NODE_OPTIONS', 'node_options', 'GITHUB_SHA', 'RUNNER_TEMP'])
		assert.notEqual(whyNotSettable(name, own), undefined, name);
	for (const name of ['GITHUB_TOKEN', 'GITHUB_SHA_SHORT', 'RUNNER_COUNT', 'PATH', 'MY_GITHUB_SHA'])
		assert.equal(whyNotSettable(name, own), undefined, name);
});

test('FIL-07: a broken file is refused as a whole, with the line, and its message stays short and plain', () => {
	const attacks: readonly (readonly [text: string, line: number, why: RegExp])[] = [
		['GOOD=1\nA<<EOF\nb\n', 2, /delimiter not found 'EOF'/],
		['GOOD=1\nA\n', 2, /Invalid format 'A'/],
		['GOOD=1\n=v\n', 2, /Name must not be empty/],
		['GOOD=1\nN\0AME=v\n', 2, /NUL/],
		[`GOOD=1\n${'x'.repeat(1_000_000)}`, 2, /^.{0,300}$/],
		['GOOD=1\n\u001b]0;pwned\u0007\n', 2, /Invalid format '\\u001b\]0;pwned\\u0007'/],
	];
	for (const [text, line, expected] of attacks) {
		const result = parseEnvironmentFile(text, '$GITHUB_ENV');
		assert.ok(!result.ok);
		assert.equal(result.error[0]?.where, `line ${line} of what was written`);
		assert.match(result.error[0]?.why ?? '', expected);
		// Read line by line, as a shell would, the good line is applied before the bad one is met.
		assert.equal(/^(\w+)=(.*)$/m.exec(text)?.[1], 'GOOD');
	}
});

test('variables that make programs load code are known, those that many jobs set for other reasons are not among them', () => {
	for (const name of [
		'LD_PRELOAD',
		'LD_AUDIT',
		'BASH_ENV',
		'GIT_SSH_COMMAND',
		'GIT_CONFIG_COUNT',
		'PERL5OPT',
		'PYTHONSTARTUP',
		'RUBYOPT',
		'JAVA_TOOL_OPTIONS',
	])
		assert.ok(isLoaderVariable(name), name);
	for (const name of ['ENV', 'LD_LIBRARY_PATH', 'GIT_AUTHOR_NAME', 'PYTHONPATH', 'PATH'])
		assert.ok(!isLoaderVariable(name), name);
});

test('folders for PATH keep their order', () => {
	assert.deepEqual(parsePathFile('\ufeff/a b\n\r\n/c\r\n/d\r/e'), ['/a b', '/c', '/d', '/e']);
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
