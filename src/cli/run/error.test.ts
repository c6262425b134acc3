import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorIn } from './error.ts';

const place = (...lines: readonly string[]) => {
	const found = errorIn(lines);
	return found === undefined
		? undefined
		: [found.file, found.line, found.column].filter((part) => part !== undefined).join(':');
};

test('the first error of a log is found as compilers and test programs write it', () => {
	assert.equal(place('building', 'src/a.ts:3:7 - error TS2322: no'), 'src/a.ts:3:7');
	assert.equal(place('src/a.ts(3,7): error TS2322: no'), 'src/a.ts:3:7');
	assert.equal(place('./pkg/a.go:12:2: undefined: x'), 'pkg/a.go:12:2');
	assert.equal(place('main.c:5: error: expected ;'), 'main.c:5');
	assert.equal(place('Traceback (most recent call last):', '  File "app/main.py", line 9, in f'), 'app/main.py:9');
	assert.equal(place('  at f (/work/src/a.js:3:7)'), '/work/src/a.js:3:7');
	assert.equal(place('  at file:///work/a.js:3:7'), '/work/a.js:3:7');
	assert.equal(place('FAIL tests/test_a.py:10: AssertionError'), 'tests/test_a.py:10');
	assert.equal(place('  --> src/main.rs:4:5'), 'src/main.rs:4:5');
});

test('what a frame of a stack has no words for is said by the complaint above it', () => {
	const lines = ['TypeError: no such thing', '    at f (/work/src/a.js:3:7)', '    at g (/work/src/b.js:1:1)'];
	assert.deepEqual([errorIn(lines)?.message, errorIn(lines)?.file], ['TypeError: no such thing', '/work/src/a.js']);
	assert.equal(
		errorIn(['Error: the checkout failed', '  it ended with 1', '  at ci.yml:6'])?.message,
		'Error: the checkout failed',
	);
});

test('an error goes before a place that is only named, and own code before that of others', () => {
	assert.equal(place('see docs/a.md:3', 'src/a.ts:9:1: error: x'), 'src/a.ts:9:1');
	assert.equal(place('at node_modules/x/y.js:1:1 error', 'at src/a.js:2:2 error'), 'src/a.js:2:2');
	assert.equal(place('see docs/a.md:3'), 'docs/a.md:3');
});

test('times, addresses and versions are no places', () => {
	for (const line of [
		'12:34:56 done',
		'listening on 127.0.0.1:8080',
		'http://localhost:3000',
		'example.com',
		'node v22.1.0: ok',
		'',
	])
		assert.equal(place(line), undefined, line);
});

test('a line of a million characters takes no time', () => {
	const began = performance.now();
	errorIn(['a/'.repeat(500_000), 'x.'.repeat(500_000), '"'.repeat(500_000)]);
	assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
});
