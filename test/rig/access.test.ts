import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SessionView } from '#core/api-access.ts';
import type { Run } from '#core/run.ts';
import { browserOf } from '../access-world.ts';
import { footbridge } from './footbridge.ts';
import { footbridgeWorld } from './footbridge-world.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Up {
	readonly url: string;
	/** Everything it has printed so far. */
	text(): string;
	stop(): Promise<void>;
}

/** Starts the real `footbridge up`. */
async function up(data: string, ...args: readonly string[]): Promise<Up> {
	const child: ChildProcess = spawn(process.execPath, [main, '--data', data, 'up', '--port', '0', ...args], {
		env: { ...process.env, NO_COLOR: '1' },
	});
	let text = '';
	for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	while (!text.includes('Ctrl+C')) {
		assert.equal(child.exitCode, null, text);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	return {
		url: /is up at (\S+)/.exec(text)?.[1] ?? '',
		text: () => text,
		stop: async () => {
			child.kill('SIGTERM');
			await ended;
		},
	};
}

const codeIn = (text: string, page: string): string => new RegExp(`/${page}#(\\S+)`).exec(text)?.[1] ?? '';
const post = (url: string, path: string, body: unknown, headers = {}) =>
	fetch(`${url}/api/v1${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
	});

describe('a server on this machine', () => {
	let folder: string;
	let data: string;
	let server: Up;
	const fb = (args: readonly string[], more: Parameters<typeof footbridge>[1] = {}) =>
		footbridge(['--data', data, ...args], { ...more, env: { XDG_CONFIG_HOME: join(folder, 'config'), ...more.env } });

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), 'footbridge-access-'));
		data = join(folder, 'data');
		server = await up(data);
	});
	after(async () => {
		await server?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test('its own command line needs no sign-in: it can read what only the owner of the data can', async () => {
		assert.equal(statSync(join(data, 'server.json')).mode & 0o777, 0o600);
		const { code, stdout } = await fb(['whoami']);
		assert.equal(code, 0);
		assert.match(stdout, /^owner of this machine at http:\/\/127\.0\.0\.1:\d+\n {2}admin everywhere\n$/);
	});

	test('that a request comes from this machine opens nothing', async () => {
		for (const path of ['/runs', '/projects', '/people', '/audit', '/events'])
			assert.equal((await fetch(`${server.url}/api/v1${path}`)).status, 401, path);
		assert.equal((await post(server.url, '/runs', { project: 'x' })).status, 401);
		const { key } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { key: string };
		assert.equal(
			(await fetch(`${server.url}/api/v1/runs`, { headers: { authorization: `Bearer ${key}` } })).status,
			200,
			'control',
		);
	});

	test('it prints a link to get in with, and one to make the first admin; `footbridge link` prints another', async () => {
		const browser = await browserOf(await post(server.url, '/sign-in/link', { code: codeIn(server.text(), 'enter') }));
		const session = (await (await fetch(`${server.url}/api/v1/session`, { headers: browser })).json()) as SessionView;
		assert.equal(session.person?.isLocal, true);
		const { stdout } = await fb(['link']);
		assert.equal((await post(server.url, '/sign-in/link', { code: codeIn(stdout, 'enter') })).status, 200);
		const account = { name: 'ana', password: 'three blind mice' };
		const made = await post(server.url, '/set-up', { code: codeIn(server.text(), 'set-up'), ...account });
		assert.equal(made.status, 200, await made.text());
		assert.match((await fb(['users', 'list'])).stdout, /^ana +active +admin everywhere\n$/);
	});

	test('the command line signs in to it from elsewhere by a code, and out again', async () => {
		const ana = await browserOf(await post(server.url, '/sign-in', { name: 'ana', password: 'three blind mice' }));
		let isAnswered = false;
		const login = await fb(['login', server.url], {
			onOutput: (text) => {
				const code = codeIn(text, 'device');
				if (isAnswered || code === '') return;
				isAnswered = true;
				void post(server.url, `/devices/${code}/answer`, { isGranted: true }, ana);
			},
		});
		assert.equal(login.code, 0, login.stdout + login.stderr);
		assert.match(login.stdout, /Signed in to http:\/\/127\.0\.0\.1:\d+ as ana\./);
		const file = join(folder, 'config/footbridge/credentials.json');
		assert.equal(statSync(file).mode & 0o777, 0o600);
		// Another data folder: nothing of this machine's own proof is there.
		const away = ['--data', join(folder, 'elsewhere'), '--server', server.url];
		const env = { XDG_CONFIG_HOME: join(folder, 'config') };
		assert.match((await footbridge([...away, 'whoami'], { env })).stdout, /^ana at /);
		assert.match((await fb(['audit'])).stdout, /ana +made the token \S+ \(read, run, deploy, configure\)/);
		chmodSync(file, 0o644);
		const open = await footbridge([...away, 'whoami'], { env });
		assert.match(open.stderr, /FB0161/);
		chmodSync(file, 0o600);
		const { token } = Object.values(
			JSON.parse(readFileSync(file, 'utf8')) as { [server: string]: { token: string } },
		)[0]!;
		const out = await footbridge([...away, 'logout'], { env });
		assert.match(out.stdout, /Signed out of/);
		assert.equal(
			(await fetch(`${server.url}/api/v1/runs`, { headers: { authorization: `Bearer ${token}` } })).status,
			401,
			'revoked on the server',
		);
		const again = await footbridge([...away, 'runs'], { env });
		assert.equal(again.code, 4);
		assert.match(again.stderr, /FB0162 nobody is signed in/);
	});

	test('a token of `token create` works from elsewhere as far as its scopes go', async () => {
		const { stdout } = await fb(['token', 'create', 'ci', '--scope', 'read']);
		const env = { FOOTBRIDGE_SERVER: server.url, FOOTBRIDGE_TOKEN: stdout.trim() };
		const elsewhere = ['--data', join(folder, 'elsewhere')];
		assert.equal((await footbridge([...elsewhere, 'runs'], { env })).code, 0);
		const denied = await footbridge([...elsewhere, 'users', 'list'], { env });
		assert.equal(denied.code, 4);
		assert.match(denied.stderr, /FB6041 you may not do that on this server/);
		const listed = await fb(['token', 'list']);
		assert.match(listed.stdout, /ci +owner of this machine +read +all projects/);
		assert.ok(!listed.stdout.includes(stdout.trim()));
	});

	test('accounts are added, given roles, disabled and erased on the command line', async () => {
		const added = await fb(['users', 'add', 'ben', '--role', 'developer', '--project', 'shop']);
		assert.equal(
			(await post(server.url, '/sign-in/invite', { code: codeIn(added.stdout, 'invite'), password: 'four white rats' }))
				.status,
			200,
		);
		await fb(['users', 'role', 'ben', 'viewer']);
		assert.match((await fb(['users', 'list'])).stdout, /ben +active +viewer everywhere, developer in shop/);
		await fb(['users', 'disable', 'ben']);
		assert.equal((await post(server.url, '/sign-in', { name: 'ben', password: 'four white rats' })).status, 401);
		await fb(['users', 'erase', 'ben']);
		assert.doesNotMatch((await fb(['users', 'list'])).stdout, /ben/);
		const last = await fb(['users', 'erase', 'ana']);
		assert.match(last.stderr, /FB6054 that is the last admin/);
	});

	test('secrets are piped in, listed by name, and their key is changed', async () => {
		assert.equal((await fb(['secret', 'set', 'npm_token', '--everywhere'], { input: 'open sesame\n' })).code, 0);
		assert.match((await fb(['secret', 'list', '--everywhere'])).stdout, /^NPM_TOKEN +set /);
		assert.equal((await fb(['secret', 'rotate'])).stdout, '1 secret is under a new key\n');
		assert.equal(statSync(join(data, 'master.key')).mode & 0o777, 0o600);
		assert.match((await fb(['secret', 'set', 'EMPTY', '--everywhere'], { input: '' })).stderr, /FB0106/);
		assert.equal((await fb(['variable', 'set', 'REGION', 'eu', '--everywhere'])).code, 0);
		assert.match((await fb(['variable', 'list', '--everywhere'])).stdout, /^REGION +eu$/m);
		assert.equal((await fb(['secret', 'remove', 'NPM_TOKEN', '--everywhere'])).code, 0);
		for (const name of ['footbridge.db', 'footbridge.db-wal'])
			assert.ok(!readFileSync(join(data, name)).includes('open sesame'), name);
		const csv = (await fb(['audit', '--export', 'csv'])).stdout;
		assert.match(csv, /^seq,at,by,token,did,what,person,project,run,from\r\n/);
		assert.match(csv, /keys-rotated/);
	});
});

describe('a server for others', () => {
	test('is not started without an account, and is with one', async () => {
		const data = mkdtempSync(join(tmpdir(), 'footbridge-others-'));
		const refused = await footbridge(['--data', data, 'up', '--port', '0', '--host', '0.0.0.0']);
		assert.equal(refused.code, 3);
		assert.match(refused.stderr, /FB6049[\s\S]*users add <name> --role admin/);
		await footbridge(['--data', data, 'users', 'add', 'ana', '--role', 'admin']);
		const unnamed = await footbridge(['--data', data, 'up', '--port', '0', '--host', '0.0.0.0']);
		assert.match(unnamed.stderr, /FB0130[\s\S]*--url/);
		const server = await up(data, '--host', '0.0.0.0', '--url', 'https://ci.example.org');
		const { code, stdout } = await footbridge(['--data', data, 'users', 'invite', 'ana']);
		assert.equal(code, 0);
		assert.match(stdout, /^https:\/\/ci\.example\.org\/invite#/);
		const local = `http://127.0.0.1:${new URL(server.url).port}`;
		const password = 'three blind mice';
		const answer = await new Promise<{ cookie: string; hsts: string }>((resolve, reject) => {
			// fetch does not let one choose the Host.
			void import('node:http').then(({ request }) => {
				const asked = request(
					`${local}/api/v1/sign-in/invite`,
					{ method: 'POST', headers: { host: 'ci.example.org', 'content-type': 'application/json' } },
					(got) =>
						resolve({
							cookie: String(got.headers['set-cookie']),
							hsts: String(got.headers['strict-transport-security']),
						}),
				);
				asked.on('error', reject).end(JSON.stringify({ code: codeIn(stdout, 'invite'), password }));
			});
		});
		assert.match(answer.cookie, /^__Host-footbridge=\S+; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/);
		assert.match(answer.hsts, /max-age=31536000/);
		await server.stop();
		rmSync(data, { recursive: true, force: true });
	});
});

const workflow = (steps: string, more = '') =>
	`on: [push, pull_request]\njobs:\n  a:\n    runs-on: any\n${more}    steps:\n${steps}`;

const service = `
	require('node:http').createServer((request, response) => response.end('x')).listen(process.env.PORT, '127.0.0.1');
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
      retries: 10
`;

describe('what is kept for jobs', () => {
	test('the narrower goes before the wider, what is given by hand before all; logs hide it; nothing is written down', async () => {
		await using world = await footbridgeWorld();
		world.commit(
			{
				'footbridge.yaml': 'vars: { FROM: file, FILE: file }\n',
				'.github/workflows/ci.yml': workflow(
					`      - run: |
          echo "wide=\${#WIDE} narrow=\${#NARROW} given=\${#GIVEN}"
          echo "seen $NARROW"
          echo "vars \${{ vars.FROM }} \${{ vars.FILE }} \${{ vars.SERVER }}"
        env:
          WIDE: \${{ secrets.WIDE }}
          NARROW: \${{ secrets.narrow }}
          GIVEN: \${{ secrets.GIVEN }}
`,
				),
			},
			'first',
		);
		await world.call('POST', '/projects', { path: world.repository });
		const secret = (name: string, value: string, place = {}) =>
			world.call('POST', '/secrets', { ...place, name, value });
		await secret('WIDE', 'of-the-server');
		await secret('NARROW', 'of-the-server');
		await secret('NARROW', 'of-the-project-alone', { project: 'shop' });
		await secret('GIVEN', 'stored-value', { project: 'shop' });
		await world.call('POST', '/variables', { name: 'FROM', value: 'server' });
		await world.call('POST', '/variables', { name: 'SERVER', value: 'server' });
		await world.call('POST', '/variables', { project: 'shop', name: 'FROM', value: 'project' });
		const run = await world.run('HEAD', { secrets: { given: 'by-hand' } });
		const log = (await world.log(run, 'a')).join('\n');
		assert.match(log, /^wide=13 narrow=20 given=7$/m);
		assert.match(log, /^seen \*\*\*$/m);
		assert.match(log, /^vars project file server$/m);
		for (const file of ['footbridge.db', 'footbridge.db-wal']) {
			const bytes = readFileSync(join(world.data, file));
			for (const value of ['of-the-project-alone', 'stored-value', 'by-hand'])
				assert.ok(!bytes.includes(value), `${value} in ${file}`);
		}
	});

	test('a pull request from a fork gets none, and its log says why; one of the project does', async () => {
		await using world = await footbridgeWorld();
		world.commit(
			{
				'.github/workflows/ci.yml': workflow(
					'      - run: echo "length ${#S}"\n        env: { S: "${{ secrets.S }}" }\n',
				),
			},
			'first',
		);
		await world.call('POST', '/projects', { path: world.repository });
		await world.call('POST', '/secrets', { project: 'shop', name: 'S', value: 'open sesame' });
		const pull = (name: string) => ({
			event: 'pull_request',
			payload: { pull_request: { head: { repo: { full_name: name } }, base: { repo: { full_name: 'team/shop' } } } },
		});
		const foreign = (await world.log(await world.run('HEAD', pull('eve/shop')), 'a')).join('\n');
		assert.match(foreign, /It gets no stored secret: the pull request comes from a fork/);
		assert.match(foreign, /^length 0$/m);
		const own = (await world.log(await world.run('HEAD', pull('team/shop')), 'a')).join('\n');
		assert.match(own, /^length 11$/m, 'control');
	});

	test('secrets of an environment go to its jobs alone, on the branches that the default branch names', async () => {
		await using world = await footbridgeWorld();
		const yaml = (branches: string) =>
			`environments:\n  test:\n    lifetime: run\n    compose: compose.yaml\n    branches: [${branches}]\n`;
		const step = '      - run: echo "length ${#S}"\n        env: { S: "${{ secrets.S }}" }\n';
		const file = `on: push\njobs:\n  plain:\n    runs-on: any\n    steps:\n${step}  placed:\n    runs-on: any\n    environment: test\n    steps:\n${step}`;
		const files = { 'compose.yaml': compose, 'server.js': service, '.github/workflows/ci.yml': file };
		world.commit({ ...files, 'footbridge.yaml': yaml('main') }, 'first');
		await world.call('POST', '/projects', { path: world.repository });
		await world.call('POST', '/secrets', { project: 'shop', environment: 'test', name: 'S', value: 'open sesame' });
		const lengths = async (at: string) => {
			const run = await world.run(at);
			const logs = await Promise.all(['plain', 'placed'].map((job) => world.log(run, job)));
			return logs.map((log) => log.find((line) => /^length/.test(line)) ?? log.join('\n'));
		};
		assert.deepEqual(await lengths('HEAD'), ['length 0', 'length 11'], 'control');
		const { execFileSync } = await import('node:child_process');
		const git = (...args: string[]) => execFileSync('git', ['-C', world.repository, ...args], { encoding: 'utf8' });
		git('checkout', '-q', '-b', 'feature');
		const sha = world.commit({ 'footbridge.yaml': yaml('main, feature') }, 'allow myself');
		assert.deepEqual(await lengths('feature'), ['length 0', 'length 0'], 'the branch allows itself');
		git('checkout', '-q', 'main');
		assert.deepEqual(await lengths(sha), ['length 0', 'length 0'], 'its commit, as if it were of main');
	});

	test('a row that was moved to another place is not decrypted: the job fails and says so', async () => {
		await using world = await footbridgeWorld();
		world.commit(
			{
				'.github/workflows/ci.yml': workflow(
					'      - run: echo "length ${#S}"\n        env: { S: "${{ secrets.S }}" }\n',
				),
			},
			'first',
		);
		await world.call('POST', '/projects', { path: world.repository });
		await world.call('POST', '/secrets', { project: 'other', name: 'S', value: 'open sesame' });
		const { DatabaseSync } = await import('node:sqlite');
		const database = new DatabaseSync(join(world.data, 'footbridge.db'), { timeout: 2000 });
		database.exec("update secret set scope = 'project/shop' where scope = 'project/other'");
		database.close();
		const { runs } = (await world.call('POST', '/runs', { project: 'shop' })) as { runs: readonly string[] };
		const end = Date.now() + 20_000;
		let run: Run;
		do {
			await new Promise((resolve) => setTimeout(resolve, 50));
			run = (await world.call('GET', `/runs/${runs[0]}`)) as Run;
		} while (run.finishedAt === undefined && Date.now() < end);
		assert.equal(run.status, 'failed');
		assert.match(JSON.stringify(run.jobs), /FB7030/);
	});
});

describe('AUT-14: a job', () => {
	test('that calls the server of its machine is nobody, and cannot read what would make it the owner', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'footbridge-job-'));
		chmodSync(folder, 0o755);
		const data = join(folder, 'data');
		const server = await up(data);
		try {
			await using repository = await (await import('./rig.ts')).tempRepository({
				'.github/workflows/ci.yml': `on: push
jobs:
  a:
    runs-on: any
    steps:
      - run: |
          node -e "fetch('${server.url}/api/v1/runs').then(a => console.log('answer ' + a.status), e => console.log('answer ' + e.cause?.code))"
          cat ${data}/server.json ${data}/footbridge.db >/dev/null 2>&1 && echo "it can read" || echo "it cannot read"
`,
			});
			const run = await footbridge(['--data', data, 'run', '--in', 'sandbox'], { cwd: repository.path });
			const { stdout } = await footbridge(['--data', data, 'logs'], { cwd: repository.path });
			assert.equal(run.code, 0, run.stdout + stdout);
			assert.match(stdout, /answer (401|ECONNREFUSED)/);
			assert.match(stdout, /it cannot read/);
			await footbridge(['--data', data, 'run', '--in', 'host'], { cwd: repository.path });
			const host = await footbridge(['--data', data, 'logs'], { cwd: repository.path });
			assert.match(
				host.stdout,
				/answer 401[\s\S]*it can read/,
				'control: without a room of its own it is the owner’s program',
			);
		} finally {
			await server.stop();
			rmSync(folder, { recursive: true, force: true });
		}
	});
});
