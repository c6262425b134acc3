import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failingCalls } from './failing-call.ts';
import { missingNames } from './missing-name.ts';

const looks = (name: string) =>
	failingCalls(
		['/usr/local/bin', '/usr/bin'].map(
			(folder) => `7<gcc> 1.1 execve("${folder}/${name}", ["x"], 0x7) = -1 ENOENT (No such file or directory)`,
		),
	);

test('a program that the log complains of is named', () => {
	assert.deepEqual(
		missingNames(looks('python'), '/bin/sh: 1: python: not found').map(({ name }) => name),
		['python'],
	);
});

test('a short name within other words is no complaint', () => {
	assert.deepEqual(missingNames(looks('as'), 'inflate.gcda:cannot open data file, assuming not executed'), []);
});

test('a name on a line of its own belongs to the complaint beside it, as CMake writes it', () => {
	const names = (log: string) => missingNames(looks('clang-9'), log).map(({ name }) => name);
	assert.deepEqual(names('  Could not find compiler set in environment variable CC:\n\n  clang-9.\n'), ['clang-9']);
	assert.deepEqual(
		names('  The CMAKE_C_COMPILER:\n\n    clang-9\n\n  is not a full path and was not found in the PATH.\n'),
		['clang-9'],
	);
	assert.deepEqual(names('clang-9\nall is well\n'), []);
});
