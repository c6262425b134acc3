import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveShell } from './shell.ts';

const argv = (name: string | undefined, hasBash = true) => {
	const shell = resolveShell(name, hasBash);
	return shell.ok ? shell.value.argv : shell.error[0]?.code;
};

test('bash by name is stricter than bash by default, and sh stands in where there is no bash', () => {
	assert.deepEqual(argv(undefined), ['bash', '-e', '{0}']);
	assert.deepEqual(argv(''), ['bash', '-e', '{0}']);
	assert.deepEqual(argv(undefined, false), ['sh', '-e', '{0}']);
	assert.deepEqual(argv('bash'), ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}']);
	assert.deepEqual(argv('sh'), ['sh', '-e', '{0}']);
	assert.deepEqual(argv('node'), ['node', '{0}']);
});

test('a command of its own is split at blanks, with quotes', () => {
	assert.deepEqual(argv('perl -w {0}'), ['perl', '-w', '{0}']);
	assert.deepEqual(argv('env "A=b c" \'d e\' f\\ g {0}'), ['env', 'A=b c', 'd e', 'f g', '{0}']);
});

test('a shell that is neither known nor a command with {0} is refused', () => {
	for (const name of ['zsh', 'cmd', 'powershell', 'bash -x']) assert.equal(argv(name), 'FB2023', name);
});
