import assert from 'node:assert/strict';
import { execFileSync, execSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { conclude } from '#core/diagnosis/conclude.ts';
import type { Outcome } from '#core/diagnosis/known.ts';
import type { Finding } from '#core/finding.ts';
import type { Run } from '#core/run.ts';
import { needs } from '../needs.ts';
import { type FootbridgeWorld, footbridgeWorld } from './footbridge-world.ts';

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
	await passes(world);
	const bad = world.commit({ 'sum.js': 'exports.sum = (a, b) => a - b;\n' }, 'Tidy up');
	const run = await world.run();
	assert.equal(run.status, 'failed');
	const finding = findingOf(run);
	assert.equal(finding.verdict, 'code');
	assert.equal(finding.certainty, 'proved');
	assert.equal(finding.class, 'test-failure');
	assert.deepEqual(finding.commit, { sha: bad, subject: 'Tidy up' });
	assert.match(finding.cause, /“Tidy up” broke “Unit tests”: adds: .*Expected values to be strictly equal: 0 !== 4$/);
	const line = (await world.log(run, 'test'))[(finding.logLine ?? 0) - 1];
	assert.match(line ?? '', /Expected values to be strictly equal/);
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
	await passes(world);
	await passes(world);
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
	await passes(world);
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
	assert.match(finding.cause, /^“Shaky” sometimes fails and sometimes passes at the same commit: connection reset$/);
	assert.ok(finding.evidence.some(({ from, what }) => from === 'rerun' && /run again today, passes/.test(what)));
});

test('what a later step says is no cause of the one that failed', { timeout: 60_000 }, async () => {
	await using world = await footbridgeWorld();
	const steps = [
		"{ name: Cover, run: 'echo covering; exit 2' }",
		"{ name: Tell, if: failure(), run: 'echo fatal: this is no cause; exit 0' }",
	];
	world.commit(
		{
			'.github/workflows/ci.yml': `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`,
		},
		'Cover',
	);
	const finding = findingOf(await world.run());
	assert.match(finding.cause, /“Cover” failed: covering/);
});

test('a step that asks for a container engine where none answers is no fault of the code', {
	timeout: 60_000,
}, async () => {
	await using world = await footbridgeWorld();
	const says = 'docker: Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?';
	world.commit(
		{
			'.github/workflows/ci.yml': `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - { name: Check, run: 'echo "${says}" >&2; exit 125' }\n`,
		},
		'Check',
	);
	const finding = findingOf(await world.run());
	assert.deepEqual([finding.verdict, finding.class], ['environment', 'service-down']);
	assert.match(finding.cause, /needs a container engine/);
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
	assert.ok(
		finding.evidence.some(({ what }) =>
			/run again today: was not tried, it would do Publish the package again/.test(what),
		),
	);
});

test('of several commits the one that broke it is found by trying them', { timeout: 60_000 }, async () => {
	await using world = await footbridgeWorld();
	world.commit(nodeTests, 'Add numbers');
	await passes(world);
	world.commit({ 'README.md': 'one\n' }, 'Write a manual');
	const bad = world.commit({ 'sum.js': 'exports.sum = (a, b) => a - b;\n' }, 'Tidy up');
	world.commit({ 'README.md': 'two\n' }, 'Improve the manual');
	world.commit({ 'README.md': 'three\n' }, 'Improve the manual again');
	const finding = findingOf(await world.run());
	assert.deepEqual([finding.verdict, finding.certainty], ['code', 'proved']);
	assert.deepEqual(finding.commit, { sha: bad, subject: 'Tidy up' });
	assert.ok(finding.evidence.some(({ what }) => /of the 4 commits since then 2 were tried/.test(what)));
});

test('uncommitted changes are told from the commits below them', { timeout: 60_000 }, async () => {
	await using world = await footbridgeWorld();
	world.commit(nodeTests, 'Add numbers');
	await passes(world);
	world.commit({ 'README.md': 'one\n' }, 'Write a manual');
	writeFileSync(join(world.repository, 'sum.js'), 'exports.sum = (a, b) => a - b;\n');
	const finding = findingOf(await world.run('worktree'));
	assert.deepEqual(
		[finding.verdict, finding.certainty, finding.commit],
		['code', 'proved', undefined],
		JSON.stringify(finding),
	);
	assert.match(finding.cause, /^your uncommitted changes broke “Unit tests”/);

	execFileSync('git', ['-C', world.repository, 'checkout', '-q', '.']);
	const bad = world.commit({ 'sum.js': 'exports.sum = (a, b) => a * b + 1;\n' }, 'Tidy up');
	writeFileSync(join(world.repository, 'README.md'), 'two\n');
	const second = findingOf(await world.run('worktree'));
	assert.deepEqual(second.commit, { sha: bad, subject: 'Tidy up' }, second.cause);
});

test('a step that is new and fails is suspected to be the fault of the commit that added it', {
	timeout: 60_000,
}, async () => {
	await using world = await footbridgeWorld();
	world.commit(oneStep('Build', 'true'), 'Build');
	await passes(world);
	const workflow = oneStep('Build', 'true')['.github/workflows/ci.yml'];
	const more = `${workflow}      - name: Lint\n        run: echo "a.js 1 no semicolon"; exit 1\n`;
	const sha = world.commit({ '.github/workflows/ci.yml': more }, 'Lint');
	const finding = findingOf(await world.run());
	assert.deepEqual([finding.verdict, finding.certainty], ['code', 'suspected']);
	assert.equal(finding.commit?.sha, sha);
	assert.match(finding.cause, /“Lint” added “Lint”, which fails: a\.js 1 no semicolon$/);
});

test('on a new branch the last good run is that of the branch it came from', { timeout: 60_000 }, async () => {
	await using world = await footbridgeWorld();
	world.commit(nodeTests, 'Add numbers');
	await passes(world);
	execFileSync('git', ['-C', world.repository, 'checkout', '-q', '-b', 'feature']);
	const bad = world.commit({ 'sum.js': 'exports.sum = (a, b) => a - b;\n' }, 'Try something');
	const finding = findingOf(await world.run('feature'));
	assert.deepEqual([finding.verdict, finding.certainty, finding.commit?.sha], ['code', 'proved', bad]);
});

describe('what the environment lacks is named', () => {
	test('a program that is gone', { timeout: 60_000, ...needs('overlay', 'strace') }, async () => {
		await using world = await footbridgeWorld();
		const workflow = [
			'on: push',
			'jobs:',
			'  build:',
			'    runs-on: ubuntu-latest',
			'    steps:',
			'      - run: echo "$RUNNER_TOOL_CACHE/bin" >> "$GITHUB_PATH"',
			'      - name: Build',
			'        run: rig-compiler --fast',
			'',
		].join('\n');
		const bin = join(world.data, 'tool-cache/bin');
		mkdirSync(bin, { recursive: true });
		writeFileSync(join(bin, 'rig-compiler'), '#!/bin/sh\n', { mode: 0o755 });
		world.commit({ '.github/workflows/ci.yml': workflow }, 'Build');
		await passes(world);
		rmSync(join(bin, 'rig-compiler'));
		const finding = findingOf(await world.run());
		assert.deepEqual([finding.verdict, finding.certainty, finding.class], ['environment', 'proved', 'missing-tool']);
		assert.match(finding.cause, /^“Build” needs the program rig-compiler, which is in none of the \d+ folders/);
		assert.match(finding.cause, /in the last good run \(#1\) it was \/opt\/hostedtoolcache\/bin\/rig-compiler$/);
	});

	test('a disk that is full', { timeout: 60_000, ...needs('overlay', 'strace') }, async () => {
		await using world = await footbridgeWorld();
		const disk = join(world.data, 'tool-cache');
		mkdirSync(disk, { recursive: true });
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=1777', 'tmpfs', disk]);
		try {
			world.commit(oneStep('Build', 'head -c 40000 /dev/zero > "$RUNNER_TOOL_CACHE/out.bin"'), 'Build');
			await passes(world);
			rmSync(join(disk, 'out.bin'));
			writeFileSync(join(disk, 'others'), Buffer.alloc(120_000));
			const finding = findingOf(await world.run());
			assert.deepEqual([finding.verdict, finding.certainty, finding.class], ['environment', 'proved', 'disk-full']);
			assert.match(finding.cause, /could not write \/opt\/hostedtoolcache\/out\.bin: its disk is full/);
		} finally {
			execFileSync('umount', ['--lazy', disk]);
		}
	});

	test('a port that another program has, and a service that is down', {
		timeout: 60_000,
		...needs('strace'),
	}, async () => {
		await using world = await footbridgeWorld();
		const service = createServer((socket) => socket.end());
		const port = await listening(service, 0);
		const other = createServer();
		const taken = await listening(other, 0);
		await closed(other);
		const steps = [
			`      - name: Serve\n        run: node -e 'require("net").createServer().listen(${taken}, "127.0.0.1", () => process.exit())'`,
			`      - name: Ask\n        run: node -e 'require("net").connect(${port}, "127.0.0.1").on("connect", () => process.exit())'`,
		];
		const head = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n';
		world.commit({ '.github/workflows/ci.yml': `${head}${steps.join('\n')}\n` }, 'Serve and ask');
		await passes(world);

		await listening(other, taken);
		const inUse = findingOf(await world.run());
		assert.deepEqual([inUse.verdict, inUse.certainty, inUse.class], ['environment', 'proved', 'port-in-use']);
		assert.match(inUse.cause, new RegExp(`“Serve” could not listen on 127\\.0\\.0\\.1:${taken}`));
		assert.equal(inUse.command, `ss -ltnp 'sport = :${taken}'`);
		await closed(other);

		await closed(service);
		const down = findingOf(await world.run());
		assert.deepEqual([down.verdict, down.certainty, down.class], ['environment', 'proved', 'service-down']);
		assert.match(down.cause, new RegExp(`“Ask” could not reach 127\\.0\\.0\\.1:${port}: nothing listens there`));
	});

	test('a folder of the machine that went to somebody else, and giving it back in a copy of the machine shows it', {
		timeout: 60_000,
		...needs('overlay', 'strace', 'sudo'),
	}, async () => {
		await using world = await footbridgeWorld();
		const folder = mkdtempSync('/opt/footbridge-rig-');
		try {
			world.commit(oneStep('Build', `echo built > ${folder}/out/report`), 'Build');
			mkdirSync(join(folder, 'out'));
			chmodSync(folder, 0o755);
			chownSync(join(folder, 'out'), 1001, 1001);
			await passes(world, 'HEAD', { tier: 'disposable' });
			chownSync(join(folder, 'out'), 0, 0);
			const finding = findingOf(await world.run('HEAD', { tier: 'disposable' }));
			assert.deepEqual([finding.verdict, finding.certainty, finding.class], ['environment', 'proved', 'permission']);
			assert.match(finding.cause, new RegExp(`may not write in the folder ${folder}/out: it is root:root 755`));
			assert.ok(
				finding.evidence.some(({ what }) => /given in a throw-away copy of the machine, it passes/.test(what)),
				JSON.stringify(finding.evidence),
			);
			assert.equal(finding.command, `chown 1001 ${folder}/out`);
			execSync(finding.command ?? 'false');
			await passes(world, 'HEAD', { tier: 'disposable' });
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});
});

test('a job that writes into the system is not advised to be given the system', {
	timeout: 60_000,
	...needs('overlay', 'strace'),
}, async () => {
	await using world = await footbridgeWorld();
	world.commit(oneStep('Configure', 'echo x > /etc/rig.conf'), 'Configure');
	const finding = findingOf(await world.run('HEAD', { tier: 'disposable' }));
	assert.deepEqual([finding.verdict, finding.certainty, finding.command], ['code', 'suspected', undefined]);
	assert.match(finding.cause, /tries to write in the folder \/etc, which belongs to the system/);
});

test('the table of the manual is what is done', () => {
	const commit = { sha: 'b'.repeat(40), subject: 'Now', authoredAt: '' };
	const good = { sha: 'a'.repeat(40), subject: 'Then', authoredAt: '' };
	const outcomes: { readonly [words: string]: Outcome } = {
		passes: { came: 'pass' },
		'passes, and is the same commit': { came: 'pass' },
		fails: { came: 'fail' },
		'fails in another step': { came: 'fail', elsewhere: 'Install' },
		'fails in another way': { came: 'fail', differently: 'SIGKILL' },
		'fails and passes': { came: 'both' },
		'has no such step': { came: 'no-such-step' },
		'not needed': { came: 'not-run', why: 'it was not needed' },
	};
	const manual = readFileSync(join(import.meta.dirname, '../../docs/diagnosis.md'), 'utf8');
	const rows = [...manual.matchAll(/^\| ([^|]+) \| ([^|]+) \| (\w+) \| (proved|suspected) \|$/gm)];
	assert.equal(rows.length, 10);
	for (const [row, again = '', then = '', verdict, certainty] of rows) {
		const [outcome, goodOutcome] = [outcomes[again], outcomes[then]];
		assert.ok(outcome !== undefined && (goodOutcome !== undefined || then === 'never passed'), row);
		const finding = conclude({
			step: 'Test',
			job: 'test',
			exitCode: 1,
			problems: [],
			commit,
			isUncommitted: false,
			again: outcome,
			...(goodOutcome === undefined
				? {}
				: { lastGood: { outcome: goodOutcome, commit: then.includes('same commit') ? commit : good, runNumber: 1 } }),
			commits: [commit],
			culprit: commit,
			tried: 0,
			differences: [],
			suspects: [],
			ports: { before: new Set(), now: new Set() },
			durationMs: 0,
		});
		assert.deepEqual([finding.verdict, finding.certainty], [verdict, certainty], row);
	}
});

function oneStep(name: string, script: string) {
	return {
		'.github/workflows/ci.yml': [
			'on: push',
			'jobs:',
			'  a:',
			'    runs-on: ubuntu-latest',
			'    steps:',
			`      - name: ${name}`,
			`        run: ${script}`,
			'',
		].join('\n'),
	};
}

function listening(server: Server, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
	});
}

function closed(server: Server): Promise<void> {
	return new Promise((resolve) => server.close(() => resolve()));
}

/** Runs the workflows; when that fails, the message has what the jobs said. */
async function passes(world: FootbridgeWorld, ...[at, more]: Parameters<FootbridgeWorld['run']>): Promise<void> {
	const run = await world.run(at, more);
	if (run.status === 'passed') return;
	const logs = await Promise.all(run.jobs.map(({ key }) => world.log(run, key)));
	assert.fail(`${JSON.stringify(run.jobs)}\n${logs.flat().join('\n')}`);
}

function findingOf(run: Run): Finding {
	const finding = run.jobs.find((job) => job.finding !== undefined)?.finding;
	assert.ok(finding !== undefined, JSON.stringify(run.jobs));
	return finding;
}
