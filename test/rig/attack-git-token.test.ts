import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openRig, type Rig, type TempRepository, tempRepository } from './rig.ts';

/** What a forge was asked for, and with which header of authorization. */
interface Asked {
	readonly url: string;
	readonly authorization: string | undefined;
}

interface Forge extends AsyncDisposable {
	readonly url: string;
	readonly asked: readonly Asked[];
}

/** Gives out the repository's files, which is all that git needs, a private one to whoever has a token; what is at moved.git is at `moved`. */
async function openForge(repository: TempRepository, isPrivate: boolean, moved?: string): Promise<Forge> {
	repository.git('update-server-info');
	const asked: Asked[] = [];
	const server: Server = createServer((request: IncomingMessage, response) => {
		const { url = '' } = request;
		asked.push({ url, authorization: request.headers.authorization });
		if (isPrivate && request.headers.authorization === undefined) {
			response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
			return;
		}
		const path = normalize(url.replace(/\?.*/, ''));
		if (moved !== undefined && path.startsWith('/moved.git/')) {
			response.writeHead(302, { location: `${moved}${url.replace('/moved.git', '/lib.git')}` }).end();
			return;
		}
		try {
			response.end(readFileSync(join(repository.path, '.git', path.replace(/^\/[^/]+\.git\//, ''))));
		} catch {
			response.writeHead(404).end();
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		asked,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Adds submodules to a repository that are at a commit of another one. */
function addSubmodules(repository: TempRepository, sha: string, urls: { readonly [name: string]: string }): void {
	const sections = Object.entries(urls).map(
		([name, url]) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ${url}\n`,
	);
	writeFileSync(join(repository.path, '.gitmodules'), sections.join(''));
	repository.git('add', '.gitmodules');
	for (const name of Object.keys(urls)) repository.git('update-index', '--add', '--cacheinfo', `160000,${sha},${name}`);
	repository.git('commit', '--quiet', '--message', 'submodules');
}

const token = 'a-token-of-the-forge';
const header = `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;

describe('GIT-06: the token of a forge', () => {
	let rig: Rig;
	before(async () => {
		rig = await openRig();
	});
	after(() => rig[Symbol.asyncDispose]());

	test('is told to no other host that a submodule names, to none that one of its own names, and to none that it is sent on to', async () => {
		await using lib = await tempRepository({ lib: 'lib\n' });
		await using far = await openForge(lib, false);
		await using nest = await tempRepository({ nest: 'nest\n' });
		addSubmodules(nest, lib.sha, { deep: `${far.url}/lib.git` });
		await using near = await openForge(nest, true, far.url);
		await using app = await tempRepository({ app: 'app\n' });
		const host = near.url.slice('http://'.length);
		const nestSha = nest.git('rev-parse', 'HEAD');
		addSubmodules(app, nestSha, { nest: `${near.url}/nest.git` });
		const inputs = `submodules: recursive, fetch-depth: 0, token: ${token}, github-server-url: '${near.url}'`;
		const steps = (more: string) =>
			`on: push\njobs:\n  a:\n    runs-on: any\n    steps:\n      - {uses: actions/checkout@v4, with: {${inputs}}, continue-on-error: true}\n      - run: ${more}\n`;
		const happened = await rig.run(steps('cat nest/nest nest/deep/lib'), { repository: app });
		assert.equal(happened.end.conclusion, 'passed', happened.log.join('\n'));
		const told = near.asked.flatMap(({ authorization }) => authorization ?? []);
		assert.ok(
			told.length > 0 && told.every((one) => one.toLowerCase() === header.toLowerCase()),
			'the host that it is for is told',
		);
		assert.ok(far.asked.length > 0);
		assert.deepEqual(
			far.asked.filter(({ authorization }) => authorization !== undefined),
			[],
		);

		for (const url of [
			`http://${host}@${far.url.slice(7)}/lib.git`,
			`${far.url}/${host}/lib.git`,
			`${near.url}/moved.git`,
		]) {
			await using other = await tempRepository({ app: 'app\n' });
			addSubmodules(other, lib.sha, { other: url });
			const before = far.asked.length;
			const { log } = await rig.run(steps('"true"'), { repository: other });
			assert.ok(far.asked.length > before, `${url} was asked\n${log.join('\n')}`);
			const told = far.asked.slice(before).flatMap(({ authorization }) => authorization ?? []);
			assert.ok(!told.some((one) => one.includes(header.slice('basic '.length))), `${url}: ${told}`);
			assert.doesNotMatch(log.join('\n'), new RegExp(`${token}|${header.slice('basic '.length)}`));
		}

		const before = far.asked.length;
		const unscoped = `http.extraheader=AUTHORIZATION: ${header}`;
		await once(spawn('git', ['-c', unscoped, 'ls-remote', `${far.url}/lib.git`], { stdio: 'ignore' }), 'close');
		assert.equal(
			far.asked[before]?.authorization,
			header,
			'control: a header that is for no host in particular goes to every one',
		);
	});

	test('is kept for later steps for its host alone', async () => {
		await using lib = await tempRepository({ lib: 'lib\n' });
		await using far = await openForge(lib, false);
		await using near = await openForge(lib, true);
		await using app = await tempRepository({ app: 'app\n' });
		const checkout = `{uses: actions/checkout@v4, with: {token: ${token}, github-server-url: '${near.url}'}}`;
		const ask = `run: git ls-remote ${near.url}/lib.git && git ls-remote ${far.url}/lib.git`;
		const workflow = `on: push\njobs:\n  a:\n    runs-on: any\n    steps:\n      - ${checkout}\n      - ${ask}\n`;
		const { end, log } = await rig.run(workflow, { repository: app });
		assert.equal(end.conclusion, 'passed', log.join('\n'));
		assert.equal(near.asked[0]?.authorization, header);
		assert.ok(far.asked.length > 0 && far.asked.every(({ authorization }) => authorization === undefined));
	});
});
