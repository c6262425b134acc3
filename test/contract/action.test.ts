import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { ActionCommit, Actions, WantedCommit } from '#edge/action/action.ts';
import { fakeActions } from '#edge/action/fake.ts';
import { gitActions } from '#edge/action/git.ts';

const root = mkdtempSync(join(tmpdir(), 'footbridge-actions-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** A place with repositories, and actions that come from there. */
interface Place {
	readonly actions: Actions;
	/** Writes these files as the next commit of a repository, with tags on it; the commit. */
	commit(repository: string, files: { readonly [path: string]: string }, ...tags: readonly string[]): string;
	/** The place answers nobody any more. */
	goAway(): void;
}

const environment = {
	PATH: process.env['PATH'],
	HOME: '/nonexistent',
	GIT_CONFIG_NOSYSTEM: '1',
	...{ GIT_AUTHOR_NAME: 'Rig', GIT_AUTHOR_EMAIL: 'rig@example.com' },
	...{ GIT_COMMITTER_NAME: 'Rig', GIT_COMMITTER_EMAIL: 'rig@example.com' },
};

function git(cwd: string, ...args: readonly string[]): string {
	return execFileSync('git', args, {
		cwd,
		env: environment,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
	}).trim();
}

/** While a server of this process answers. */
async function gitLater(cwd: string, ...args: readonly string[]): Promise<void> {
	await promisify(execFile)('git', args, { cwd, env: environment });
}

let places = 0;

function folderPlace(): Place & { readonly folder: string; readonly cache: string } {
	places += 1;
	const folder = join(root, `remote-${places}`);
	const cache = join(root, `cache-${places}`);
	return {
		folder,
		cache,
		actions: gitActions(cache, { from: folder }),
		commit(repository, files, ...tags) {
			const bare = join(folder, `${repository}.git`);
			const work = `${bare}-work`;
			if (!existsSync(work)) {
				mkdirSync(work, { recursive: true });
				git(work, 'init', '--quiet', '--initial-branch=main');
				git(root, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
			}
			for (const [path, text] of Object.entries(files)) {
				mkdirSync(dirname(join(work, path)), { recursive: true });
				if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(work, path));
				else writeFileSync(join(work, path), text);
			}
			git(work, 'add', '--all', '--force');
			git(work, 'commit', '--quiet', '--allow-empty', '--message', 'next');
			// One kind of tag after the other: both must lead to the commit.
			for (const [index, tag] of tags.entries())
				git(work, 'tag', '--force', ...(index % 2 === 0 ? ['-a', '-m', tag] : []), tag);
			git(work, 'push', '--quiet', '--force', '--tags', bare, 'main');
			return git(work, 'rev-parse', 'HEAD');
		},
		goAway: () => renameSync(folder, `${folder}-away`),
	};
}

/** The same folder, as a server on the network gives it. */
async function httpPlace(): Promise<ReturnType<typeof folderPlace> & { readonly url: string }> {
	const place = folderPlace();
	const backend = join(git(root, '--exec-path'), 'git-http-backend');
	const server = createServer((request, response) => {
		const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
		if (pathname.startsWith('/private/')) {
			response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
			return;
		}
		const program = spawn(backend, {
			env: {
				...environment,
				...{ GIT_PROJECT_ROOT: place.folder, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: pathname },
				...{ QUERY_STRING: search.slice(1), REQUEST_METHOD: request.method },
				...{
					CONTENT_TYPE: request.headers['content-type'],
					HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
				},
				...{ HTTP_CONTENT_ENCODING: request.headers['content-encoding'], REMOTE_ADDR: '127.0.0.1' },
			},
		});
		const chunks: Buffer[] = [];
		request.pipe(program.stdin);
		program.stdout.on('data', (chunk) => chunks.push(chunk));
		program.on('close', () => {
			const answer = Buffer.concat(chunks);
			const end = answer.indexOf('\r\n\r\n');
			const headers = answer.toString('latin1', 0, end).split('\r\n');
			const pairs = headers.map(
				(line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const,
			);
			const status = pairs.find(([name]) => name === 'Status')?.[1] ?? '200';
			response.writeHead(Number.parseInt(status, 10), Object.fromEntries(pairs.filter(([name]) => name !== 'Status')));
			response.end(answer.subarray(end + 4));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	servers.push(server);
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		...place,
		url,
		actions: gitActions(place.cache, { from: `${url}/` }),
		goAway: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

const servers: Server[] = [];
after(() => servers.map((server) => server.close()));

function fakePlace(): Place {
	const actions = fakeActions();
	let commits = 0;
	return {
		actions,
		commit(name, files, ...tags) {
			commits += 1;
			const sha = commits.toString(16).padStart(40, '0');
			actions.repositories[name] ??= { refs: {}, commits: {} };
			const repository = actions.repositories[name];
			const before = repository.commits[repository.refs['main'] ?? ''];
			repository.commits[sha] = { ...before, ...files };
			for (const ref of ['main', ...tags]) repository.refs[ref] = sha;
			return sha;
		},
		goAway() {
			actions.isAway = true;
		},
	};
}

async function resolved(actions: Actions, wanted: WantedCommit): Promise<ActionCommit> {
	const found = await actions.resolve(wanted);
	assert.ok(found.ok, JSON.stringify(found));
	return found.value;
}

async function refused(actions: Actions, wanted: WantedCommit): Promise<string> {
	const found = await actions.resolve(wanted);
	assert.ok(!found.ok, JSON.stringify(found));
	const [problem] = found.error;
	assert.ok(problem?.what && problem.next);
	return problem.code;
}

for (const [name, open] of [
	['gitActions on a folder', folderPlace],
	['gitActions on a server', httpPlace],
	['fakeActions', fakePlace],
] as const) {
	describe(`${name} keeps the contract of Actions`, () => {
		const repository = 'owner/tool';

		test('a tag, a branch and a whole commit name lead to a commit and its files', async () => {
			const { actions, commit } = await open();
			const first = commit(
				repository,
				{ 'action.yml': 'name: one\n', 'sub/action.yml': 'name: below\n' },
				'v1',
				'v1.0',
			);
			const second = commit(repository, { 'action.yml': 'name: two\n' }, 'v2');
			for (const [ref, sha, text] of [
				['v1', first, 'one'],
				['v1.0', first, 'one'],
				['v2', second, 'two'],
				['main', second, 'two'],
				[first, first, 'one'],
				[first.toUpperCase(), first, 'one'],
			] as const) {
				const found = await resolved(actions, { repository, ref });
				assert.deepEqual([found.ref, found.sha], [ref, sha]);
				assert.equal(await actions.file(found, 'action.yml'), `name: ${text}\n`, ref);
			}
			const found = await resolved(actions, { repository, ref: 'v1' });
			assert.equal(await actions.file(found, 'sub/action.yml'), 'name: below\n');
			assert.equal(await actions.has(found, 'sub/action.yml'), true);
			assert.equal(await actions.has(found, 'sub'), false);
			assert.equal(await actions.file(found, 'missing'), undefined);
		});

		test('a repository may be called .github', async () => {
			const { actions, commit } = await open();
			const sha = commit('owner/.github', { 'action.yml': 'name: shared\n' }, 'v1');
			const found = await resolved(actions, { repository: 'owner/.github', ref: 'v1' });
			assert.equal(found.sha, sha);
			assert.equal(await actions.file(found, 'action.yml'), 'name: shared\n');
		});

		test('a tag that was moved is what it is now', async () => {
			const { actions, commit } = await open();
			const first = commit(repository, { 'action.yml': '1' }, 'v1');
			assert.equal((await resolved(actions, { repository, ref: 'v1' })).sha, first);
			const second = commit(repository, { 'action.yml': '2' }, 'v1');
			assert.equal((await actions.known({ repository, ref: 'v1' }))?.sha, first);
			assert.equal((await resolved(actions, { repository, ref: 'v1' })).sha, second);
			assert.equal((await actions.known({ repository, ref: 'v1' }))?.sha, second);
		});

		test('what cannot be had is a problem of its own kind', async () => {
			const { actions, commit } = await open();
			const sha = commit(repository, { 'action.yml': '1' }, 'v1');
			assert.equal(await refused(actions, { repository: 'owner/none', ref: 'v1' }), 'FB2054');
			assert.equal(await refused(actions, { repository, ref: 'v9' }), 'FB2055');
			assert.equal(await refused(actions, { repository, ref: 'f'.repeat(40) }), 'FB2055');
			// GitHub takes whole names only.
			assert.equal(await refused(actions, { repository, ref: sha.slice(0, 12) }), 'FB2055');
		});

		test('what was resolved once is here when its place is away, and says so', async () => {
			const { actions, commit, goAway } = await open();
			const sha = commit(repository, { 'action.yml': 'kept' }, 'v1');
			await resolved(actions, { repository, ref: 'v1' });
			goAway();
			const tag = await actions.resolve({ repository, ref: 'v1' });
			assert.ok(tag.ok);
			assert.deepEqual([tag.value.sha, tag.value.origin], [sha, 'offline']);
			const pinned = await resolved(actions, { repository, ref: sha });
			assert.equal(pinned.origin, 'cached');
			assert.equal(await actions.file(pinned, 'action.yml'), 'kept');
			assert.equal((await actions.known({ repository, ref: 'v1' }))?.sha, sha);
		});

		test('many at once get the same commit', async () => {
			const { actions, commit } = await open();
			const sha = commit(repository, { 'action.yml': 'x' }, 'v1');
			const all = await Promise.all(Array.from({ length: 8 }, () => resolved(actions, { repository, ref: 'v1' })));
			assert.deepEqual(new Set(all.map((one) => one.sha)), new Set([sha]));
		});

		test('the hash changes with every file, and with nothing else', async () => {
			const { actions, commit } = await open();
			commit(repository, { 'action.yml': '1', 'a.js': 'a' }, 'v1');
			commit(repository, {}, 'v2');
			commit(repository, { 'a.js': 'b' }, 'v3');
			const [one, two, three] = await Promise.all(
				['v1', 'v2', 'v3'].map(async (ref) => actions.hash(await resolved(actions, { repository, ref }))),
			);
			assert.match(one ?? '', /^sha256:[0-9a-f]{64}$/);
			assert.equal(one, two);
			assert.notEqual(two, three);
		});

		test('its files are written out', async () => {
			const { actions, commit } = await open();
			commit(repository, { 'action.yml': '1', 'dist/index.js': 'code' }, 'v1');
			places += 1;
			const target = join(root, `out-${places}`);
			mkdirSync(target);
			await actions.checkout(await resolved(actions, { repository, ref: 'v1' }), target);
			assert.equal(readFileSync(join(target, 'dist/index.js'), 'utf8'), 'code');
			assert.deepEqual(readdirSync(target).sort(), ['action.yml', 'dist']);
		});
	});
}

describe('gitActions', () => {
	test('reads no file outside the repository, by .. or by a link that it brings (attack YML-07)', async () => {
		const place = folderPlace();
		writeFileSync(join(root, 'secret'), 'secret');
		place.commit('owner/evil', { 'action.yml': '-> /etc/passwd', up: '-> ../../..', 'real.yml': 'real' }, 'v1');
		const commit = await resolved(place.actions, { repository: 'owner/evil', ref: 'v1' });
		for (const path of ['action.yml', 'up/secret', '../../../../secret', '../real.yml', '/etc/passwd', '.', ''])
			assert.equal(await place.actions.file(commit, path), undefined, path);
		assert.equal(await place.actions.file(commit, './real.yml'), 'real');
		// The links are there: written out without a guard, whoever reads by their names leaves the folder.
		const target = join(root, 'evil-out');
		await place.actions.checkout(commit, target);
		assert.match(readFileSync(join(target, 'action.yml'), 'utf8'), /^root:/);
		for (const repository of ['owner/../evil', '../evil', 'owner/..', 'owner', '-owner/evil', 'a/b/c'])
			await assert.rejects(place.actions.resolve({ repository, ref: 'v1' }), /no repository/, repository);
	});

	test('starts nothing that a repository names', async () => {
		const place = folderPlace();
		place.commit('owner/hooked', { 'action.yml': 'x', '.gitattributes': '* filter=evil\n' }, 'v1');
		const bare = join(place.folder, 'owner/hooked.git');
		const mark = join(root, 'started');
		const program = `touch ${mark}`;
		git(bare, 'config', 'uploadpack.packObjectsHook', program);
		git(bare, 'config', 'filter.evil.smudge', program);
		git(bare, 'config', 'core.fsmonitor', program);
		for (const hook of ['post-checkout', 'pre-receive']) {
			mkdirSync(join(bare, 'hooks'), { recursive: true });
			writeFileSync(join(bare, 'hooks', hook), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
		}
		const commit = await resolved(place.actions, { repository: 'owner/hooked', ref: 'v1' });
		await place.actions.checkout(commit, join(root, 'hooked-out'));
		assert.equal(existsSync(mark), false);
		// Without the guards the filter is started.
		const unguarded = join(root, 'hooked-unguarded');
		mkdirSync(unguarded);
		git(root, '--git-dir', bare, '--work-tree', unguarded, 'checkout', '--force', 'v1', '--', '.');
		assert.equal(existsSync(mark), true);
	});

	test('takes no more than the limits allow, and keeps nothing of it', async () => {
		const place = folderPlace();
		place.commit('owner/large', { big: 'x'.repeat(300_000) }, 'v1');
		const limits = { timeMs: 60_000, fileBytes: 1e9, outputBytes: 64e6, treeBytes: 100_000, treeFiles: 10 };
		const actions = gitActions(place.cache, { from: place.folder, limits });
		assert.equal(await refused(actions, { repository: 'owner/large', ref: 'v1' }), 'FB0156');
		assert.deepEqual(readdirSync(join(place.cache, 'owner/large')), []);
		assert.ok((await place.actions.resolve({ repository: 'owner/large', ref: 'v1' })).ok);
	});

	test('goes to no file and no other way of transport than the one that was named', async () => {
		const { commit, cache, folder } = folderPlace();
		commit('owner/tool', { 'action.yml': 'x' }, 'v1');
		for (const from of [
			`file://${folder}`,
			'ext::sh -c touch% x',
			'ssh://host',
			'-oProxyCommand=x',
			'https://user:token@host',
			'relative/folder',
		])
			assert.equal(await refused(gitActions(cache, { from }), { repository: 'owner/tool', ref: 'v1' }), 'FB2056', from);
	});

	test('says of a network that is down that it is, and uses what is here', async () => {
		const { commit, cache, folder } = folderPlace();
		const sha = commit('owner/tool', { 'action.yml': 'x' }, 'v1');
		// Nobody listens at port 1.
		const away = { from: 'http://127.0.0.1:1', repository: 'owner/tool' };
		const actions = gitActions(cache);
		assert.equal(await refused(actions, { ...away, ref: 'v1' }), 'FB2056');
		await resolved(actions, { from: folder, repository: 'owner/tool', ref: 'v1' });
		// By its whole name it is the same commit, wherever it came from; a tag is another one elsewhere.
		assert.equal((await resolved(actions, { ...away, ref: sha })).origin, 'cached');
		assert.equal(await refused(actions, { ...away, ref: 'v1' }), 'FB2056');
	});

	for (const [kind, open] of [
		['a folder', folderPlace],
		['a server', httpPlace],
	] as const) {
		test(`a commit of a fork is not taken for one of the repository, from ${kind} (attack TRG-06)`, async () => {
			const place = await open();
			const first = place.commit('owner/tool', { 'action.yml': 'good' }, 'v1');
			place.commit('owner/tool', { 'action.yml': 'newer' }, 'v2');
			// As a forge has the head of a pull request.
			const work = join(place.folder, 'owner/tool.git-work');
			writeFileSync(join(work, 'action.yml'), 'evil');
			git(work, 'commit', '--quiet', '--all', '--message', 'evil');
			const evil = git(work, 'rev-parse', 'HEAD');
			git(work, 'push', '--quiet', join(place.folder, 'owner/tool.git'), 'HEAD:refs/pull/1/head');
			const problem = await place.actions.resolve({ repository: 'owner/tool', ref: evil });
			assert.ok(!problem.ok);
			assert.equal(problem.error[0]?.code, 'FB2055');
			assert.match(problem.error[0]?.why ?? '', /forks/);
			// Behind a branch it is the repository's own, also where no tag is on it.
			git(work, 'reset', '--quiet', '--hard', 'v2');
			place.commit('owner/tool', { 'action.yml': 'between' });
			const between = git(work, 'rev-parse', 'HEAD');
			place.commit('owner/tool', { 'action.yml': 'last' });
			for (const sha of [first, between])
				assert.equal((await resolved(place.actions, { repository: 'owner/tool', ref: sha })).sha, sha);
			// Without the guard git gives it out under the name of the repository.
			const address = 'url' in place ? `${place.url}/owner/tool.git` : join(place.folder, 'owner/tool.git');
			const unguarded = join(root, `unguarded-${places}`);
			git(root, 'init', '--quiet', '--bare', unguarded);
			await gitLater(unguarded, 'fetch', '--quiet', address, evil);
			assert.equal(git(unguarded, 'show', 'FETCH_HEAD:action.yml'), 'evil');
		});
	}

	test('a repository that wants a password is private, and nobody is asked for one', async () => {
		const { actions } = await httpPlace();
		const found = await actions.resolve({ repository: 'private/tool', ref: 'v1' });
		assert.ok(!found.ok);
		assert.equal(found.error[0]?.code, 'FB2054');
		assert.match(found.error[0]?.what ?? '', /or it is private/);
	});

	test('many jobs at once fetch a commit from a server once', async () => {
		const { actions, commit, cache } = await httpPlace();
		const sha = commit('owner/tool', { 'action.yml': 'x' }, 'v1');
		const all = await Promise.all(
			Array.from({ length: 6 }, () => resolved(actions, { repository: 'owner/tool', ref: 'v1' })),
		);
		assert.equal(all.filter(({ origin }) => origin === 'fetched').length, 1);
		assert.deepEqual(readdirSync(join(cache, 'owner/tool')).sort(), [`${sha}.git`, 'refs']);
	});

	test('refuses a version of Node that is none', async () => {
		const { actions } = folderPlace();
		for (const version of ['../x', '20; true', 'latest', '']) {
			const node = await actions.node(version);
			assert.ok(!node.ok);
			assert.equal(node.error[0]?.code, 'FB2059');
		}
	});

	test('what whoever runs Footbridge says goes before what a repository says', async () => {
		const [ours, theirs] = [folderPlace(), folderPlace()];
		const sha = ours.commit('owner/tool', { 'action.yml': 'ours' }, 'v1');
		theirs.commit('owner/tool', { 'action.yml': 'theirs' }, 'v1');
		const found = await resolved(ours.actions, { from: theirs.folder, repository: 'owner/tool', ref: 'v1' });
		assert.equal(found.sha, sha);
	});

	test('an older process that was killed leaves nothing that is taken for a commit', async () => {
		const place = folderPlace();
		const sha = place.commit('owner/tool', { 'action.yml': 'x' }, 'v1');
		mkdirSync(join(place.cache, 'owner/tool/.new-killed/new.git'), { recursive: true });
		assert.equal(await place.actions.known({ repository: 'owner/tool', ref: sha }), undefined);
		const commit = await resolved(place.actions, { repository: 'owner/tool', ref: sha });
		assert.equal(await place.actions.file(commit, 'action.yml'), 'x');
	});
});
