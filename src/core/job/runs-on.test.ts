import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../configuration-file.ts';
import { assign } from './runs-on.ts';

test('a job for another system is not run here, and says why', () => {
	assert.deepEqual(assign('macos-latest', [], 'linux'), {
		skip: 'runs-on is macos-latest, and this machine does not run macOS',
	});
	assert.match(assign(['self-hosted', 'windows-2025'], [], 'linux').skip ?? '', /Windows/);
	assert.match(assign({ group: 'g', labels: ['macos-14'] }, [], 'linux').skip ?? '', /macOS/);
	assert.match(assign('windows', [], 'linux').skip ?? '', /Windows/);
});

test('a job for this system, or for labels that name none, runs here', () => {
	const here: readonly [Parameters<typeof assign>[0], string][] = [
		['ubuntu-latest', 'linux'],
		['ubuntu-slim', 'linux'],
		['ubuntu-24.04-arm', 'linux'],
		['macos-14', 'darwin'],
		[['self-hosted', 'gpu'], 'linux'],
		[{ group: 'g' }, 'linux'],
		['macosx-build-tools', 'linux'],
	];
	for (const [label, platform] of here) assert.deepEqual(assign(label, [], platform), {}, String(label));
});

test('footbridge.yaml says what a label stands for, and wins over its name', () => {
	const text = `
runners:
  gpu: host
  Big: { in: disposable, memory: 1.5GiB, cpus: 2, processes: 100, network: private }
  windows-latest: sandbox
  arm: skip
`;
	const read = parseConfiguration(text, 'footbridge.yaml');
	assert.ok(read.ok);
	const { runners } = read.value;
	assert.deepEqual(assign(['self-hosted', 'gpu'], runners, 'linux'), {
		runner: { label: 'gpu', skip: false, tier: 'host' },
	});
	assert.deepEqual(assign('big', runners, 'linux'), {
		runner: {
			label: 'Big',
			skip: false,
			tier: 'disposable',
			limits: { memoryBytes: 1.5 * 1024 ** 3, cpus: 2, processes: 100 },
			network: 'private',
		},
	});
	assert.equal(assign('windows-latest', runners, 'linux').skip, undefined);
	assert.equal(assign('arm', runners, 'linux').skip, 'runs-on is arm, which footbridge.yaml says to skip');
});

test('a mistake in runners is told with its line', () => {
	const text = 'runners:\n  a: somewhere\n  b: { memory: much, cpus: -1, network: none, colour: red }\n';
	const read = parseConfiguration(text, 'footbridge.yaml');
	const told = read.ok ? [] : read.error.map(({ what, where }) => `${where} ${what}`);
	assert.equal(told.length, 5, told.join('\n'));
	assert.ok(told.includes('footbridge.yaml:2:6 runner a is somewhere'), told.join('\n'));
	assert.ok(told.some((line) => line.startsWith('footbridge.yaml:3:16 memory of runner b is much')));
});
