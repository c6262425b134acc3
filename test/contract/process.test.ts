import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '#core/result.ts';
import { descendantsOf, identityOf, isAlive, killTree, type ProcessIdentity, startDetached } from '#edge/process.ts';
import { parseStat, processTable, treeOf } from '#edge/process-table.ts';
import { needs } from '../needs.ts';

const place = mkdtempSync(join(tmpdir(), 'footbridge-process-'));
after(() => rmSync(place, { recursive: true, force: true }));
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };

function start(script: string, logFile = join(place, 'log')): Promise<ProcessIdentity> {
	return startDetached({ argv: ['bash', '-c', script], env, cwd: place, logFile });
}

async function until(isSo: () => boolean): Promise<void> {
	for (let tries = 0; !isSo(); tries++) {
		assert.ok(tries < 300, 'it never came about');
		await sleep(10);
	}
}

/** How many processes have exactly this command line. */
function running(command: string): number {
	return execFileSync('ps', ['-eo', 'args'])
		.toString()
		.split('\n')
		.filter((line) => line === command).length;
}

describe('the identity of a process', needs('linux'), () => {
	test('it is told of a living one, and holds until that ends', async () => {
		const identity = await start('sleep 30');
		assert.deepEqual(identityOf(identity.pid), identity);
		assert.ok(isAlive(identity));
		await killTree(identity, 1000);
		assert.equal(isAlive(identity), false);
	});

	test('another process with the same pid is another one', () => {
		const own = identityOf(process.pid);
		assert.ok(own !== undefined && isAlive(own));
		assert.equal(isAlive({ pid: own.pid, startTime: own.startTime - 1 }), false);
	});

	test('a zombie is dead', async () => {
		// bash becomes sleep, which never asks for its child.
		const child = spawn('bash', ['-c', 'sleep 0.01 & echo $!; exec sleep 5'], { stdio: ['ignore', 'pipe', 'ignore'] });
		const pid = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
		await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
		assert.equal(identityOf(pid), undefined);
		child.kill('SIGKILL');
	});

	test('a program`s name may hold what separates the fields', () => {
		const rest = `${Array.from({ length: 15 }, () => '0').join(' ')} 98765 0 0`;
		const entry = parseStat(`42 (a) b (c) S 7 8 9 ${rest}`);
		assert.deepEqual(entry, { pid: 42, parent: 7, group: 8, session: 9, startTime: 98765, command: 'a) b (c' });
		assert.equal(parseStat(`42 (x) Z 7 8 9 ${rest}`), undefined);
		assert.equal(parseStat(''), undefined);
	});
});

describe('a detached process', () => {
	test('its output is appended to its file, both streams in order', async () => {
		const logFile = join(place, 'appended');
		for (const word of ['first', 'second']) {
			const identity = await start(`echo ${word}; echo ${word} error >&2`, logFile);
			await until(() => !isAlive(identity));
		}
		assert.equal(readFileSync(logFile, 'utf8'), 'first\nfirst error\nsecond\nsecond error\n');
		assert.equal(statSync(logFile).mode & 0o007, 0, 'nobody else reads it');
	});

	test(
		'it has exactly the environment and the folder asked for, and a session of its own',
		needs('linux'),
		async () => {
			const logFile = join(place, 'surroundings');
			const argv = ['/usr/bin/env'];
			const identity = await startDetached({ argv, env: { ONE: '1' }, cwd: place, logFile });
			await until(() => !isAlive(identity));
			assert.equal(readFileSync(logFile, 'utf8'), 'ONE=1\n');
			const other = await start('sleep 30');
			assert.equal(processTable().find(({ pid }) => pid === other.pid)?.session, other.pid);
			await killTree(other, 1000);
		},
	);

	test('it lives on when the process that started it is killed', needs('linux'), async () => {
		const script = `import { startDetached } from '#edge/process.ts';
			console.log(JSON.stringify(await startDetached({ argv: ['sleep', '30'], env: {}, cwd: '/', logFile: '/dev/null' })));
			setInterval(() => {}, 1000);`;
		const root = join(import.meta.dirname, '../..');
		const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
			cwd: root,
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const identity = JSON.parse(
			String(await new Promise((resolve) => owner.stdout.once('data', resolve))),
		) as ProcessIdentity;
		const exit = new Promise((resolve) => owner.once('exit', resolve));
		owner.kill('SIGKILL');
		await exit;
		assert.ok(isAlive(identity));
		await killTree(identity, 1000);
		assert.equal(isAlive(identity), false);
	});

	test('it is the user asked for', needs('root', 'linux'), async () => {
		const logFile = join(place, 'user');
		const argv = ['sh', '-c', 'id -u; id -g; id -G'];
		const identity = await startDetached({ argv, env, cwd: '/', logFile, uid: 1234, gid: 2345 });
		await until(() => !isAlive(identity));
		assert.equal(readFileSync(logFile, 'utf8'), '1234\n2345\n2345\n');
	});

	test('what cannot be started is a problem that names it', async () => {
		const logFile = join(place, 'log');
		for (const wrong of [
			{ argv: ['no-such-program'], env, cwd: place, logFile },
			{ argv: ['true'], env, cwd: join(place, 'nowhere'), logFile },
			{ argv: ['true'], env, cwd: place, logFile: join(place, 'nowhere/log') },
			{ argv: ['true', 'x'.repeat(3_000_000)], env, cwd: place, logFile },
		]) {
			await assert.rejects(startDetached(wrong), (error: unknown) => {
				assert.ok(error instanceof ProblemError);
				assert.equal(error.problem.code, 'FB0110');
				return true;
			});
		}
	});
});

describe('killing a tree', needs('linux'), () => {
	test('a polite tree ends on SIGTERM, long before the grace is over', async () => {
		const identity = await start(`sleep 71.${process.pid} & sleep 71.${process.pid} & wait`);
		await until(() => running(`sleep 71.${process.pid}`) === 2);
		const started = performance.now();
		await killTree(identity, 10_000);
		assert.ok(performance.now() - started < 2000);
		assert.equal(running(`sleep 71.${process.pid}`), 0);
	});

	test('a stubborn one is killed after the grace, with children in other sessions and one that is stopped', async () => {
		const identity = await start(
			`trap "" TERM; (trap "" TERM; setsid sleep 72.${process.pid}) & sleep 72.${process.pid} & sleep 0.1; kill -STOP $!; while :; do sleep 0.1; done`,
		);
		await until(() => running(`sleep 72.${process.pid}`) === 2);
		assert.ok(descendantsOf(identity).length >= 2);
		const started = performance.now();
		await killTree(identity, 200);
		assert.ok(performance.now() - started >= 200);
		assert.equal(running(`sleep 72.${process.pid}`), 0);
		assert.deepEqual(descendantsOf(identity), []);
	});

	test('children whose parent has ended are still the tree`s', async () => {
		const identity = await start(`sleep 73.${process.pid} & exit 0`);
		await until(() => !isAlive(identity) && running(`sleep 73.${process.pid}`) === 1);
		await killTree(identity, 500);
		assert.equal(running(`sleep 73.${process.pid}`), 0);
	});

	test('a process that got the pid of an ended one is left alone', async () => {
		const identity = await start('sleep 30');
		await killTree({ pid: identity.pid, startTime: identity.startTime - 1 }, 100);
		assert.ok(isAlive(identity));
		await killTree(identity, 1000);
	});

	test('a tree is what descends from a root or from whoever leads a session of it', () => {
		const entry = (pid: number, parent: number, session: number) => ({
			pid,
			parent,
			group: session,
			session,
			startTime: 1,
			command: 'x',
		});
		const table = [
			entry(10, 1, 10),
			entry(11, 10, 10),
			entry(12, 11, 12),
			entry(13, 1, 12),
			entry(14, 1, 10),
			entry(20, 1, 20),
		];
		assert.deepEqual(
			treeOf(new Set([10]), table)
				.map(({ pid }) => pid)
				.sort(),
			[10, 11, 12, 13, 14],
		);
		assert.deepEqual(
			treeOf(new Set([20]), table).map(({ pid }) => pid),
			[20],
		);
		assert.deepEqual(treeOf(new Set([99]), table), []);
	});
});
