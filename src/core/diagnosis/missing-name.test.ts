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
