import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '#core/finding.ts';
import type { Run } from '#core/run.ts';
import { needs } from '../needs.ts';
import { footbridgeWorld } from './footbridge-world.ts';

const nodeTests = {
	'.github/workflows/ci.yml': [
		'on: push',
		'jobs:',
		'  test:',
		'    runs-on: ubuntu-latest',
		'    steps:',
		'      - uses: actions/checkout@v4',
		'      - name: Unit tests',
		'        run: node --test',
		'',
	].join('\n'),
	'sum.js': 'exports.sum = (a, b) => a + b;\n',
	'sum.test.js': [
		"const test = require('node:test');",
		"const assert = require('node:assert');",
		"const { sum } = require('./sum.js');",
		"test('adds', () => assert.strictEqual(sum(2, 2), 4));",
		'',
	].join('\n'),
};

test('a failing assertion is the fault of the code, proved, with the commit and the line of the log', {
	timeout: 60_000,
}, async () => {
	await using world = await footbridgeWorld();
	world.commit(nodeTests, 'Add numbers');
	assert.equal((await world.run()).status, 'passed');
	const bad = world.commit({ 'sum.js': 'exports.sum = (a, b) => a - b;\n' }, 'Tidy up');
	const run = await world.run();
	assert.equal(run.status, 'failed');
	const finding = findingOf(run);
	assert.equal(finding.verdict, 'code');
	assert.equal(finding.certainty, 'proved');
	assert.equal(finding.class, 'test-failure');
	assert.deepEqual(finding.commit, { sha: bad, subject: 'Tidy up' });
	assert.match(finding.cause, /“Tidy up” broke “Unit tests”/);
	const line = (await world.log(run, 'test'))[(finding.logLine ?? 0) - 1];
	assert.match(line ?? '', /Expected values to be strictly equal|AssertionError|adds/);
	assert.ok(finding.evidence.some(({ from, what }) => from === 'last-good-commit' && /passes/.test(what)));
});

test('a folder that lost its write permission is the fault of the environment, proved, and the command mends it', {
	timeout: 60_000,
	...needs('overlay', 'strace'),
}, async () => {
	await using world = await footbridgeWorld();
	world.commit(
		{
			'.github/workflows/ci.yml': [
				'on: push',
				'jobs:',
				'  build:',
				'    runs-on: ubuntu-latest',
				'    steps:',
				'      - name: Build',
				'        run: mkdir -p "$RUNNER_TOOL_CACHE/app-build" && date > "$RUNNER_TOOL_CACHE/app-build/$GITHUB_RUN_ID"',
				'',
			].join('\n'),
		},
		'Build with a cache',
	);
	assert.equal((await world.run()).status, 'passed');
	const second = await world.run();
	assert.equal(second.status, 'passed');
	const folder = join(world.data, 'tool-cache/app-build');
	chmodSync(folder, 0o555);

	const finding = findingOf(await world.run());
	assert.equal(finding.verdict, 'environment');
	assert.equal(finding.certainty, 'proved');
	assert.equal(finding.class, 'permission');
	assert.match(finding.cause, /may not write in the folder \/opt\/hostedtoolcache\/app-build: it is runner:runner 555/);
	assert.match(finding.cause, /in the last good run \(#2\) it was runner:runner 755/);
	assert.equal(finding.command, `chmod u+w ${folder}`);

	execSync(finding.command ?? 'false');
	assert.equal((await world.run()).status, 'passed', 'what it says to do mends it');
});

test('a step that passes when it is tried again is flaky, not broken', { timeout: 60_000 }, async () => {
	await using world = await footbridgeWorld();
	const step =
		'mkdir -p "$RUNNER_TOOL_CACHE/x"; if [ -e "$RUNNER_TOOL_CACHE/x/ran" ]; then exit 0; fi; touch "$RUNNER_TOOL_CACHE/x/ran"; echo "connection reset"; exit 1';
	world.commit(
		{
			'.github/workflows/ci.yml': `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - name: Shaky\n        run: '${step}'\n`,
		},
		'Shaky',
	);
	const finding = findingOf(await world.run());
	assert.equal(finding.verdict, 'flaky');
	assert.match(finding.cause, /passed when it was run again/);
});

test('a step that would publish is not done again for the diagnosis', { timeout: 60_000 }, async () => {
	await using world = await footbridgeWorld();
	world.commit(
		{
			'.github/workflows/ci.yml':
				'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - name: Publish the package\n        run: exit 1\n',
		},
		'Publish',
	);
	const finding = findingOf(await world.run());
	assert.equal(finding.certainty, 'suspected');
	assert.ok(finding.evidence.some(({ what }) => /was not tried: it would do Publish the package again/.test(what)));
});

function findingOf(run: Run): Finding {
	const finding = run.jobs.find((job) => job.finding !== undefined)?.finding;
	assert.ok(finding !== undefined, JSON.stringify(run.jobs));
	return finding;
}
