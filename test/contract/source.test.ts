import assert from 'node:assert/strict';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ProblemError } from '#core/result.ts';
import { needs } from '../needs.ts';
import {
	commitAll,
	git,
	makeRepository,
	newFolder,
	newSource,
	problem,
	root,
	value,
	write,
} from './source-repositories.ts';

describe('a git source', () => {
	test('describes a repository, also from a folder inside it, without the credentials of its remote', async () => {
		const { folder } = makeRepository('shop');
		git(folder, 'remote', 'add', 'origin', 'https://ada:token@example.test/ada/shop.git');
		const { source } = newSource();
		const expected = {
			path: folder,
			name: 'shop',
			defaultBranch: 'main',
			isBare: false,
			origin: 'https://example.test/ada/shop.git',
		};
		assert.deepEqual(value(await source.describe(folder)), expected);
		assert.deepEqual(value(await source.describe(join(folder, 'src'))), expected);
		assert.equal(problem(await source.describe(newFolder())).code, 'FB0150');
		assert.equal(problem(await source.describe(join(root, 'nowhere'))).code, 'FB0150');
	});

	test('resolves branches, tags, HEAD and abbreviations, and refuses what is none or could be an option', async () => {
		const { folder, first, second } = makeRepository();
		git(folder, 'tag', '-a', 'v1', '-m', 'one', first);
		git(folder, 'branch', 'feature/x', first);
		const { source } = newSource();
		for (const [revision, sha] of [
			['main', second],
			['HEAD', second],
			['HEAD~1', first],
			['v1', first],
			['feature/x', first],
			[first.slice(0, 9), first],
			[second, second],
		] as const) {
			assert.equal(value(await source.resolve(folder, revision)), sha, revision);
		}
		for (const revision of ['nope', '', '--all', '-h', '--output=/tmp/x', 'HEAD:readme.md', 'a\nb', 'f'.repeat(40)]) {
			assert.equal(problem(await source.resolve(folder, revision)).code, 'FB0154', revision);
		}
		assert.deepEqual([...(await source.refs(folder))].sort(), [
			['refs/heads/feature/x', first],
			['refs/heads/main', second],
			['refs/tags/v1', first],
		]);
		assert.deepEqual(await source.head(folder), { ref: 'refs/heads/main', sha: second });
		git(folder, 'checkout', '--quiet', '--detach', first);
		assert.deepEqual(await source.head(folder), { ref: 'HEAD', sha: first });
	});

	test('tells commits, the paths between two, and the files at one', async () => {
		const { folder, first, second } = makeRepository();
		write(folder, '.github/workflows/deploy.yml', 'on: workflow_dispatch\n');
		write(folder, '.github/workflows/deep/no.yml', 'x');
		write(folder, '.github/workflows/huge.yml', 'x'.repeat(5000));
		symlinkSync('/etc/passwd', join(folder, '.github/workflows/link.yml'));
		const third = commitAll(folder, 'Third');
		const { source } = newSource();
		assert.deepEqual(await source.commit(folder, second), {
			sha: second,
			subject: 'Second: with a colon',
			authoredAt: '2026-01-05T10:00:00.000Z',
		});
		const shas = async (from: string | undefined, limit: number) =>
			(await source.commits(folder, from, third, limit)).map((commit) => commit.sha);
		assert.deepEqual(await shas(first, 10), [third, second]);
		assert.deepEqual(await shas(first, 1), [third]);
		assert.deepEqual(await shas(undefined, 10), [third]);
		assert.deepEqual(await shas('f'.repeat(40), 10), [third], 'a start that git has forgotten');
		assert.deepEqual(await source.changed(folder, first, second), ['readme.md', 'src/ünï code.ts']);
		const files = await source.files(folder, third, '.github/workflows', 1000);
		assert.deepEqual(
			[...files],
			[
				['.github/workflows/ci.yml', 'on: push\n'],
				['.github/workflows/deploy.yml', 'on: workflow_dispatch\n'],
			],
		);
		assert.deepEqual(
			[...(await source.files(folder, third, '.github/workflows/', 9))].map(([path]) => path),
			['.github/workflows/ci.yml'],
		);
		assert.deepEqual([...(await source.files(folder, first, '.', 1000)).keys()], ['.gitignore', 'readme.md']);
		assert.deepEqual([...(await source.files(folder, third, 'none', 1000))], []);
		assert.equal(await source.file(folder, first, 'readme.md'), 'one\n');
		assert.equal(await source.file(folder, third, 'src/ünï code.ts'), 'export {};\n');
		for (const name of ['none', 'src', '.github/workflows/link.yml', '*.md', ''])
			assert.equal(await source.file(folder, third, name), undefined, name);
		await assert.rejects(source.commit(folder, '--all'), /not a full commit name/);
	});

	test('makes a commit of the work tree as it is, the same for the same tree, and leaves the repository alone', async () => {
		const { folder, second } = makeRepository();
		const { source } = newSource();
		assert.deepEqual(value(await source.snapshot(folder)), {
			sha: second,
			head: second,
			ref: 'refs/heads/main',
			isDirty: false,
		});
		write(folder, 'readme.md', 'three\n');
		write(folder, 'new/file.txt', 'new\n');
		write(folder, 'node_modules/big.js', 'ignored\n');
		rmSync(join(folder, 'src'), { recursive: true });
		write(folder, 'staged.txt', 'staged\n');
		git(folder, 'add', 'staged.txt');
		const before = {
			index: readFileSync(join(folder, '.git/index')),
			objects: git(folder, 'count-objects', '-v'),
			status: git(folder, 'status', '--porcelain'),
		};
		const taken = value(await source.snapshot(folder));
		assert.equal(taken.isDirty, true);
		assert.equal(taken.head, second);
		assert.equal(value(await source.snapshot(folder)).sha, taken.sha);
		assert.equal(value(await newSource().source.snapshot(folder)).sha, taken.sha);
		assert.deepEqual(readFileSync(join(folder, '.git/index')), before.index);
		assert.deepEqual(
			{ objects: git(folder, 'count-objects', '-v'), status: git(folder, 'status', '--porcelain') },
			{ objects: before.objects, status: before.status },
		);
		assert.deepEqual((await source.changed(folder, second, taken.sha)).toSorted(), [
			'new/file.txt',
			'readme.md',
			'src/ünï code.ts',
			'staged.txt',
		]);
		assert.equal(await source.file(folder, taken.sha, 'new/file.txt'), 'new\n');
		assert.equal((await source.commit(folder, taken.sha)).subject, 'Uncommitted work tree');
		assert.equal(value(await source.resolve(folder, taken.sha)), taken.sha);
		assert.equal((await source.commits(folder, second, taken.sha, 5)).length, 1);
		write(folder, 'readme.md', 'four\n');
		assert.notEqual(value(await source.snapshot(folder)).sha, taken.sha);
	});

	test('sees a change of the same size in the second in which the index was written', async () => {
		const { folder, second } = makeRepository();
		const { source } = newSource();
		const into = () => Date.now() % 1000;
		while (into() > 500) await setTimeout(20);
		write(folder, 'readme.md', 'red\n');
		git(folder, 'add', 'readme.md');
		git(folder, 'commit', '--quiet', '--message', 'Red');
		write(folder, 'readme.md', 'sea\n');
		await setTimeout(1100);
		const taken = value(await source.snapshot(folder));
		assert.equal(taken.isDirty, true);
		assert.equal(await source.file(folder, taken.sha, 'readme.md'), 'sea\n');
		assert.deepEqual(await source.changed(folder, second, taken.sha), ['readme.md']);
	});

	test('takes the work tree as the owner set it up: local excludes, a split index', async () => {
		const { folder, second } = makeRepository();
		write(folder, '.git/info/exclude', 'private.txt\n');
		write(folder, 'private.txt', 'mine');
		const { source } = newSource();
		assert.equal(value(await source.snapshot(folder)).isDirty, false);
		git(folder, 'update-index', '--split-index');
		assert.equal(value(await source.snapshot(folder)).sha, second);
		write(folder, 'readme.md', 'split\n');
		assert.deepEqual(await source.changed(folder, second, value(await source.snapshot(folder)).sha), ['readme.md']);
	});

	test('starts no program that a repository names', async () => {
		const { folder, second } = makeRepository();
		const mark = join(root, 'pwned');
		const program = join(folder, 'evil.sh');
		writeFileSync(program, `#!/bin/sh\ntouch ${mark}\ncat\n`);
		chmodSync(program, 0o755);
		for (const setting of [
			'core.fsmonitor',
			'filter.evil.clean',
			'filter.evil.smudge',
			'filter.evil.process',
			'diff.external',
			'diff.evil.textconv',
			'core.pager',
			'core.sshCommand',
			'uploadpack.packObjectsHook',
			'core.alternateRefsCommand',
		]) {
			git(folder, 'config', setting, program);
		}
		for (const hook of [
			'post-checkout',
			'post-index-change',
			'pre-commit',
			'reference-transaction',
			'post-commit',
			'fsmonitor-watchman',
		]) {
			write(folder, `.git/hooks/${hook}`, `#!/bin/sh\ntouch ${mark}\n`);
			chmodSync(join(folder, '.git/hooks', hook), 0o755);
		}
		write(folder, '.gitattributes', '* filter=evil diff=evil\n');
		write(folder, 'readme.md', 'changed\n');
		const { source } = newSource();
		await source.describe(folder);
		await source.refs(folder);
		const { sha } = value(await source.snapshot(folder));
		await source.changed(folder, second, sha);
		await source.commits(folder, second, sha, 5);
		await source.files(folder, sha, '.', 1000);
		for (const withGit of [true, false]) {
			const target = newFolder();
			await source.checkout(folder, sha, target, { depth: withGit ? 0 : 1, git: withGit });
			assert.equal(readFileSync(join(target, 'readme.md'), 'utf8'), 'changed\n');
		}
		assert.equal(existsSync(mark), false);
	});

	test('checks out a commit with a .git of its own, as deep as asked, on its branch', async () => {
		const { folder, first, second } = makeRepository();
		git(folder, 'remote', 'add', 'origin', 'git@example.test:ada/"shop".git');
		git(folder, 'tag', '-a', 'v1', '-m', 'one', first);
		const { source } = newSource();
		const shallow = newFolder();
		await source.checkout(folder, second, shallow, { depth: 1, ref: 'refs/heads/main', git: true });
		assert.equal(git(shallow, 'log', '--format=%H'), second);
		assert.equal(git(shallow, 'status', '--porcelain=v2', '--branch').split('\n')[1], '# branch.head main');
		assert.equal(git(shallow, 'rev-parse', 'origin/main', '@{upstream}'), `${second}\n${second}`);
		assert.equal(git(shallow, 'remote', 'get-url', 'origin'), 'git@example.test:ada/"shop".git');
		assert.equal(existsSync(join(shallow, '.git/objects/info/alternates')), false);
		assert.equal(git(shallow, 'status', '--porcelain'), '');
		const whole = newFolder();
		await source.checkout(folder, second, whole, { depth: 0, git: true });
		assert.equal(git(whole, 'log', '--format=%s'), 'Second: with a colon\nFirst');
		assert.match(git(whole, 'describe'), /^v1-1-g/);
		assert.equal(git(whole, 'rev-parse', 'origin/main'), second);
		assert.equal(git(whole, 'rev-parse', '--symbolic-full-name', 'HEAD'), 'HEAD');
		git(whole, 'fsck', '--strict');
	});

	test('checks out without .git into a folder that may be missing, with links and modes', async () => {
		const { folder } = makeRepository();
		write(folder, 'run.sh', '#!/bin/sh\n');
		chmodSync(join(folder, 'run.sh'), 0o755);
		symlinkSync('run.sh', join(folder, 'link'));
		const sha = commitAll(folder, 'Modes');
		const { source } = newSource();
		const target = join(newFolder(), 'deep', 'code');
		await source.checkout(folder, sha, target, { depth: 1, git: false });
		assert.deepEqual(readdirSync(target).toSorted(), ['.github', '.gitignore', 'link', 'readme.md', 'run.sh', 'src']);
		assert.equal(statSync(join(target, 'run.sh')).mode & 0o777, 0o755);
		await assert.rejects(source.checkout(folder, sha, target, { depth: 1, git: false }), /not empty/);
	});

	test('checks out an uncommitted work tree without the repository in reach', async () => {
		const { folder } = makeRepository();
		write(folder, 'readme.md', 'uncommitted\n');
		const { source, own } = newSource();
		const { sha } = value(await source.snapshot(folder));
		const target = newFolder();
		await source.checkout(folder, sha, target, { depth: 2, ref: 'refs/heads/main', git: true });
		rmSync(folder, { recursive: true });
		rmSync(own, { recursive: true });
		assert.equal(readFileSync(join(target, 'readme.md'), 'utf8'), 'uncommitted\n');
		assert.equal(git(target, 'log', '-1', '--format=%s', 'HEAD~1'), 'Second: with a colon');
		assert.equal(git(target, 'status', '--porcelain'), '');
	});

	test('reads bare repositories, linked work trees and shallow clones', async () => {
		const { folder, second } = makeRepository();
		const { source } = newSource();
		const bare = join(newFolder(), 'shop.git');
		git(root, 'clone', '--quiet', '--bare', folder, bare);
		assert.deepEqual(
			{ ...value(await source.describe(bare)), origin: undefined },
			{ path: bare, name: 'shop', defaultBranch: 'main', isBare: true, origin: undefined },
		);
		assert.equal(value(await source.snapshot(bare)).sha, second);
		const linked = join(newFolder(), 'linked');
		git(folder, 'worktree', 'add', '--quiet', '-b', 'other', linked);
		write(linked, 'readme.md', 'in the linked tree\n');
		const taken = value(await source.snapshot(linked));
		assert.deepEqual([taken.ref, taken.isDirty], ['refs/heads/other', true]);
		assert.equal(value(await source.snapshot(folder)).isDirty, false);
		const shallow = join(newFolder(), 'shallow');
		git(root, 'clone', '--quiet', '--depth=1', `file://${folder}`, shallow);
		for (const [path, sha] of [
			[bare, second],
			[linked, taken.sha],
			[shallow, second],
		] as const) {
			for (const depth of [0, 1]) {
				const target = newFolder();
				await source.checkout(path, sha, target, { depth, ref: 'refs/heads/main', git: true });
				assert.equal(git(target, 'rev-parse', 'HEAD'), sha);
			}
		}
		assert.equal((await source.commits(shallow, undefined, second, 5)).length, 1);
	});

	test('says of an empty repository that it has no commit yet', async () => {
		const folder = newFolder();
		git(folder, 'init', '--quiet', '-b', 'trunk');
		const { source } = newSource();
		assert.equal(value(await source.describe(folder)).defaultBranch, 'trunk');
		write(folder, 'a.txt', 'a');
		for (const result of [await source.resolve(folder, 'HEAD'), await source.snapshot(folder)]) {
			assert.deepEqual([problem(result).code, problem(result).what], ['FB0153', 'The repository has no commit yet']);
		}
		assert.equal((await source.refs(folder)).size, 0);
	});

	test('says that a folder is gone, and reads it again when it is back', async () => {
		const { folder, second } = makeRepository();
		const { source } = newSource();
		const away = `${folder}.away`;
		renameSync(folder, away);
		await assert.rejects(source.head(folder), (error: ProblemError) => error.problem.code === 'FB0152');
		await assert.rejects(source.commit(folder, second), (error: ProblemError) => {
			assert.equal(error.problem.code, 'FB0152');
			assert.match(error.problem.why ?? '', /no such folder/);
			return true;
		});
		renameSync(away, folder);
		assert.equal((await source.commit(folder, second)).sha, second);
	});

	test('says which file of the work tree it cannot read', async () => {
		const { folder } = makeRepository();
		mkdirSync(join(folder, 'inner'));
		git(join(folder, 'inner'), 'init', '--quiet');
		const { source } = newSource();
		const found = problem(await source.snapshot(folder));
		assert.equal(found.code, 'FB0155');
		assert.match(found.why ?? '', /inner/);
	});

	test('reads a repository that belongs to somebody else', needs('root'), async () => {
		const { folder, second } = makeRepository();
		for (const name of ['', '.git', '.git/objects', '.git/index', '.git/HEAD', '.git/config'])
			chownSync(join(folder, name), 12345, 12345);
		const { source } = newSource();
		assert.equal(value(await source.resolve(folder, 'main')), second);
		write(folder, 'readme.md', 'theirs\n');
		const { sha } = value(await source.snapshot(folder));
		const target = newFolder();
		await source.checkout(folder, sha, target, { depth: 1, git: true });
		assert.equal(readFileSync(join(target, 'readme.md'), 'utf8'), 'theirs\n');
	});

	test('gives the same answers when asked many things at once', async () => {
		const { folder, second } = makeRepository();
		const { source } = newSource();
		write(folder, 'readme.md', 'at once\n');
		const taken = await Promise.all(Array.from({ length: 6 }, () => source.snapshot(folder)));
		assert.equal(new Set(taken.map((result) => value(result).sha)).size, 1);
		const targets = await Promise.all(
			Array.from({ length: 4 }, async () => {
				const target = newFolder();
				await source.checkout(folder, second, target, { depth: 1, git: true });
				return target;
			}),
		);
		for (const target of targets) assert.equal(readFileSync(join(target, 'readme.md'), 'utf8'), 'two\n');
	});
});
