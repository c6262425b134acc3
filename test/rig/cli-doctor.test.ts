import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../needs.ts';
import { asOrdinaryUser, ordinaryUser } from '../ordinary-user.ts';
import { footbridge, runProgram } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

interface Check {
	readonly name: string;
	readonly state: string;
	readonly says: string;
	readonly command?: string;
}

const workflow = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: git --version && rebar3 --version
      - run: flutter build
  windows:
    runs-on: windows-latest
    steps:
      - run: choco install x
`;

describe('footbridge doctor', () => {
	let data: string;
	let repository: TempRepository;
	const doctor = async (env: { readonly [name: string]: string } = {}): Promise<readonly Check[]> => {
		const { stdout } = await footbridge(['--data', data, 'doctor', '--json'], { cwd: repository.path, env });
		return (JSON.parse(stdout) as { checks: Check[] }).checks;
	};

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-doctor-'));
		repository = await tempRepository({ '.github/workflows/ci.yml': workflow, file: 'no folder\n' });
	});
	after(async () => {
		await repository[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	test('looks at tools, tiers, the machine, the network and the workflows, each once', async () => {
		const names = (await doctor()).map(({ name }) => name);
		for (const name of [
			'node',
			'npm',
			'git',
			'bash',
			'python3',
			'strace',
			'disposable',
			'host',
			'disk',
			'tmp',
			'memory',
			'clock',
			'locale',
			'port',
			'workflows',
		]) {
			assert.equal(names.filter((other) => other === name).length, 1, name);
		}
	});

	test('names a program that a workflow calls and the machine lacks, where, and how to get it', async () => {
		const checks = await doctor();
		const flutter = checks.find(({ name }) => name === 'flutter');
		assert.match(flutter?.says ?? '', /is not there: ci\.yml:8 calls it/);
		assert.match(flutter?.command ?? '', /install/);
		assert.equal(
			checks.find(({ name }) => name === 'rebar3'),
			undefined,
			'only what is well known is told',
		);
		assert.match(checks.find(({ name }) => name === 'runs-on')?.says ?? '', /1 job is skipped here: .*windows-latest/);
	});

	test('tells of a locale, a temporary folder and a proxy that would surprise jobs', async () => {
		const odd = await doctor({
			LC_ALL: 'C',
			TMPDIR: join(repository.path, 'file'),
			http_proxy: 'http://user:secret@127.0.0.1:1',
			no_proxy: 'example.com',
			NO_PROXY: '',
		});
		const state = (name: string) => odd.find((check) => check.name === name)?.state;
		assert.deepEqual([state('locale'), state('tmp'), state('proxy')], ['good', 'needed', 'good']);
		assert.ok(!JSON.stringify(odd).includes('secret'));
		const usual = await doctor({ LC_ALL: 'C.UTF-8', http_proxy: 'http://127.0.0.1:1', no_proxy: 'localhost' });
		const before = (name: string) => usual.find((check) => check.name === name)?.state;
		assert.deepEqual([before('locale'), before('tmp'), before('proxy')], ['fine', 'fine', 'fine']);
	});

	test(
		'tells an ordinary user whether the kernel lets it make sandboxes, and if not the command that does',
		needs('root', 'userns'),
		async () => {
			const own = mkdtempSync('/var/tmp/footbridge-doctor-user-');
			chownSync(own, ordinaryUser, ordinaryUser);
			const footbridgeAt = fileURLToPath(new URL('../../bin/footbridge', import.meta.url));
			// In a user namespace of its own, where none other may be made.
			const forbidding = [
				'unshare',
				'--user',
				'--keep-caps',
				'sh',
				'-c',
				'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"',
				'sh',
			];
			const ask = async (before: readonly string[]) => {
				const doctoring = [footbridgeAt, '--data', join(own, 'data'), 'doctor', '--json'];
				const [command, ...args] = asOrdinaryUser([...before, ...doctoring]);
				const { stdout } = await runProgram(command ?? '', args, { cwd: own, env: { HOME: own } });
				const { checks } = JSON.parse(stdout) as { checks: Check[] };
				return checks.find(({ name }) => name === 'sandbox');
			};
			try {
				assert.equal((await ask([]))?.state, 'fine');
				const refused = await ask(forbidding);
				assert.equal(refused?.state, 'good');
				assert.match(refused.says, /user\.max_user_namespaces is 0/);
				assert.match(refused.command ?? '', /user\.max_user_namespaces=\d+ \| sudo tee/);
			} finally {
				rmSync(own, { recursive: true, force: true });
			}
		},
	);

	test('prints a mark, a name, what is so and the command that mends it, and says what is needed by its exit code', async () => {
		const { code, stdout } = await footbridge(['--data', data, 'doctor'], {
			cwd: repository.path,
			env: { TMPDIR: join(repository.path, 'file') },
		});
		assert.equal(code, 3);
		assert.match(stdout, /^✓ node {9}v\d+/m);
		assert.match(stdout, /^✕ tmp {10}.*\/file cannot be written\n {2}mend {9}export TMPDIR=/m);
		assert.match(stdout, /1 thing stops Footbridge here\n$/);
	});

	test('answers within two seconds, also where origin does not', async () => {
		repository.git('remote', 'add', 'origin', 'https://192.0.2.1/nobody/nothing.git');
		const started = performance.now();
		const checks = await doctor();
		assert.ok(performance.now() - started < 2000);
		assert.match(checks.find(({ name }) => name === 'origin')?.says ?? '', /192\.0\.2\.1/);
	});
});
