import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { extract } from 'tar';
import { fakeToolchains } from '#edge/toolchain/fake.ts';
import { fetchedToolchains } from '#edge/toolchain/fetched-toolchains.ts';
import type { Tool, Toolchains } from '#edge/toolchain/toolchain.ts';
import { needs } from '../needs.ts';
import { type Entry, nodePackage, publishNode, type TestRegistry, tarOf, testRegistry } from './toolchain-registry.ts';

const root = mkdtempSync(join(tmpdir(), 'footbridge-toolchains-'));
after(() => rmSync(root, { recursive: true, force: true }));

let places = 0;
const newPlace = () => join(root, `place-${++places}`);

interface Subject extends AsyncDisposable {
	readonly toolchains: Toolchains;
}

async function loopback(): Promise<
	Subject & { readonly registry: TestRegistry; readonly root: string; readonly folder: string }
> {
	const registry = await testRegistry();
	for (const version of ['20.1.0', '20.2.0', '22.0.0']) publishNode(registry, version);
	const folder = newPlace();
	const toolchains = fetchedToolchains(folder, { env: registry.env });
	return {
		toolchains,
		registry,
		root: folder,
		folder: toolchains.folder,
		[Symbol.asyncDispose]: () => registry.goAway(),
	};
}

const subjects: {
	readonly [name: string]: { readonly open: () => Promise<Subject>; readonly skip: { skip: string | false } };
} = {
	'a registry on loopback': { open: loopback, skip: { skip: false } },
	'the real registry': {
		open: async () => ({
			toolchains: fetchedToolchains(process.env['FOOTBRIDGE_TEST_TOOLCHAINS'] ?? join(root, 'real')),
			[Symbol.asyncDispose]: async () => {},
		}),
		skip: needs('network'),
	},
	'the fake': {
		open: async () => ({
			toolchains: fakeToolchains({ node: ['20.1.0', '20.2.0', '22.0.0'] }),
			[Symbol.asyncDispose]: async () => {},
		}),
		skip: { skip: false },
	},
};

const codeOf = async (asked: ReturnType<Toolchains['fetch']>) => {
	const answer = await asked;
	assert.ok(!answer.ok);
	return answer.error[0]?.code;
};

for (const [name, { open, skip }] of Object.entries(subjects)) {
	describe(`toolchains: ${name}`, skip, () => {
		test('a version that is offered is fetched, and is kept', async () => {
			await using subject = await open();
			const { toolchains } = subject;
			const offered = await toolchains.offered('node');
			assert.ok(offered.ok && offered.value.includes('20.1.0'));
			const fetched = await toolchains.fetch('node', '20.1.0');
			assert.ok(fetched.ok);
			assert.equal(fetched.value.folder, `${toolchains.folder}/node/20.1.0/${process.arch}`);
			const kept = await toolchains.kept('node');
			assert.ok(kept.some(({ version, folder }) => version === '20.1.0' && folder === fetched.value.folder));
			assert.ok((await toolchains.fetch('node', '20.1.0')).ok);
		});

		test('many at once get the same', async () => {
			await using subject = await open();
			const all = await Promise.all(Array.from({ length: 6 }, () => subject.toolchains.fetch('node', '20.2.0')));
			assert.deepEqual(new Set(all.map((one) => (one.ok ? one.value.folder : one.error[0]?.what))).size, 1);
		});

		test('a version that there is not is told, with the nearest', async () => {
			await using subject = await open();
			const answer = await subject.toolchains.fetch('node', '20.999.0');
			assert.ok(!answer.ok);
			assert.equal(answer.error[0]?.code, 'FB2091');
			assert.match(answer.error[0]?.why ?? '', /nearest are 20\./);
			assert.ok(!(await subject.toolchains.kept('node')).some(({ version }) => version === '20.999.0'));
		});

		test('a tool that nobody offers is told', async () => {
			await using subject = await open();
			const offered = await subject.toolchains.offered('java');
			assert.equal(offered.ok ? undefined : offered.error[0]?.code, 'FB2093');
			assert.equal(await codeOf(subject.toolchains.fetch('java', '17.0.1')), 'FB2093');
		});
	});
}

describe('toolchains that are fetched', () => {
	test('Node has its npm and its corepack, and everybody may run them', async () => {
		await using subject = await loopback();
		const fetched = await subject.toolchains.fetch('node', '20.1.0');
		assert.ok(fetched.ok);
		assert.deepEqual(fetched.value.brings, { npm: '10.9.9', corepack: '0.34.7' });
		const bin = join(fetched.value.folder, 'bin');
		for (const [program, says] of Object.entries({ node: 'v20.1.0', npm: '10.9.9', npx: '10.9.9', corepack: '0.34.7' }))
			assert.equal(execFileSync(join(bin, program), { encoding: 'utf8' }).trim(), says);
		for (const path of [subject.folder, bin, join(bin, 'node')]) assert.equal(statSync(path).mode & 0o005, 0o005, path);
		assert.ok(existsSync(`${fetched.value.folder}.complete`));
	});

	test('two jobs at once fetch once, and the next process not at all', async () => {
		await using subject = await loopback();
		const { toolchains, registry, root: place } = subject;
		await Promise.all([1, 2, 3].map(() => toolchains.fetch('node', '20.1.0')));
		const tarballs = () => registry.asked.filter((path) => path.includes(`${nodePackage}/20.1.0`)).length;
		assert.equal(tarballs(), 1);
		const later = fetchedToolchains(place, { env: registry.env });
		await registry.goAway();
		assert.ok((await later.fetch('node', '20.1.0')).ok);
		assert.equal(tarballs(), 1);
	});

	test('the network is away: that is said, and what is here is used', async () => {
		await using subject = await loopback();
		const { toolchains, registry } = subject;
		await toolchains.fetch('node', '20.1.0');
		const fresh = fetchedToolchains(subject.root, { env: registry.env });
		await registry.goAway();
		const offered = await fresh.offered('node');
		assert.equal(offered.ok ? undefined : offered.error[0]?.code, 'FB2090');
		assert.equal(await codeOf(fresh.fetch('node', '20.2.0')), 'FB2090');
		assert.deepEqual(
			(await fresh.kept('node')).map(({ version }) => version),
			['20.1.0'],
		);
	});

	test('nobody else on the machine gets to what Footbridge may start itself', async () => {
		await using subject = await loopback();
		assert.equal(statSync(subject.root).mode & 0o777, 0o700);
		assert.equal(statSync(subject.folder).mode & 0o777, 0o755);
	});

	test('a killed process leaves nothing that is taken for a tool', async () => {
		await using subject = await loopback();
		const half = join(subject.folder, 'node/20.1.0', process.arch);
		mkdirSync(join(half, 'bin'), { recursive: true });
		writeFileSync(join(half, 'bin/node'), 'half');
		assert.deepEqual(await subject.toolchains.kept('node'), []);
		const fetched = await subject.toolchains.fetch('node', '20.1.0');
		assert.ok(fetched.ok);
		assert.match(readFileSync(join(half, 'bin/node'), 'utf8'), /v20\.1\.0/);
	});

	test('Go is what the checksum database says, and can be started', async () => {
		await using subject = await loopback();
		const { registry, toolchains } = subject;
		await registry.publishGo('1.22.5', { 'bin/go': '#!/bin/sh\necho go1.22.5\n', VERSION: 'go1.22.5' });
		const fetched = await toolchains.fetch('go', '1.22.5');
		assert.ok(fetched.ok, JSON.stringify(fetched));
		assert.equal(execFileSync(join(fetched.value.folder, 'bin/go'), { encoding: 'utf8' }), 'go1.22.5\n');
		await registry.publishGo('1.22.6', { 'bin/go': '#!/bin/sh\necho evil\n' }, { sum: 'h1:AAAA' });
		const other = fetchedToolchains(subject.root, { env: registry.env });
		assert.equal(await codeOf(other.fetch('go', '1.22.6')), 'FB2092');
		// Without the database it would be taken.
		const trusting = fetchedToolchains(newPlace(), { env: { ...registry.env, GOSUMDB: 'off' } });
		assert.ok((await trusting.fetch('go', '1.22.6')).ok);
	});

	test('a registry of one`s own is asked with its token, and no other place gets that', async () => {
		await using registry = await testRegistry();
		publishNode(registry, '20.1.0');
		const { npm_config_registry: url = '', ...env } = registry.env;
		const settings = (place: string) => {
			const home = newPlace();
			mkdirSync(home, { recursive: true });
			writeFileSync(join(home, '.npmrc'), `registry=${url}/\n${place}/:_authToken=\${TOKEN}\n`);
			return { env: { ...env, HOME: home, TOKEN: 'secret' } };
		};
		const elsewhere = fetchedToolchains(newPlace(), settings('//registry.example.com'));
		assert.ok((await elsewhere.fetch('node', '20.1.0')).ok);
		assert.deepEqual([...registry.tokens], [undefined]);
		registry.tokens.clear();
		assert.ok((await fetchedToolchains(newPlace(), settings(url.replace('http:', ''))).fetch('node', '20.1.0')).ok);
		assert.deepEqual([...registry.tokens], ['Bearer secret']);
	});
});

describe('what a registry may send that means harm', () => {
	const outside = '../../../../outside';
	const attacks: { readonly [title: string]: readonly Entry[] } = {
		'a path that leads out': [{ path: `package/${outside}`, text: 'evil' }],
		'a path from the root': [{ path: '/tmp/footbridge-evil', text: 'evil' }],
		'a link, and a file through it': [
			{ path: 'package/bin', link: root },
			{ path: 'package/bin/node', text: 'evil' },
		],
		'a link alone': [{ path: 'package/bin/node', link: '/etc/passwd' }],
	};
	for (const [title, entries] of Object.entries(attacks))
		test(`${title} is refused, and nothing of it is kept`, async () => {
			await using subject = await loopback();
			subject.registry.publish(nodePackage, '20.66.0', tarOf([{ path: 'package/README', text: 'x' }, ...entries]));
			assert.equal(await codeOf(subject.toolchains.fetch('node', '20.66.0')), 'FB2092');
			assert.deepEqual(await subject.toolchains.kept('node'), []);
			assert.deepEqual(readdirSync(subject.folder), []);
			assert.ok(!existsSync(join(root, 'outside')) && !existsSync(join(root, 'node')));
		});

	test('without the guard such an archive writes where it wants', async () => {
		const folder = join(newPlace(), 'a/b/c');
		mkdirSync(folder, { recursive: true });
		const file = join(folder, 'evil.tgz');
		writeFileSync(file, tarOf([{ path: 'package/../../outside', text: 'evil' }]));
		await extract({ file, cwd: folder, preservePaths: true });
		assert.equal(readFileSync(join(folder, '../outside'), 'utf8'), 'evil');
	});

	test('a zip with a link is refused', async () => {
		await using subject = await loopback();
		await subject.registry.publishGo('1.22.7', { 'bin/go': 'x' }, { link: '/etc' });
		assert.equal(await codeOf(subject.toolchains.fetch('go', '1.22.7')), 'FB2092');
	});

	test('content with another hash than the registry names is refused', async () => {
		await using subject = await loopback();
		const { registry } = subject;
		const program: Entry = { path: 'package/bin/node', text: '#!/bin/sh\necho evil\n', mode: 0o755 };
		registry.publish(nodePackage, '20.67.0', tarOf([program]), { integrity: `sha512-${'A'.repeat(86)}==` });
		assert.equal(await codeOf(subject.toolchains.fetch('node', '20.67.0')), 'FB2092');
		// The same content with its own hash is taken.
		registry.publish(nodePackage, '20.68.0', tarOf([program]));
		const fresh = fetchedToolchains(newPlace(), { env: registry.env });
		assert.ok((await fresh.fetch('node', '20.68.0')).ok);
	});

	for (const version of ['../../etc', '20.1.0/../..', '', '-x'])
		test(`a version that is a path is none: ${version}`, async () => {
			await using subject = await loopback();
			for (const tool of ['node', 'go'] satisfies Tool[])
				assert.ok(!(await subject.toolchains.fetch(tool, version)).ok);
			assert.ok(!existsSync(join(subject.folder, 'node')));
		});
});
