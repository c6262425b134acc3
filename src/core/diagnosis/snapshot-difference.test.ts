import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { differences, strongWeight, tellDifference, toldWeight } from './snapshot-difference.ts';

describe('differences of two snapshots', () => {
	test('come most suspicious first, as sentences', () => {
		const before = { 'path/opt/x': 'a:a 755 dir', 'tool/go': '/usr/bin/go 10 bytes', cpus: '2', umask: '0022' };
		const now = { 'path/opt/x': 'a:a 555 dir', cpus: '4', umask: '0022', 'env/TZ': 'UTC', 'disk/temp': 'ok' };
		assert.deepEqual(differences(before, now).map(tellDifference), [
			'/opt/x is a:a 555, was a:a 755',
			'the program go is gone, was /usr/bin/go 10 bytes',
			'cpus is 4, was 2',
			'the variable TZ is new: UTC',
		]);
	});

	test('leave out what changes by itself', () => {
		const before = { 'port/80': 'listening', cwd: '/a', 'kernel/release': '6.1', 'env/GITHUB_SHA': 'hash 1' };
		assert.deepEqual(differences(before, { cwd: '/b', 'kernel/release': '6.2', 'env/GITHUB_SHA': 'hash 2' }), []);
	});

	test('what a job put into the tool cache is not suspicious, a right that was taken away there is', () => {
		const before = { 'path/opt/hostedtoolcache/a': 'runner:runner 755 dir' };
		const added = { ...before, 'path/opt/hostedtoolcache/a/new': 'runner:runner 644 file' };
		assert.ok(differences(before, added).every(({ weight }) => weight < strongWeight));
		const taken = { 'path/opt/hostedtoolcache/a': 'runner:runner 555 dir' };
		assert.ok(differences(before, taken).every(({ weight }) => weight >= strongWeight));
	});

	test('a disk that is low now is suspicious, one that has room again is nothing', () => {
		assert.equal(differences({ 'disk/temp': 'ok' }, { 'disk/temp': 'low' })[0]?.weight, 9);
		assert.deepEqual(differences({ 'disk/temp': 'low' }, { 'disk/temp': 'ok' }), []);
	});

	test('what the log speaks of comes first', () => {
		const before = { 'env/API_URL': 'hash 1', 'tool/node': '/usr/bin/node 1 bytes', 'env/API': 'x' };
		const now = { 'tool/node': '/usr/bin/node 2 bytes' };
		const [first, second] = differences(before, now, 'line 3: API_URL: unbound variable');
		assert.deepEqual([first?.fact, second?.fact], ['env/API_URL', 'tool/node']);
		assert.ok((first?.weight ?? 0) >= toldWeight && (second?.weight ?? 0) < toldWeight);
	});
});
