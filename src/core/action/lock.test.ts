import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockText, parseLock } from './lock.ts';

const [commit, tree] = ['a'.repeat(40), `sha256:${'b'.repeat(64)}`];

test('what is written is read again, in an order of its own and each version once', () => {
	const one = { uses: 'Octo/tool@v1', commit, tree };
	const text = lockText([{ uses: 'z/z@main', commit, tree }, one, { ...one, uses: 'octo/tool@v1' }]);
	assert.deepEqual(text.match(/^\S+:$/gm), ['octo/tool@v1:', 'z/z@main:']);
	const read = parseLock(text, 'footbridge.lock');
	assert.ok(read.ok);
	assert.deepEqual([...read.value.keys()], ['octo/tool@v1', 'z/z@main']);
	assert.deepEqual(read.value.get('z/z@main'), { uses: 'z/z@main', commit, tree });
});

test('a commit that reads as a number stays what it is', () => {
	for (const digits of ['1'.repeat(40), `1e${'0'.repeat(38)}`]) {
		const read = parseLock(lockText([{ uses: 'a/b@v1', commit: digits, tree }]), 'footbridge.lock');
		assert.ok(read.ok);
		assert.equal(read.value.get('a/b@v1')?.commit, digits);
	}
});

test('a lock that cannot be read says every line', () => {
	const read = parseLock(`a/b@v1:\n  commit: short\n  tree: ${tree}\nc/d@v1: {commit: ${commit}}\n`, 'footbridge.lock');
	assert.ok(!read.ok);
	assert.deepEqual(
		read.error.map(({ code, where }) => `${code} ${where}`),
		['FB1502 footbridge.lock:1:1', 'FB1502 footbridge.lock:4:1'],
	);
});
