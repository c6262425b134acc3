import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
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
		const kept = await rig.run(steps(checkout(asked), look), { secrets });
		assert.equal(kept.end.conclusion, 'passed', kept.log.join('\n'));
		assert.ok(kept.log.includes('1'), kept.log.join('\n'));
		assert.ok(seen.includes(`basic ${basic}`), 'the server was given it');
		assert.ok(!kept.log.join('\n').includes(basic) && !kept.log.join('\n').includes(secrets.TOKEN));
		const gone = await rig.run(steps(checkout(`${asked}, persist-credentials: false`), look), { secrets });
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
			happened.log.some((line) => /git fetch .*failed in the checkout/.test(line)),
			happened.log.join('\n'),
		);
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
