import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOlder, weaknessesOf } from './git-advisories.ts';

const names = (version: string) => weaknessesOf(version).map(({ name }) => name.slice(4));

test('GIT-04: knows by its number which published weaknesses a git has; a new one has none', () => {
	assert.deepEqual(names('2.50.1'), []);
	assert.deepEqual(names('3.0.0'), []);
	assert.deepEqual(names('2.50.0'), ['2025-48384', '2025-48385']);
	assert.deepEqual(names('2.45.0'), ['2025-48384', '2025-48385', '2024-52006', '2024-32002']);
	assert.deepEqual(names('2.45.4'), []);
	assert.deepEqual(names('2.39.5'), ['2025-48384', '2025-48385', '2024-52006'], 'its line never got the later ones');
	assert.deepEqual(names('2.30.2').length, 5);
});

test('compares versions by numbers, not by letters', () => {
	assert.equal(isOlder('2.9.0', '2.45.1'), true);
	assert.equal(isOlder('2.45.1.windows.1', '2.45.1'), false);
	assert.equal(isOlder('2.45.0-rc1', '2.45.1'), true);
});
