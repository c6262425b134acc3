import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { openRig, type Rig, type TempRepository, tempRepository } from './rig.ts';

let rig: Rig;
let other: TempRepository;
let server: Server;
let url: string;

before(async () => {
	rig = await openRig();
	other = await tempRepository({ 'lib.txt': 'library\n', 'deep/x.txt': 'x\n' });
	other.git('tag', 'v1');
	// What git's plain HTTP protocol needs is files.
	execFileSync('git', ['clone', '-q', '--bare', other.path, join(other.path, '..', 'served.git')]);
	const bare = join(other.path, '..', 'served.git');
	execFileSync('git', ['-C', bare, 'repack', '-adq']);
	execFileSync('git', ['-C', bare, 'update-server-info']);
	server = createServer(async (request, response) => {
		const path = new URL(request.url ?? '/', 'http://x').pathname.replace('/octo/lib.git', '');
		const { readFile } = await import('node:fs/promises');
		const file = await readFile(join(bare, path)).catch(() => undefined);
		if (request.headers.authorization !== undefined) seen.push(request.headers.authorization);
		else if (isPrivate) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
		response.writeHead(file === undefined ? 404 : 200).end(file);
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
	server.close();
	await other[Symbol.asyncDispose]();
	await rig[Symbol.asyncDispose]();
});

const seen: string[] = [];
/** Whether the server asks who wants its repositories. */
let isPrivate = false;
const steps = (...list: readonly string[]) =>
	`on: push\njobs:\n  a:\n    runs-on: any\n    steps:\n${list.map((step) => `      - ${step}\n`).join('')}`;
const checkout = (inputs: string) => `{uses: actions/checkout@v4, with: {${inputs}}}`;
const run = (script: string) => `{shell: bash, run: ${JSON.stringify(script)}}`;

describe('actions/checkout', () => {
	test('brings only what sparse-checkout names, with and without cone mode', async () => {
		const files = { 'README.md': 'r\n', 'src/a.ts': 'a\n', 'src/b.md': 'b\n', 'docs/c.md': 'c\n' };
		const cone = await rig.run(
			steps(checkout(`sparse-checkout: src`), run('find . -path ./.git -prune -o -type f -print | sort')),
			{ files },
		);
		assert.deepEqual(cone.log.slice(-3), ['./README.md', './src/a.ts', './src/b.md'], cone.log.join('\n'));
		const plain = await rig.run(
			steps(
				checkout(`sparse-checkout: "*.md", sparse-checkout-cone-mode: false`),
				run('find . -path ./.git -prune -o -type f -print | sort; git status --short'),
			),
			{ files },
		);
		assert.deepEqual(plain.log.slice(-3), ['./README.md', './docs/c.md', './src/b.md'], plain.log.join('\n'));
	});

	test('brings tags when it is asked to, and else none', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		repository.git('tag', 'v1.0');
		const with_ = await rig.run(steps(checkout('fetch-tags: true'), run('git tag; git describe --tags')), {
			repository,
		});
		assert.deepEqual(with_.log.slice(-2), ['v1.0', 'v1.0'], with_.log.join('\n'));
		const without = await rig.run(steps(checkout(''), run('echo "[$(git tag)]"')), { repository });
		assert.equal(without.log.at(-1), '[]');
	});

	test('brings another repository from its server, at the ref that is asked for', async () => {
		const happened = await rig.run(
			steps(
				checkout(`repository: octo/lib, github-server-url: "${url}", path: lib, ref: v1, fetch-depth: 0`),
				run('cat lib/lib.txt; git -C lib rev-parse HEAD; git -C lib remote get-url origin'),
			),
		);
		assert.equal(happened.end.conclusion, 'passed', happened.log.join('\n'));
		assert.deepEqual(happened.log.slice(-3), ['library', other.git('rev-parse', 'HEAD'), `${url}/octo/lib.git`]);
		assert.ok(happened.log.some((line) => line.startsWith('Checked out octo/lib at ')));
	});

	test('keeps a token for later steps only when it is asked to, and never on a command line or in the log', async () => {
		const secrets = { TOKEN: 'ghs_secretsecretsecret' };
		const basic = Buffer.from(`x-access-token:${secrets.TOKEN}`).toString('base64');
		const asked = `repository: octo/lib, github-server-url: "${url}", path: lib, fetch-depth: 0, token: "\${{ secrets.TOKEN }}"`;
		const look = run('grep -c extraheader lib/.git/config || true; cat lib/.git/config');
		isPrivate = true;
		const kept = await rig.run(steps(checkout(asked), look), { secrets });
		assert.equal(kept.end.conclusion, 'passed', kept.log.join('\n'));
		assert.ok(kept.log.includes('1'), kept.log.join('\n'));
		assert.ok(seen.includes(`Basic ${basic}`), 'the server was given it');
		assert.ok(!kept.log.join('\n').includes(basic) && !kept.log.join('\n').includes(secrets.TOKEN));
		const gone = await rig.run(steps(checkout(`${asked}, persist-credentials: false`), look), { secrets });
		isPrivate = false;
		assert.ok(gone.log.includes('0'), gone.log.join('\n'));
	});

	test('brings submodules, of submodules too, from where they can be reached', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		repository.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', other.path, 'lib');
		repository.git('config', '-f', '.gitmodules', 'submodule.lib.url', `${url}/octo/lib.git`);
		repository.git('commit', '-qam', 'with a library');
		const happened = await rig.run(steps(checkout('submodules: recursive, fetch-depth: 0'), run('cat lib/lib.txt')), {
			repository,
		});
		assert.equal(happened.end.conclusion, 'passed', happened.log.join('\n'));
		assert.equal(happened.log.at(-1), 'library');
		const without = await rig.run(steps(checkout(''), run('ls -A lib | wc -l')), { repository });
		assert.equal(without.log.at(-1)?.trim(), '0');
	});

	test('that cannot reach an address fails with git`s own words', async () => {
		const happened = await rig.run(steps(checkout(`repository: octo/none, github-server-url: "${url}", path: x`)));
		assert.equal(happened.end.conclusion, 'failed');
		assert.ok(
			happened.log.some((line) => /not found|fatal/.test(line)),
			happened.log.join('\n'),
		);
		assert.ok(
			happened.log.some((line) => /git ls-remote failed in the checkout/.test(line)),
			happened.log.join('\n'),
		);
	});

	test('is for a pull request, a tag and a commit what it is on GitHub: detached, with the ref where it is expected', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		repository.git('tag', '-a', 'v1.0', '-m', 'one');
		const { sha } = repository;
		const look = run(
			'git rev-parse --abbrev-ref HEAD; git for-each-ref --format="%(refname)"; echo "[$(git describe 2>/dev/null)]"',
		);
		const at = async (ref: string, inputs = '', payload: object = {}) => {
			const trigger = { event: 'push', ref, sha, payload: payload as never };
			const out = `{shell: bash, run: 'echo "\${{ steps.c.outputs.ref }} \${{ steps.c.outputs.commit == github.sha }}"'}`;
			const { log, end } = await rig.run(steps(`{id: c, uses: actions/checkout@v4, with: {${inputs}}}`, look, out), {
				repository,
				trigger,
			});
			assert.equal(end.conclusion, 'passed', log.join('\n'));
			return log
				.slice(log.findIndex((line) => line.startsWith('Checked out ')))
				.filter((line) => !line.startsWith('▸'));
		};
		const short = sha.slice(0, 12);
		assert.deepEqual(await at('refs/tags/v1.0'), [
			`Checked out v1.0 at ${short}`,
			'HEAD',
			'refs/tags/v1.0',
			'[v1.0]',
			'refs/tags/v1.0 true',
		]);
		assert.deepEqual(await at('refs/pull/7/merge'), [
			`Checked out 7/merge at ${short}`,
			'HEAD',
			'refs/remotes/pull/7/merge',
			'[]',
			'refs/pull/7/merge true',
		]);
		assert.deepEqual(await at('refs/heads/main', `ref: ${sha}`), [`Checked out ${short}`, 'HEAD', '[]', ' true']);
		assert.deepEqual(await at('HEAD'), [`Checked out ${short}`, 'HEAD', '[]', ' true']);
		const onMain = [`Checked out main at ${short}`, 'main', 'refs/heads/main', 'refs/remotes/origin/main', '[]'];
		assert.deepEqual(await at('refs/heads/main'), [...onMain, 'refs/heads/main true']);
		assert.deepEqual(await at('refs/tags/v1.0', 'ref: main'), [...onMain, 'main true']);
		assert.deepEqual(await at('refs/heads/main', 'ref: v1.0'), [
			`Checked out v1.0 at ${short}`,
			'HEAD',
			'refs/tags/v1.0',
			'[v1.0]',
			'v1.0 true',
		]);
	});

	test('of an uncommitted work tree has the files as they are, also by the name of its branch or of its pull request', async () => {
		await using repository = await tempRepository({ a: 'committed\n' });
		repository.git('tag', 'v1');
		repository.git('branch', 'other');
		repository.write({ a: 'not committed\n', 'new.txt': 'new\n' });
		const taken = await rig.ports.source.snapshot(repository.path);
		assert.ok(taken.ok);
		const { sha, head: worktreeOf } = taken.value;
		const commit = { sha, subject: 'rig', authoredAt: '2026-01-01T00:00:00.000Z' };
		const look = run('cat a; git status --porcelain; git rev-parse HEAD; git describe --tags --long');
		const lines = async (inputs: string, ref = 'refs/heads/main', payload: object = {}) => {
			const trigger = { event: 'push', ref, sha, worktreeOf, payload: payload as never };
			const { log } = await rig.run(steps(checkout(`fetch-depth: 0, ${inputs}`), look), {
				repository,
				trigger,
				commit,
			});
			return log.slice(-3);
		};
		const uncommitted = ['not committed', sha, `v1-1-g${sha.slice(0, 7)}`];
		assert.deepEqual(await lines(''), uncommitted);
		assert.deepEqual(await lines('ref: main'), uncommitted);
		const head = { pull_request: { head: { ref: 'main', sha } } };
		for (const ref of ['', 'ref: main', 'ref: refs/heads/main', `ref: ${sha}`])
			assert.deepEqual(await lines(ref, 'refs/pull/1/merge', head), uncommitted, ref);
		assert.deepEqual(await lines('ref: other'), ['committed', worktreeOf, `v1-0-g${worktreeOf.slice(0, 7)}`]);
	});

	test('without clean keeps what the steps before have built, and takes away what the other commit does not have', async () => {
		await using repository = await tempRepository({ a: '1\n', 'old.txt': 'old\n', 'same.txt': 'same\n' });
		repository.git('branch', 'base');
		repository.git('rm', '-q', 'old.txt');
		await repository.commit({ a: '2\n', 'new.txt': 'new\n' }, 'second');
		const build = run('mkdir build && echo built > build/out && echo changed > a && chmod 555 build');
		const look = run('cat a; ls; git status --porcelain; git log --format=%s');
		const both = async (inputs: string) => {
			const { log, end } = await rig.run(steps(checkout('ref: base'), build, checkout(inputs), look), { repository });
			assert.equal(end.conclusion, 'passed', log.join('\n'));
			return log.slice(log.findLastIndex((line) => line.startsWith('▸')) + 1);
		};
		const there = ['2', 'a', 'build', 'new.txt', 'same.txt', '?? build/', 'second'];
		assert.deepEqual(await both('clean: false'), there);
		assert.deepEqual(
			await both(''),
			there.filter((line) => !line.includes('build')),
		);
		const nowhere = await rig.run(steps(checkout('clean: false'), look), { repository });
		assert.equal(nowhere.end.conclusion, 'passed', nowhere.log.join('\n'));
	});

	test('gives the job files that git knows as they are, in every tier', needs('overlay'), async () => {
		await using repository = await tempRepository({ a: '1\n', '.gitattributes': '*.bat eol=crlf\n', 'b.bat': 'x\n' });
		const look = run(
			'git diff-index --quiet HEAD -- && git diff-files --quiet && od -c b.bat | head -1 && git commit -q --allow-empty -m x && echo fine',
		);
		for (const tier of ['host', 'sandbox', 'disposable'] as const) {
			const env = {
				GIT_AUTHOR_NAME: 'a',
				GIT_AUTHOR_EMAIL: 'a@b',
				GIT_COMMITTER_NAME: 'a',
				GIT_COMMITTER_EMAIL: 'a@b',
			};
			const { log } = await rig.run(
				steps(checkout('path: deep/er'), look.replace('shell: bash', 'shell: bash, working-directory: deep/er')),
				{ repository, tier, env },
			);
			assert.deepEqual(log.slice(-2), ['0000000   x  \\r  \\n', 'fine'], log.join('\n'));
		}
	});

	test(
		'runs filters of the repository with the rights of the job, as on GitHub, and Footbridge never does',
		needs('overlay'),
		async () => {
			await using repository = await tempRepository({ '.gitattributes': '*.up filter=up\n', 'a.up': 'text\n' });
			repository.git('config', 'filter.up.smudge', 'tr a-z A-Z; id -un >&2');
			const setUp = run("git config --global filter.up.smudge 'tr a-z A-Z; id -un >&2'");
			for (const [list, text] of [
				[[setUp, checkout(''), run('cat a.up')], 'TEXT'],
				[[checkout(''), run('cat a.up')], 'text'],
			] as const) {
				const { log } = await rig.run(steps(...list), { repository, tier: 'sandbox' });
				assert.equal(log.at(-1), text, log.join('\n'));
				assert.equal(log.includes('runner'), text === 'TEXT', log.join('\n'));
			}
		},
	);

	test('brings submodules that the repository keeps inside without asking anybody', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		repository.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', other.path, 'lib');
		repository.git('config', '-f', '.gitmodules', 'submodule.lib.url', 'https://nowhere.invalid/octo/lib.git');
		repository.git('commit', '-qam', 'with a library');
		const { log, end } = await rig.run(
			steps(checkout('submodules: true'), run('cat lib/lib.txt; git status --porcelain')),
			{ repository },
		);
		assert.equal(end.conclusion, 'passed', log.join('\n'));
		assert.equal(log.at(-1), 'library');
	});

	test('ends with its step`s time', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		const hang = createServer(() => {}).listen(0, '127.0.0.1');
		await new Promise((resolve) => hang.once('listening', resolve));
		const address = `http://127.0.0.1:${(hang.address() as AddressInfo).port}`;
		const inputs = `repository: octo/lib, github-server-url: "${address}", path: x`;
		const { end, log } = await rig.run(steps(`{uses: actions/checkout@v4, timeout-minutes: 0.02, with: {${inputs}}}`), {
			repository,
		});
		hang.closeAllConnections();
		hang.close();
		assert.equal(end.conclusion, 'failed');
		assert.ok(
			log.some((line) => line.includes('timed out after 0.02 minutes')),
			log.join('\n'),
		);
	});

	const hasLfs = spawnSync('git', ['lfs', 'version']).status === 0;
	test('leaves files of Git LFS as pointers, and says so, where git-lfs is not installed', {
		skip: hasLfs,
	}, async () => {
		const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12\n`;
		const files = { '.gitattributes': '*.bin filter=lfs -text\n', 'a.bin': pointer };
		const { log, end } = await rig.run(steps(checkout('lfs: true'), run('tail -1 a.bin')), { files });
		assert.equal(end.conclusion, 'passed', log.join('\n'));
		assert.ok(log.includes('Warning: git-lfs is not installed: files of Git LFS are left as the pointers to them'));
		assert.equal(log.at(-1), 'size 12');
	});

	test('of another repository is on its default branch, or detached at a tag, with the history that is asked for', async () => {
		const lib = `repository: octo/lib, github-server-url: "${url}", path: lib, fetch-depth: 0`;
		const look = run(
			'git -C lib rev-parse --abbrev-ref HEAD; git -C lib tag; git -C lib branch -r; git -C lib status --porcelain',
		);
		const at = async (more: string) =>
			(await rig.run(steps(checkout(lib + more), look))).log.slice(-3).map((line) => line.trim());
		assert.deepEqual(await at(', ref: main'), ['main', 'v1', 'origin/main']);
		assert.deepEqual(await at(', ref: v1'), ['HEAD', 'v1', 'origin/main']);
		assert.deepEqual(await at(`, ref: ${other.sha}`), ['HEAD', 'v1', 'origin/main']);
		const none = await rig.run(steps(checkout(`${lib}, ref: no-such`)));
		assert.ok(none.log.includes('Error: octo/lib has no branch or tag no-such'), none.log.join('\n'));
	});

	test('never changes the repository that it reads', async () => {
		await using repository = await tempRepository({ a: '1\n', 'b/c': '2\n' });
		const state = () =>
			createHash('sha256')
				.update(
					execFileSync('sh', ['-c', `cd ${repository.path} && find . -type f | sort | xargs sha256sum; find . | sort`]),
				)
				.digest('hex');
		const before = state();
		const dirt = run('echo dirt >> a; rm -r b; git commit -qam dirt || true; git gc -q');
		await rig.run(steps(checkout('fetch-depth: 0, fetch-tags: true'), dirt), { repository });
		assert.equal(state(), before);
	});
});
