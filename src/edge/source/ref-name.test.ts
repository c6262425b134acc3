import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRefName } from './ref-name.ts';

const gitSays = (ref: string) => spawnSync('git', ['check-ref-format', ref]).status === 0;

test('a name of a ref is what git takes for one, and no longer than 1,000 characters', () => {
	const names = [
		'main',
		'a/b',
		'-x',
		'$(id)',
		'a b',
		'..',
		'@{0}',
		'@',
		'a.lock',
		'.a',
		'a.',
		'a//b',
		'a/',
		'ü',
		'a\nb',
		"'",
		'--upload-pack=x',
	];
	for (const name of names) assert.equal(isRefName(`refs/heads/${name}`), gitSays(`refs/heads/${name}`), name);
	assert.equal(isRefName('main'), false);
	assert.equal(isRefName(`refs/heads/${'a'.repeat(4000)}`), false);
	assert.equal(isRefName(`refs/heads/${'a'.repeat(200)}`), true);
});

test('and the same for names made at random', () => {
	const part = fc.string({
		unit: fc.constantFrom(
			'a',
			'.',
			'/',
			'-',
			'@',
			'{',
			'~',
			'^',
			':',
			'?',
			'*',
			'[',
			'\\',
			' ',
			'lock',
			'ü',
			'\t',
			'\x7f',
		),
		minLength: 1,
		maxLength: 6,
	});
	fc.assert(
		fc.property(part, (text) => isRefName(`refs/heads/${text}`) === gitSays(`refs/heads/${text}`)),
		{ numRuns: 150, seed: 20261123 },
	);
});
