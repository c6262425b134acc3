import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Finished, footbridge, type RunOptions, runProgram } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const server = (word: string) => `
	require('node:http')
		.createServer((request, response) => response.end('${word}'))
		.listen(process.env.PORT, '127.0.0.1');
	process.on('SIGTERM', () => process.exit());
`;
const compose = `
services:
  web:
    command: ["node", "server.js"]
    ports: ["3000"]
    healthcheck:
      test: ["CMD", "node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
      interval: 500ms
      timeout: 5s
      retries: 10
      start_period: 2s
`;

describe('footbridge deploy', () => {
	let repository: TempRepository;
	let folder: string;
	const fb = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
		footbridge(['--data', join(folder, 'data'), ...args], { cwd: repository.path, ...options });

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), 'footbridge-deploy-'));
		mkdirSync(join(folder, 'data'));
		repository = await tempRepository({
			'compose.yaml': compose,
			'footbridge.yaml': 'environments:\n  test: { lifetime: run }\n  production:\n',
			'server.js': server('first'),
		});
	});
	after(async () => {
		const start = fileURLToPath(new URL('../../src/cli/start.ts', import.meta.url));
		await runProgram(process.execPath, [start, '--data', folder, '--stop'], {});
		await repository[Symbol.asyncDispose]();
		rmSync(folder, { recursive: true, force: true });
	});

	test('shows every moment up to live, ends with 0 and the address, and the version serves on alone', async () => {
		const deployed = await fb(['deploy', 'production']);
		assert.equal(deployed.code, 0, deployed.stdout + deployed.stderr);
		assert.match(
			deployed.stdout,
			/▸ production #1 .*\n.* requested\n.* checked out\n.* web started, .*\n.* web is healthy: .*\n.* traffic goes to it\n.* users reach it: .*\n.* live\n● production #1 is live after/,
		);
		assert.equal(await (await fetch(addressIn(deployed.stdout))).text(), 'first');
	});

	test('says of an environment what is live, and whether the proxy really sends users there', async () => {
		const status = await fb(['status']);
		assert.match(
			status.stdout,
			/▸ app \/ production .*http[\s\S]*live +● #1 [0-9a-f]{8} first[\s\S]*serves +this version/,
		);
		assert.match(status.stderr, /No server runs/);
		const [view] = JSON.parse((await fb(['status', '--json'])).stdout).items;
		assert.equal(view.serving, view.live.deployment);
		assert.equal(view.live.instances.web.alive, true);
	});

	test('ends with 1 when a version dies, with the last it wrote, while the one before serves on', async () => {
		await repository.commit({ 'server.js': "console.log('no such table: carts'); process.exit(3);" }, 'broken');
		const deployed = await fb(['deploy', 'production']);
		assert.equal(deployed.code, 1, deployed.stdout + deployed.stderr);
		assert.match(deployed.stdout, /↩ production #2 was rolled back after/);
		assert.match(deployed.stdout, /✕ FB3020 web did not get healthy[\s\S]*no such table: carts/);
		assert.match(deployed.stdout, /● #1 \([0-9a-f]{8} first\) serves as before/);
		assert.equal(await (await fetch(addressIn(deployed.stdout))).text(), 'first');
	});

	test('deploys any commit by name, and prints one JSON object when asked to', async () => {
		await repository.commit({ 'server.js': server('second') }, 'second');
		const sha = repository.git('rev-parse', 'HEAD');
		const deployed = await fb(['deploy', 'production', '--at', sha.slice(0, 10), '--json']);
		assert.equal(deployed.code, 0, deployed.stderr);
		const result = JSON.parse(deployed.stdout);
		assert.equal(result.sha, sha);
		assert.equal(result.status, 'live');
		assert.equal(await (await fetch(result.url)).text(), 'second');
		assert.match(deployed.stderr, /production #3/, 'progress is not part of the result');
	});

	test('measures, and counts no version as a failed change that no user could reach', async () => {
		const metrics = await fb(['metrics', 'production']);
		assert.match(
			metrics.stdout,
			/▸ app \/ production[\s\S]*deployments[\s\S]*lead time[\s\S]*failed changes +0 %[\s\S]*recovery[\s\S]*availability/,
		);
		const [numbers] = JSON.parse((await fb(['metrics', '--json', '--days', '7'])).stdout).items;
		assert.equal(numbers.days, 7);
		assert.equal(numbers.dora.changeFailRate.value, 0);
	});

	test('refuses what cannot be deployed to, and says why', async () => {
		const missing = await fb(['deploy', 'staging']);
		assert.equal(missing.code, 2);
		assert.match(missing.stderr, /✕ FB3002 .*staging/);
		const short = await fb(['deploy', 'test']);
		assert.equal(short.code, 6);
		assert.match(short.stderr, /✕ FB3003 /);
		const nowhere = await fb(['deploy', 'production', '--at', 'no-such-branch']);
		assert.equal(nowhere.code, 2);
		await repository.commit({ 'footbridge.yaml': 'environments:\n  production: { prot: 4400 }\n' }, 'mistake');
		const invalid = await fb(['deploy', 'production']);
		assert.equal(invalid.code, 6);
		assert.match(invalid.stderr, /✕ FB1501 [\s\S]*footbridge\.yaml:2:/);
	});

	test('knows the repositories that it looks after', async () => {
		assert.match((await fb(['project', 'list'])).stdout, /^app {2}\S+\/app {2}\(main\)\n$/);
		const again = await fb(['project', 'add', '.']);
		assert.match(again.stdout, /^app /, 'adding it again changes nothing');
		const nothing = await fb(['project', 'add', tmpdir()]);
		assert.equal(nothing.code, 2);
	});
});

function addressIn(text: string): string {
	return /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? assert.fail(`no address in: ${text}`);
}
