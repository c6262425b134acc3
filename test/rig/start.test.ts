import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Finished, type RunOptions, runProgram } from './footbridge.ts';
import { tempRepository } from './rig.ts';

const program = fileURLToPath(new URL('../../src/cli/start.ts', import.meta.url));

describe('npm start', () => {
	let folder: string;
	const start = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
		runProgram(process.execPath, [program, '--data', folder, '--port', '0', ...args], options);

	before(() => {
		folder = mkdtempSync(join(tmpdir(), 'footbridge-start-'));
		// Jobs of another user work below it.
		execFileSync('chmod', ['755', folder]);
	});
	after(async () => {
		await start(['--stop']);
		rmSync(folder, { recursive: true, force: true });
	});

	test('tells the whole story, and every chapter comes out as it should', async () => {
		const { code, stdout, stderr } = await start(['--tour', '--exit']);
		assert.equal(code, 0, stdout + stderr);
		const [, first = '', fault = '', environment = '', release = '', end = ''] = stdout.split(/\n━━ .* ━+\n/);

		assert.match(
			first,
			/✓ CI #1 passed[\s\S]*● production #1 is live after .* http:\/\/127\.0\.0\.1:\d+\n.* s from the push to users/,
		);

		assert.match(fault, /✕ CI #2 failed/);
		assert.match(fault, /The code is at fault · proved/);
		assert.match(fault, /commit [0-9a-f]{8} “Cut previews earlier”/);
		assert.doesNotMatch(fault, /▸ production/, 'what failed is not deployed');

		if (!environment.includes('Left out')) {
			assert.match(environment, /✕ CI #3 failed[\s\S]*run +chmod u\+w .*notes-build[\s\S]*✓ CI #4 passed/);
			assert.match(environment, /The environment is at fault · proved/);
			assert.match(environment, /\S+:\S+ 555/, 'owner and mode');
		}

		assert.match(release, /✓ CI #\d+ passed[\s\S]*↩ production #\d+ was rolled back after/);
		assert.match(release, /✕ FB3020 [\s\S]*EACCES: permission\s+denied/);
		assert.match(release, /● #\d+ \([0-9a-f]{8} .*\) serves as before/);
		const requests = /^(\d+) requests meanwhile, 0 failed, all answered by version [0-9a-f]{12}$/m.exec(release);
		assert.ok(Number(requests?.[1]) > 50, release);

		assert.match(end, /the application +http[\s\S]*runs +http[\s\S]*the numbers +http/);
		const application = /the application +(\S+)/.exec(end)?.[1] ?? '';
		assert.equal(
			(await fetch(new URL('/healthz', application))).status,
			200,
			'what is deployed serves without Footbridge',
		);
		assert.match(stderr, /goes on serving: .*--stop/);
	});

	test('pushes a small change the second time, and users get it without an interruption', async () => {
		const { code, stdout, stderr } = await start(['--exit']);
		assert.equal(code, 0, stdout + stderr);
		assert.match(stdout, /━━ A change is pushed[\s\S]*Motto: [\s\S]*is live after/);
	});

	test('runs a repository of one’s own, and ends as its run ends', async () => {
		await using repository = await tempRepository({
			'.github/workflows/ci.yml': 'on: push\njobs:\n  a:\n    runs-on: any\n    steps: [{ run: exit 3 }]\n',
		});
		const { code, stdout } = await start([repository.path, '--exit']);
		assert.match(stdout, /✕ ci\.yml #1 failed[\s\S]*link .*\/runs\//);
		assert.ok(code === 20 || code === 22, `exit ${code}`);
	});

	test('stops everything that it started, once', async () => {
		const stopped = await start(['--stop']);
		assert.match(stopped.stdout, /^stopped web of notes\/production, pid \d+\n$/);
		assert.equal((await start(['--stop'])).stdout, 'Nothing runs.\n');
	});

	test('says how it is used when it is used otherwise', async () => {
		const { code, stderr } = await start(['--nonsense']);
		assert.equal(code, 2);
		assert.match(stderr, /npm start -- --tour/);
	});

	test('takes another port when the usual one is taken', async () => {
		const taken = createServer();
		await new Promise<void>((resolve) => taken.listen(4400, '127.0.0.1', resolve).once('error', () => resolve()));
		const other = join(folder, 'other');
		const { code, stdout, stderr } = await runProgram(
			process.execPath,
			[program, '--data', other, '--port', '0', '--exit'],
			{},
		);
		taken.close();
		await runProgram(process.execPath, [program, '--data', other, '--stop'], {});
		assert.equal(code, 0, stdout + stderr);
		assert.doesNotMatch(stdout, /the application +http:\/\/127\.0\.0\.1:4400\b/);
	});
});
