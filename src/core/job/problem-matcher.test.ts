import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotationOf, MatcherState, type ProblemMatcher, readMatchers } from './problem-matcher.ts';

const eslint = {
	owner: 'eslint',
	pattern: [
		{ regexp: '^([^\\s].*)$', file: 1 },
		{
			regexp: '^\\s+(\\d+):(\\d+)\\s+(error|warning)\\s+(.*)\\s\\s+(.*)$',
			line: 1,
			column: 2,
			severity: 3,
			message: 4,
			code: 5,
			loop: true,
		},
	],
};

function matcher(content: unknown): ProblemMatcher {
	const read = readMatchers(JSON.stringify({ problemMatcher: [content] }), 'm.json');
	assert.ok(read.ok, JSON.stringify(read));
	assert.ok(read.value[0]);
	return read.value[0];
}

function annotations(content: unknown, lines: readonly string[]) {
	const one = matcher(content);
	const state = new MatcherState(one);
	return lines.flatMap((line) => {
		const match = state.take((pattern) => new RegExp(one.patterns[pattern]?.regexp ?? '').exec(line) ?? undefined);
		return match === undefined ? [] : [annotationOf(match, one, '/w/app')];
	});
}

describe('a problem matcher', () => {
	test('of one line finds file, place, severity and message', () => {
		const gcc = {
			owner: 'gcc',
			pattern: [
				{
					regexp: '^(.*):(\\d+):(\\d+):\\s+(warning|error):\\s+(.*)$',
					file: 1,
					line: 2,
					column: 3,
					severity: 4,
					message: 5,
				},
			],
		};
		assert.deepEqual(annotations(gcc, ['src/a.c:3:7: warning: unused', 'cc -c a.c', '/w/app/b.c:1:1: error: no']), [
			{ level: 'warning', message: 'unused', file: 'src/a.c', line: 3, column: 7 },
			{ level: 'error', message: 'no', file: 'b.c', line: 1, column: 1 },
		]);
	});

	test('of several lines keeps what the first ones told, as long as the last one loops', () => {
		const lines = [
			'/w/app/one.js',
			'  1:2  error  Bad thing  no-bad',
			'  3:4  warning  Odd  no-odd',
			'',
			'  9:9  error  Lost  none',
			'two.js',
			'  5:6  error  Again  no-bad',
		];
		assert.deepEqual(annotations(eslint, lines), [
			{ level: 'error', message: 'Bad thing', file: 'one.js', line: 1, column: 2, rule: 'no-bad' },
			{ level: 'warning', message: 'Odd', file: 'one.js', line: 3, column: 4, rule: 'no-odd' },
			{ level: 'error', message: 'Again', file: 'two.js', line: 5, column: 6, rule: 'no-bad' },
		]);
	});

	test('of several lines without a loop begins anew after each problem', () => {
		const two = {
			owner: 'x',
			severity: 'warning',
			pattern: [
				{ regexp: '^in (.*)', file: 1 },
				{ regexp: '^ (.*)', message: 1 },
			],
		};
		assert.deepEqual(annotations(two, ['in a', ' first', ' second']), [
			{ level: 'warning', message: 'first', file: 'a' },
		]);
	});

	test('never points at a file outside the workspace', () => {
		const any = { owner: 'x', pattern: [{ regexp: '^(\\S+) (.*)', file: 1, message: 2 }] };
		const found = annotations(any, ['../x a', '/etc/passwd b', 'http://evil/x c', 'a/../../../x d', './in/../y e']);
		assert.deepEqual(
			found.map((one) => one?.file),
			[undefined, undefined, undefined, undefined, 'y'],
		);
	});

	test('takes paths from the folder of fromPath', () => {
		const msbuild = { owner: 'x', pattern: [{ regexp: '^(\\S+) (.*) \\[(.*)\\]$', file: 1, message: 2, fromPath: 3 }] };
		assert.equal(annotations(msbuild, ['a.cs broken [/w/app/src/app.csproj]'])[0]?.file, 'src/a.cs');
		const fixed = { owner: 'x', fromPath: 'lib/build.txt', pattern: [{ regexp: '^(\\S+) (.*)', file: 1, message: 2 }] };
		assert.equal(annotations(fixed, ['a.cs broken'])[0]?.file, 'lib/a.cs');
	});

	test('may tell the message before the last line, and a message of blanks is none', () => {
		const backwards = {
			owner: 'x',
			pattern: [
				{ regexp: '^E: (.*)', message: 1 },
				{ regexp: '^ at (.*):(\\d+)', file: 1, line: 2 },
			],
		};
		assert.deepEqual(annotations(backwards, ['E: no', ' at a.c:3', 'E:  ', ' at a.c:4']), [
			{ level: 'error', message: 'no', file: 'a.c', line: 3 },
			undefined,
		]);
	});

	test('takes only numbers as places', () => {
		const any = { owner: 'x', pattern: [{ regexp: '^(\\S+) (\\S+) (\\S+)', file: 1, line: 2, column: 3, message: 0 }] };
		assert.deepEqual(
			annotations(any, ['a 0x1 1e3', 'a 0 -1', 'a 99999999999999999999 7']).map((one) => [one?.line, one?.column]),
			[
				[undefined, undefined],
				[undefined, undefined],
				[undefined, 7],
			],
		);
	});

	test('shows no severity that there is not', () => {
		const any = { owner: 'x', pattern: [{ regexp: '^(\\w+): (.*)', severity: 1, message: 2 }] };
		assert.deepEqual(annotations(any, ['fatal: a', 'ERROR: b', 'notice: c']), [
			undefined,
			{ level: 'error', message: 'b' },
			{ level: 'notice', message: 'c' },
		]);
	});

	test('that cannot be used is refused with the reason', () => {
		const two = (first: object, last: object) => ({ owner: 'x', pattern: [first, last] });
		const cases: readonly (readonly [content: unknown, why: RegExp])[] = [
			[{ pattern: [] }, /no owner/],
			[{ owner: 'x', pattern: [] }, /no pattern/],
			[{ owner: 'x', pattern: [{ regexp: '(' }] }, /cannot be read/],
			[{ owner: 'x', pattern: [{ regexp: '(a)', file: 1 }] }, /no pattern tells a message/],
			[{ owner: 'x', pattern: [{ regexp: 'a', message: 'one' }] }, /no number of a group/],
			[{ owner: 'x', pattern: [{ regexp: '\\((?:a)[(](?=b)(?<c>d)', message: 2 }] }, /the group 2, .* has only 1/],
			[{ owner: 'x', severity: 'fatal', pattern: [{ regexp: 'a', message: 0 }] }, /severity of x is none of/],
			[{ owner: 'x', pattern: [{ regexp: 'a', message: 0, loop: true }] }, /may loop/],
			[two({ regexp: 'a', loop: true }, { regexp: 'b', message: 0 }), /may loop/],
			[two({ regexp: 'a', message: 0 }, { regexp: 'b', loop: true }), /loops tells no message/],
			[two({ regexp: 'a', message: 0 }, { regexp: 'b', message: 0 }), /message is told by two patterns/],
		];
		for (const [content, why] of cases) {
			const read = readMatchers(JSON.stringify({ problemMatcher: [content] }), 'm.json');
			assert.match(read.ok ? '' : (read.error[0]?.why ?? ''), why);
		}
		const twice = JSON.stringify({ problemMatcher: [eslint, { ...eslint, owner: 'ESLint' }] });
		assert.match(JSON.stringify(readMatchers(twice, 'm.json')), /two matchers of the owner ESLint/);
		for (const text of ['nonsense', '[]', '{}', '{"problemMatcher": 1}'])
			assert.ok(!readMatchers(text, 'm.json').ok, text);
	});
});
