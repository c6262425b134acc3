import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushedBranches } from './pushed-refs.ts';

const [a, b, none] = ['a'.repeat(40), 'b'.repeat(40), '0'.repeat(40)];

test('a push is the branches that it brings commits to', () => {
	const lines = [
		`refs/heads/main ${a} refs/heads/main ${b}`,
		`HEAD ${b} refs/heads/topic ${none}`,
		`(delete) ${none} refs/heads/old ${a}`,
		`refs/tags/v1 ${a} refs/tags/v1 ${none}`,
		`refs/notes/commits ${a} refs/notes/commits ${none}`,
	];
	assert.deepEqual(pushedBranches(`${lines.join('\n')}\n`), [
		{ name: 'main', revision: 'refs/heads/main', sha: a },
		{ name: 'topic', revision: b, sha: b },
	]);
});

test('a commit that goes to two branches is run once, and SHA-256 names are names', () => {
	const long = 'c'.repeat(64);
	const lines = [`refs/heads/x ${long} refs/heads/x ${none}`, `refs/heads/x ${long} refs/heads/y ${none}`];
	assert.equal(pushedBranches(lines.join('\n')).length, 1);
});

test('nothing, or what is no such line, is no branch', () => {
	for (const input of [
		'',
		'\n',
		'refs/heads/main',
		`refs/heads/main x refs/heads/main ${a}`,
		`--upload-pack=x ${a} main ${b}`,
	]) {
		assert.deepEqual(pushedBranches(input), []);
	}
});
