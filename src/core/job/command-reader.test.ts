import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { commandReader } from './command-reader.ts';

const reader = (isDebug = false) => commandReader({ workspace: '/w/app', isDebug });
const all = (lines: readonly string[], isDebug = false) => {
	const one = reader(isDebug);
	return lines.map((line) => one.read(line));
};
const shown = (lines: readonly string[], isDebug = false) => all(lines, isDebug).map(({ show }) => show);

describe('commands', () => {
	test('that are unknown, or not at the start of a line, are text', () => {
		for (const line of [
			'plain',
			'::unknown::x',
			'##[start-action display=x]',
			'a ::error::b',
			'::error:x',
			'::internal-set-repo-path repoFullName=x::y',
		])
			assert.deepEqual(reader().read(line), { show: line });
	});

	test('work in both spellings and in any case', () => {
		for (const line of ['::WARNING::w', '##[Warning]w', ' \t::warning ::w'])
			assert.deepEqual(reader().read(line), { show: 'Warning: w', annotation: { level: 'warning', message: 'w' } });
	});

	test('of debugging are shown where that is switched on, each of their lines', () => {
		assert.deepEqual(shown(['::debug::a%0Ab', '##[debug]c']), [undefined, undefined]);
		assert.deepEqual(shown(['::debug::a%0Ab', '##[debug]c'], true), ['##[debug]a\n##[debug]b', '##[debug]c']);
	});

	test('show themselves while echo is on, but never what they hide', () => {
		const lines = [
			'::echo::ON',
			'::set-output name=a::b',
			'::add-mask::secret',
			'::debug::d',
			'::save-state name=s::t',
			'::echo::off',
			'::set-output name=a::b',
		];
		assert.deepEqual(shown(lines), [
			undefined,
			'::set-output name=a::b',
			'::add-mask::***',
			undefined,
			'::save-state name=s::t',
			'::echo::off',
			undefined,
		]);
	});

	test('that lack what they need fail the step or say so', () => {
		for (const line of [
			'::set-output::v',
			'::save-state::v',
			'::echo::maybe',
			'::set-env name=A::b',
			'::add-path::/x',
			'##[set-env name=A]b',
		]) {
			const { failure, annotation, ...rest } = reader().read(line);
			assert.equal(annotation?.level, 'error', line);
			assert.deepEqual(rest, { show: `Error: ${failure}` }, 'and do nothing else');
		}
		for (const line of [
			'::add-matcher::',
			'::remove-matcher::',
			'::remove-matcher owner=x::file.json',
			'::add-mask:: ',
		]) {
			const effect = reader().read(line);
			assert.equal(effect.annotation?.level, 'warning', line);
			assert.deepEqual(Object.keys(effect).sort(), ['annotation', 'show']);
		}
	});

	test('add and remove problem matchers, by owner or by file', () => {
		assert.deepEqual(all(['::add-matcher::a.json', '::remove-matcher owner=gcc::', '##[remove-matcher]a.json']), [
			{ show: '##[add-matcher]a.json', addMatcher: 'a.json' },
			{ show: '##[remove-matcher]gcc', removeMatcher: 'gcc' },
			{ show: '##[remove-matcher]a.json', removeMatchersOf: 'a.json' },
		]);
	});
});

describe('stop-commands', () => {
	test('makes text of every command until its token comes, in any case', () => {
		const lines = [
			'::stop-commands::Some-Token',
			'::error::a',
			'::stop-commands::another-one',
			'::some-tokens::',
			'::SOME-token::',
			'::notice::b',
		];
		assert.deepEqual(
			all(lines).map(({ annotation, token }) => annotation?.message ?? token),
			['Some-Token', undefined, undefined, undefined, undefined, 'b'],
		);
	});

	test('LOG-04: a token that could be printed by chance is refused, and commands go on', () => {
		for (const token of ['pause-logging', 'PAUSE-LOGGING', 'add-mask', 'Set-Output', 'remove-matcher', '', 'short12']) {
			const [refused, next] = all([`::stop-commands::${token}`, '::notice::still obeyed']);
			assert.match(refused?.failure ?? '', /at least 8 characters/, token);
			assert.equal(refused?.token, undefined);
			assert.equal(next?.annotation?.message, 'still obeyed');
		}
		// Without the rule, whoever prints a common word ends the pause, and everybody else prints it by chance.
		const [accepted, quoted, ended, obeyed] = all([
			'::stop-commands::add-mask-x',
			'::set-output name=a::b',
			'::add-mask-x::',
			'::notice::forged',
		]);
		assert.deepEqual(
			[accepted?.failure, quoted?.output, ended?.annotation, obeyed?.annotation?.message],
			[undefined, undefined, undefined, 'forged'],
		);
	});
});

test('LOG-08: what folds or frames the log in other places is text, or folds the step it stands in', () => {
	assert.deepEqual(
		shown([
			'##[group]a',
			'::endgroup::',
			'##[start-action id=x]',
			'##[end-action]',
			'##[section]x',
			'▸ Deploy',
			'##[command]rm',
		]),
		[
			'##[group]a',
			'##[endgroup]',
			'##[start-action id=x]',
			'##[end-action]',
			'##[section]x',
			'▸ Deploy',
			'##[command]rm',
		],
	);
});

test('any line is text or a command, and text is never changed', () => {
	const part = fc.constantFrom(
		'::',
		':',
		'##[',
		']',
		'error',
		'set-output',
		'stop-commands',
		' ',
		',',
		'=',
		'name',
		'file',
		'%0A',
		'%',
		'\u0000',
		'x',
		'/',
		'..',
	);
	fc.assert(
		fc.property(
			fc.array(
				fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
				{ maxLength: 6 },
			),
			(lines) => {
				for (const [index, effect] of all(lines).entries()) {
					const line = lines[index] ?? '';
					if (/^[ \t]*(::|##\[)/.test(line)) continue;
					assert.deepEqual(effect, { show: line });
				}
			},
		),
		{ seed: Number(process.env['SEED'] ?? 20_260_101), numRuns: 3000 },
	);
});
