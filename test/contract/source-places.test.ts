import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { needs } from '../needs.ts';
import {
	commitAll,
	git,
	makeRepository,
	newFolder,
	newSource,
	problem,
	root,
	thrown,
	value,
	write,
} from './source-repositories.ts';

const inHome = async <T>(home: string, work: () => Promise<T>): Promise<T> => {
	const before = { HOME: process.env['HOME'], XDG_CONFIG_HOME: process.env['XDG_CONFIG_HOME'] };
	process.env['HOME'] = home;
	delete process.env['XDG_CONFIG_HOME'];
	try {
		return await work();
	} finally {
		for (const [name, text] of Object.entries(before)) {
			if (text === undefined) delete process.env[name];
			else process.env[name] = text;
		}
	}
};

describe('where a repository is', () => {
	test('is found from any folder of its work tree, through links, and for linked work trees and submodules, too', async () => {
		const { folder, second } = makeRepository('shop');
		const inner = makeRepository('inner');
		git(folder, '-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', inner.folder, 'lib');
		const linked = join(newFolder(), 'linked');
		git(folder, 'worktree', 'add', '--quiet', '-b', 'other', linked, second);
		const link = join(newFolder(), 'link');
		symlinkSync(folder, link);
		const { source } = newSource();
		for (const [asked, path] of [
			[join(folder, 'src'), folder],
			[join(link, 'src'), folder],
			[linked, linked],
			[join(folder, 'lib'), join(folder, 'lib')],
		] as const)
			assert.equal(value(await source.describe(asked)).path, path);
		write(join(folder, 'lib'), 'readme.md', 'in the submodule\n');
		const taken = value(await source.snapshot(join(folder, 'lib')));
		assert.deepEqual([taken.head, taken.isDirty], [inner.second, true]);
		for (const [path, sha] of [
			[linked, second],
			[join(folder, 'lib'), taken.sha],
		] as const) {
			const target = newFolder();
			await source.checkout(path, sha, target, { depth: 0, ref: 'refs/heads/main', git: true });
			assert.equal(git(target, 'rev-parse', 'HEAD'), sha);
			assert.equal(git(target, 'status', '--porcelain'), '');
		}
	});

	test('is not the inside of one, nor a bare one in somebody`s tree, and each refusal says what to name instead', async () => {
		const { folder } = makeRepository();
		git(folder, 'init', '--quiet', '--bare', 'vendor/bare.git');
		const { source } = newSource();
		for (const [path, next] of [
			[join(folder, '.git'), /the folder above/],
			[join(folder, '.git/refs'), /the folder above/],
			[join(folder, 'vendor/bare.git'), /move the bare repository out/],
			[join(folder, 'vendor/bare.git/refs'), /name .*bare\.git$/],
		] as const) {
			const found = problem(await source.describe(path));
			assert.equal(found.code, 'FB0150', path);
			assert.match(found.next ?? '', next, path);
			assert.equal((await thrown(source.head(path))).code, 'FB0152');
		}
		const broken = newFolder();
		for (const text of ['gitdir: /nowhere', 'gitdir: ', 'x'.repeat(100_000), '\0\0']) {
			writeFileSync(join(broken, '.git'), text);
			assert.equal(problem(await source.describe(broken)).code, 'FB0150');
		}
		mkdirSync(join(broken, 'sub/.git'), { recursive: true });
		assert.equal(problem(await source.describe(join(broken, 'sub'))).code, 'FB0150');
		assert.equal(problem(await source.describe('/a\nb')).code, 'FB0150');
	});

	test('may be another user`s as a whole, but not lead to another one`s', needs('root'), async () => {
		const { folder } = makeRepository();
		const outside = newFolder();
		writeFileSync(join(outside, '.git'), `gitdir: ${folder}/.git\n`);
		const { source } = newSource();
		assert.equal(value(await source.describe(outside)).path, outside, 'who reads it wrote it');
		chownSync(join(outside, '.git'), 4001, 4001);
		assert.equal(problem(await source.describe(outside)).code, 'FB0157');
		for (const name of ['', '.git', '.git/HEAD', '.git/config']) chownSync(join(folder, name), 4001, 4001);
		assert.equal(value(await source.describe(outside)).path, outside, 'the same user wrote both');
		assert.equal(value(await source.describe(folder)).path, folder);
	});

	test('with a HEAD that is detached, unborn, or on a branch with an unusual name', async () => {
		const { folder, first, second } = makeRepository();
		const { source } = newSource();
		for (const name of ['-x', '$(id)', 'ünï', "it's", 'a/b/c', '@', 'feature#1', 'x'.repeat(200)]) {
			git(folder, 'update-ref', `refs/heads/${name}`, first);
			git(folder, 'symbolic-ref', 'HEAD', `refs/heads/${name}`);
			assert.deepEqual(await source.head(folder), { ref: `refs/heads/${name}`, sha: first });
			assert.equal(value(await source.find(folder, name)).ref, `refs/heads/${name}`);
			const target = newFolder();
			await source.checkout(folder, first, target, { depth: 1, ref: `refs/heads/${name}`, git: true });
			assert.equal(git(target, 'symbolic-ref', 'HEAD'), `refs/heads/${name}`);
			assert.equal(git(target, 'status', '--porcelain'), '');
		}
		git(folder, 'symbolic-ref', 'HEAD', 'refs/heads/unborn');
		assert.equal((await thrown(source.head(folder))).code, 'FB0153');
		assert.equal(value(await source.find(folder, 'main')).sha, second);
	});
});

describe('how a person has set up git', () => {
	test('counts for the files of the work tree: what is ignored, by whom ever it is included', async () => {
		const { folder } = makeRepository();
		const home = newFolder('home');
		write(
			home,
			'.gitconfig',
			`[includeIf "gitdir:${root}/"]\n\tpath = ~/work.inc\n[core]\n\tpager = touch ${home}/mark\n`,
		);
		write(home, 'work.inc', '[core]\n\texcludesfile = ~/my.ignore\n');
		write(home, 'my.ignore', '*.private\n');
		write(folder, 'a.private', 'mine\n');
		await inHome(home, async () => assert.equal(value(await newSource().source.snapshot(folder)).isDirty, false));

		const usual = newFolder('home');
		write(usual, '.config/git/ignore', '*.private\n');
		await inHome(usual, async () => assert.equal(value(await newSource().source.snapshot(folder)).isDirty, false));
		await inHome(newFolder('home'), async () =>
			assert.equal(value(await newSource().source.snapshot(folder)).isDirty, true),
		);
	});

	test('does not count for a checkout: no attribute, line end, hook or alias of it comes into one', async () => {
		const { folder, second } = makeRepository();
		const home = newFolder('home');
		write(home, '.gitconfig', '[core]\n\tautocrlf = true\n\thooksPath = ~/hooks\n[init]\n\ttemplateDir = ~/template\n');
		write(home, 'template/marked', 'x');
		write(home, '.config/git/attributes', '*.md eol=crlf\n');
		const target = newFolder();
		await inHome(home, () => newSource().source.checkout(folder, second, target, { depth: 1, git: true }));
		assert.equal(readFileSync(join(target, 'readme.md'), 'utf8'), 'two\n');
		assert.throws(() => readFileSync(join(target, '.git/marked')));
	});

	test('nor do the variables of a hook that Footbridge is started from', async () => {
		const { folder, second } = makeRepository();
		const other = makeRepository();
		write(other.folder, 'other.txt', 'x');
		commitAll(other.folder, 'Other');
		const variables = { GIT_DIR: join(other.folder, '.git'), GIT_INDEX_FILE: '/nowhere', GIT_WORK_TREE: other.folder };
		Object.assign(process.env, variables);
		try {
			const { source } = newSource();
			assert.equal((await source.head(folder)).sha, second);
			assert.equal(value(await source.snapshot(folder)).isDirty, false);
		} finally {
			for (const name of Object.keys(variables)) delete process.env[name];
		}
	});
});
