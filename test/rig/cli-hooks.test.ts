import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Finished, footbridge, runProgram } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const workflow = `
on: push
jobs:
  number:
    runs-on: any
    steps:
      - uses: actions/checkout@v4
      - run: |
          echo "ref is $GITHUB_REF"
          test "$(cat number)" = 42
`;

const author = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

describe('footbridge hooks', () => {
	let folder: string;
	let remote: string;
	let repository: TempRepository;
	const hooks = (args: readonly string[], cwd = repository.path, env = {}): Promise<Finished> =>
		footbridge(['--data', join(folder, 'data'), 'hooks', ...args], { cwd, env: { ...author, ...env } });
	const push = (args: readonly string[], env = {}, cwd = repository.path): Promise<Finished> =>
		runProgram('git', ['push', '--quiet', remote, ...args], { cwd, env: { ...author, ...env } });
	const remoteHas = (ref: string): boolean => existsSync(join(remote, ref));
	const hookFile = () => join(repository.path, '.git/hooks/pre-push');

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'footbridge-hooks-'));
		remote = join(folder, 'remote.git');
		repository = await tempRepository({ '.github/workflows/ci.yml': workflow, number: '42\n' });
		repository.git('init', '--quiet', '--bare', remote);
	});
	afterEach(async () => {
		await repository[Symbol.asyncDispose]();
		rmSync(folder, { recursive: true, force: true });
	});

	test('lets a push through when the workflows pass, and refuses it in three lines when they fail', async () => {
		assert.equal((await hooks(['status'])).code, 1);
		const installed = await hooks(['install']);
		assert.equal(installed.code, 0, installed.stderr);
		assert.match(installed.stdout, /installed \.git\/hooks\/pre-push[\s\S]*--no-verify/);
		assert.equal((await hooks(['status'])).code, 0);

		const passed = await push(['main']);
		assert.equal(passed.code, 0, passed.stderr);
		assert.match(passed.stderr, /passed/);
		assert.ok(remoteHas('refs/heads/main'));

		// What is committed counts, not what lies in the work tree.
		await repository.commit({ number: '43\n' }, 'break it');
		repository.write({ number: '42\n' });
		const refused = await push(['main:broken']);
		assert.notEqual(refused.code, 0);
		assert.ok(!remoteHas('refs/heads/broken'));
		const last = refused.stderr
			.split('\n')
			.filter((line) => !line.startsWith('error: '))
			.slice(-4, -1);
		assert.match(last[0] ?? '', /^✕ the push of broken was refused: a run failed/);
		assert.match(last[1] ?? '', /why +footbridge why @last/);
		assert.match(last[2] ?? '', /git push --no-verify, or FOOTBRIDGE_SKIP=1 git push/);
	});

	test('is gone past by --no-verify and by FOOTBRIDGE_SKIP', async () => {
		await hooks(['install']);
		await repository.commit({ number: '43\n' }, 'break it');
		assert.notEqual((await push(['main:a'])).code, 0);
		assert.notEqual((await push(['main:a'], { FOOTBRIDGE_SKIP: '0' })).code, 0);
		assert.equal((await push(['main:b'], { FOOTBRIDGE_SKIP: '1' })).code, 0);
		assert.equal((await push(['--no-verify', 'main:c'])).code, 0);
		assert.deepEqual(
			['a', 'b', 'c'].map((name) => remoteHas(`refs/heads/${name}`)),
			[false, true, true],
		);
	});

	test('runs nothing for deletions, for tags alone, and where there is no workflow', async () => {
		await repository.commit({ number: '43\n' }, 'break it');
		await push(['main']);
		await hooks(['install']);
		repository.git('tag', 'v1');
		assert.equal((await push(['v1'])).code, 0);
		assert.equal((await push([':main'])).code, 0);
		repository.git('rm', '--quiet', '-r', '.github');
		await repository.commit({}, 'no workflow');
		assert.equal((await push(['main:bare'])).code, 0);
		assert.ok(!existsSync(join(folder, 'data')), 'not even opened');
	});

	test('calls the hook that was there first, with what git said, and puts it back', async () => {
		const own =
			'#!/bin/sh\ncat > "$(git rev-parse --show-toplevel)/seen"\necho "$1 $2" >> "$(git rev-parse --show-toplevel)/seen"\n[ ! -e stop ]\n';
		writeFileSync(hookFile(), own);
		chmodSync(hookFile(), 0o755);
		const installed = await hooks(['install']);
		assert.match(installed.stdout, /first .*pre-push\.before-footbridge/);
		assert.match((await hooks(['install'])).stdout, /renewed/);
		assert.equal((await push(['main'])).code, 0);
		const seen = readFileSync(join(repository.path, 'seen'), 'utf8');
		assert.match(seen, new RegExp(`^refs/heads/main ${repository.sha} refs/heads/main 0+\n.*remote\\.git`));
		// The one before refuses by itself, and then nothing is run.
		writeFileSync(join(repository.path, 'stop'), '');
		assert.notEqual((await push(['main:other'], { FOOTBRIDGE_SKIP: '1' })).code, 0);
		const removed = await hooks(['uninstall']);
		assert.match(removed.stdout, /again .*pre-push/);
		assert.equal(readFileSync(hookFile(), 'utf8'), own);
		assert.match((await hooks(['uninstall'])).stdout, /There is no hook/);
	});

	test('works from a work tree beside the first one', async () => {
		const beside = join(folder, 'beside');
		repository.git('worktree', 'add', '--quiet', '-b', 'topic', beside);
		assert.equal((await hooks(['install'], beside)).code, 0);
		assert.ok(existsSync(hookFile()), 'git keeps the hooks of all work trees in one place');
		const pushed = await push(['topic'], {}, beside);
		assert.equal(pushed.code, 0, pushed.stderr);
		assert.match(pushed.stderr, /passed/);
	});

	test('goes where core.hooksPath says, and leaves the folder of all repositories alone', async () => {
		repository.git('config', 'core.hooksPath', 'own hooks');
		assert.equal((await hooks(['install'])).code, 0);
		assert.ok(existsSync(join(repository.path, 'own hooks/pre-push')));
		assert.equal((await push(['main'])).code, 0);
		repository.git('config', '--unset', 'core.hooksPath');
		const shared = join(folder, 'shared');
		const global = join(folder, 'gitconfig');
		writeFileSync(global, `[core]\n\thooksPath = ${shared}\n`);
		const refused = await hooks(['install'], repository.path, { GIT_CONFIG_GLOBAL: global });
		assert.equal(refused.code, 3);
		assert.match(refused.stderr, /FB0123[\s\S]*global[\s\S]*footbridge hooks pre-push "\$@"/);
		assert.ok(!existsSync(shared));
	});

	test('says what to add where husky, lefthook or simple-git-hooks write the hooks', async () => {
		const cases = [
			{ file: '.husky/pre-commit', text: 'x\n', says: /husky[\s\S]*>> \.husky\/pre-push/ },
			{ file: 'lefthook.yml', text: 'x: {}\n', says: /lefthook[\s\S]*use_stdin: true/ },
			{
				file: 'package.json',
				text: '{"simple-git-hooks": {}}',
				says: /simple-git-hooks[\s\S]*footbridge\s+hooks pre-push/,
			},
		];
		for (const { file, text, says } of cases) {
			mkdirSync(join(repository.path, '.husky'), { recursive: true });
			rmSync(join(repository.path, '.husky'), { recursive: true });
			repository.write({ [file]: text });
			const refused = await hooks(['install']);
			assert.equal(refused.code, 3);
			assert.match(refused.stderr, says);
			assert.ok(!existsSync(hookFile()));
			rmSync(join(repository.path, file.split('/')[0] ?? ''), { recursive: true });
		}
		// The control: without any of them it is installed.
		assert.equal((await hooks(['install'])).code, 0);
	});

	test('refuses a folder that is no repository, and two hooks that were there before', async () => {
		const nowhere = await hooks(['install'], folder);
		assert.equal(nowhere.code, 2);
		assert.match(nowhere.stderr, /FB0150/);
		writeFileSync(`${hookFile()}.before-footbridge`, '#!/bin/sh\n');
		writeFileSync(hookFile(), '#!/bin/sh\n');
		const twice = await hooks(['install']);
		assert.equal(twice.code, 3);
		assert.match(twice.stderr, /FB0124/);
		assert.equal(readFileSync(hookFile(), 'utf8'), '#!/bin/sh\n');
	});
});
