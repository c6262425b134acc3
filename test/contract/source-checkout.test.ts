import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gitSource } from '#edge/source/git.ts';
import type { GitFolderOptions } from '#edge/source/source.ts';
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

/** A `.git` folder of a commit, in a work tree that has no files yet. */
async function gitFolder(path: string, sha: string, options: GitFolderOptions, source = newSource().source) {
	const target = newFolder();
	await source.gitFolder(path, sha, join(target, '.git'), options);
	return target;
}

/**
 * Everything that a folder holds: names, kinds, modes, sizes, times, links, contents. Without the times of objects: git makes those
 * young that somebody needs, which keeps them from being pruned.
 */
const stateOf = (folder: string) =>
	execFileSync(
		'sh',
		[
			'-c',
			'find . -printf "%p %y %m %s %T@ %l\\n" | sed "/^.\\/.git\\/objects/s/ [0-9]*\\.[0-9]* *$//" | sort; find . -type f | sort | xargs -d "\\n" sha256sum',
		],
		{ cwd: folder, encoding: 'utf8' },
	).split('\n');

/** Numbers that look random and are the same for the same seed. */
function* numbers(seed: number): Generator<number, never> {
	for (let state = seed; ; ) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
		yield state / 2 ** 32;
	}
}

/** A history of 25 commits with merges, made of a seed; the tip. */
function makeHistory(folder: string, seed: number): string {
	const random = numbers(seed);
	const tree = git(folder, 'write-tree');
	const made: string[] = [];
	const pick = () =>
		made[Math.floor(random.next().value * Math.min(made.length, 6)) + Math.max(0, made.length - 6)] ?? '';
	for (let index = 0; index < 25; index++) {
		const count = made.length === 0 ? 0 : 1 + Math.floor(random.next().value * 3);
		const parents = new Set(Array.from({ length: count }, pick));
		made.push(git(folder, 'commit-tree', tree, '-m', `c${index}`, ...[...parents].flatMap((parent) => ['-p', parent])));
	}
	return made.at(-1) ?? '';
}

describe('a git folder', () => {
	test('is on the branch of a branch, and detached for a tag, a pull request and a commit, each with the refs that it needs', async () => {
		const { folder, first, second } = makeRepository();
		git(folder, 'remote', 'add', 'origin', 'https://example.test/ada/shop.git');
		git(folder, 'tag', '-a', 'v1', '-m', 'one', second);
		const refs = (target: string) => git(target, 'for-each-ref', '--format=%(refname)').split('\n');
		const at = (target: string) => git(target, 'rev-parse', '--abbrev-ref', 'HEAD');

		const branch = await gitFolder(folder, second, { depth: 1, ref: 'refs/heads/main' });
		assert.deepEqual([at(branch), ...refs(branch)], ['main', 'refs/heads/main', 'refs/remotes/origin/main']);
		assert.equal(git(branch, 'rev-parse', '--abbrev-ref', '@{upstream}'), 'origin/main');

		const tag = await gitFolder(folder, second, { depth: 1, ref: 'refs/tags/v1' });
		assert.deepEqual([at(tag), ...refs(tag)], ['HEAD', 'refs/tags/v1']);
		assert.equal(git(tag, 'describe'), 'v1', 'the tag keeps its message, which a plain describe asks for');

		const request = await gitFolder(folder, first, { depth: 1, ref: 'refs/pull/7/merge' });
		assert.deepEqual([at(request), ...refs(request)], ['HEAD', 'refs/remotes/pull/7/merge']);

		const commit = await gitFolder(folder, first, { depth: 1 });
		assert.deepEqual([at(commit), ...refs(commit)], ['HEAD', '']);
		for (const target of [branch, tag, request, commit]) {
			assert.equal(git(target, 'log', '--format=%s').split('\n').length, 1);
			git(target, 'checkout', '--quiet', '--force');
			assert.equal(git(target, 'status', '--porcelain'), '');
			git(target, 'diff-index', '--quiet', 'HEAD');
			git(target, 'fsck', '--strict');
		}
	});

	test('has the whole history with the branches as origin has them, and those that are only here, and all tags', async () => {
		const { folder, first, second } = makeRepository();
		git(folder, 'tag', 'v0', first);
		for (const [ref, sha] of [
			['refs/remotes/origin/main', first],
			['refs/remotes/origin/theirs', first],
			['refs/remotes/origin/feature', first],
			['refs/heads/feature/x', second],
			['refs/heads/mine', second],
			['refs/heads/theirs', second],
			['refs/stash', second],
		] as const)
			git(folder, 'update-ref', ref, sha);
		git(folder, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
		const whole = await gitFolder(folder, second, { depth: 0, ref: 'refs/heads/feature/x' });
		assert.deepEqual(
			git(whole, 'for-each-ref', '--format=%(refname) %(objectname)').split('\n'),
			[
				['refs/heads/feature/x', second],
				['refs/remotes/origin/feature/x', second],
				['refs/remotes/origin/main', first],
				['refs/remotes/origin/mine', second],
				['refs/remotes/origin/theirs', first],
				['refs/tags/v0', first],
			].map((row) => row.join(' ')),
			'origin/feature cannot be beside origin/feature/x, which is what is checked out',
		);
		assert.equal(git(whole, 'rev-parse', '--is-shallow-repository'), 'false');
		assert.equal(git(whole, 'describe', '--tags'), `v0-1-g${second.slice(0, 7)}`);
	});

	test('is cut where git itself would cut it, whatever the history looks like', async () => {
		for (const seed of [1, 2, 3, 4]) {
			const { folder } = makeRepository();
			const tip = makeHistory(folder, seed);
			git(folder, 'update-ref', 'refs/heads/tip', tip);
			const { source } = newSource();
			for (const depth of [1, 2, 3, 5, 60]) {
				const ours = await gitFolder(folder, tip, { depth, ref: 'refs/heads/tip' }, source);
				const theirs = join(newFolder(), 'clone');
				git(
					root,
					'clone',
					'--quiet',
					'--bare',
					'--single-branch',
					'--branch=tip',
					`--depth=${depth}`,
					`file://${folder}`,
					theirs,
				);
				const what = ['rev-list', '--topo-order', '--parents', 'HEAD'];
				assert.equal(git(ours, ...what), git(theirs, ...what), `seed ${seed}, depth ${depth}`);
			}
		}
	});

	test('brings tags to a short history when asked to, each as short as the rest', async () => {
		const { folder, first, second } = makeRepository();
		git(folder, 'tag', '-a', 'v1', '-m', 'one', first);
		git(folder, 'tag', 'v2', second);
		const target = await gitFolder(folder, second, { depth: 1, ref: 'refs/heads/main', tags: true });
		assert.equal(git(target, 'tag', '--list'), 'v1\nv2');
		assert.equal(git(target, 'rev-list', '--count', '--all'), '2');
		assert.equal(git(target, 'cat-file', '-t', 'v1'), 'tag');
	});

	test('of a shallow clone is as shallow, and complete as far as it goes', async () => {
		const { folder, second } = makeRepository();
		write(folder, 'third.txt', '3\n');
		const third = commitAll(folder, 'Third');
		const shallow = join(newFolder(), 'shallow');
		git(root, 'clone', '--quiet', '--depth=2', `file://${folder}`, shallow);
		for (const [depth, log] of [
			[0, [third, second]],
			[5, [third, second]],
			[1, [third]],
		] as const) {
			const target = await gitFolder(shallow, third, { depth, ref: 'refs/heads/main' });
			assert.deepEqual(git(target, 'log', '--format=%H').split('\n'), [...log], `depth ${depth}`);
			git(target, 'fsck');
		}
	});

	test('brings submodules that the repository keeps inside, of submodules too, without the network', async () => {
		const deepest = makeRepository('deepest');
		const inner = makeRepository('inner');
		const local = ['-c', 'protocol.file.allow=always'];
		git(inner.folder, ...local, 'submodule', 'add', '--quiet', deepest.folder, 'deep');
		commitAll(inner.folder, 'With deepest');
		const { folder } = makeRepository();
		git(folder, ...local, 'submodule', 'add', '--quiet', '--name', 'third party/lib', inner.folder, 'lib');
		git(folder, ...local, 'submodule', '--quiet', 'update', '--init', '--recursive');
		const sha = commitAll(folder, 'With inner');
		for (const place of [deepest, inner]) rmSync(place.folder, { recursive: true });
		const update = (target: string, ...extra: string[]) => {
			git(target, 'checkout', '--quiet', '--force');
			git(target, 'submodule', '--quiet', 'update', '--init', '--force', ...extra);
		};
		const direct = await gitFolder(folder, sha, { depth: 1, submodules: 'direct' });
		update(direct, '--depth=1');
		assert.equal(readFileSync(join(direct, 'lib/readme.md'), 'utf8'), 'two\n');
		assert.deepEqual(readdirSync(join(direct, 'lib/deep')), []);
		const whole = await gitFolder(folder, sha, { depth: 0, submodules: 'recursive' });
		update(whole, '--recursive');
		assert.equal(readFileSync(join(whole, 'lib/deep/readme.md'), 'utf8'), 'two\n');
		assert.equal(git(whole, 'status', '--porcelain'), '');
		const none = await gitFolder(folder, sha, { depth: 1 });
		assert.throws(() => update(none), /does not exist|not exist/);
	});

	test('needs room for no more than the limits, and says which one', async () => {
		const { folder } = makeRepository();
		for (let n = 0; n < 30; n++) write(folder, `f/${n}.txt`, String(n).repeat(1000));
		const sha = commitAll(folder, 'More');
		const usual = { timeMs: 60_000, fileBytes: 5e9, outputBytes: 256e6, treeBytes: 5e9, treeFiles: 2_000_000 };
		for (const [limit, why] of [
			[{ treeBytes: 20_000 }, /the commit's files are 50 kB, more than 20 kB, which is the limit/],
			[{ treeFiles: 10 }, /the commit has more than 10 files/],
			[{ fileBytes: 512 }, /it wrote more than 0.5 kB/],
			[{ timeMs: 1 }, /it took more than 1 ms/],
		] as const) {
			const source = gitSource(newFolder('own'), { ...usual, ...limit });
			for (const work of [
				() => source.gitFolder(folder, sha, join(newFolder(), '.git'), { depth: 0 }),
				() => source.checkout(folder, sha, newFolder(), { depth: 1, git: false }),
			]) {
				const { code, why: said } = await thrown(work());
				assert.equal(code, 'FB0156');
				assert.match(said ?? '', why);
			}
		}
		await gitSource(newFolder('own'), usual).gitFolder(folder, sha, join(newFolder(), '.git'), { depth: 0 });
	});

	test('and reading changes nothing in the repository, not even the time of a file', async () => {
		const { folder, first } = makeRepository();
		git(folder, 'tag', 'v1', first);
		write(folder, 'readme.md', 'changed\n');
		write(folder, 'new.txt', 'new\n');
		const before = stateOf(folder);
		const { source } = newSource();
		const { sha } = value(await source.snapshot(folder));
		await source.describe(folder);
		await source.refs(folder);
		await source.find(folder, 'v1');
		for (const depth of [0, 1, 2]) await gitFolder(folder, sha, { depth, tags: true, ref: 'refs/heads/main' }, source);
		const target = newFolder();
		await source.checkout(folder, sha, target, { depth: 1, git: true });
		write(target, 'readme.md', 'dirt\n');
		commitAll(target, 'Dirt');
		git(target, 'gc', '--quiet', '--prune=now');
		assert.ok(before.length > 50);
		assert.deepEqual(stateOf(folder), before);
	});
});

describe('the files of a commit', () => {
	const strange = [
		'line\nbreak.txt',
		'quote".txt',
		'sp ace',
		'-option',
		'ünï',
		"it's",
		'tab\t',
		'$(id)',
		'back\\slash',
	];

	test('are those that git writes, with any names, links, modes and line ends', async () => {
		const { folder } = makeRepository();
		for (const name of strange) write(folder, `odd/${name}`, `${name}\n`);
		write(folder, 'run.sh', '#!/bin/sh\n');
		chmodSync(join(folder, 'run.sh'), 0o755);
		symlinkSync('../outside', join(folder, 'link'));
		symlinkSync('nowhere', join(folder, 'odd/broken'));
		write(folder, '.gitattributes', '*.bat text eol=crlf\n*.id ident\n*.bin -text\n');
		write(folder, 'a.bat', 'one\ntwo\n');
		write(folder, 'a.id', '$Id$\n');
		write(folder, 'a.bin', 'one\r\ntwo\r\n');
		const sha = commitAll(folder, 'Odd');
		const clone = join(newFolder(), 'clone');
		git(root, 'clone', '--quiet', `file://${folder}`, clone);
		const { source } = newSource();
		const listing = (place: string) =>
			readdirSync(place, { recursive: true, encoding: 'utf8' })
				.filter((name) => !/^\.git(\/|$)/.test(name))
				.toSorted()
				.map((name) => {
					const kind = lstatSync(join(place, name));
					return [name, kind.mode, kind.isFile() ? readFileSync(join(place, name), 'latin1') : ''];
				});
		assert.equal(readFileSync(join(clone, 'a.bat'), 'utf8'), 'one\r\ntwo\r\n');
		for (const withGit of [true, false]) {
			const target = newFolder();
			await source.checkout(folder, sha, target, { depth: 1, git: withGit });
			assert.deepEqual(listing(target), listing(clone));
			if (withGit) assert.equal(git(target, 'status', '--porcelain'), '');
		}
		assert.equal(value(await source.snapshot(folder)).isDirty, false);
	});

	test('of which two differ in case only are both there, or the checkout says so', needs('linux'), async () => {
		const { folder } = makeRepository();
		write(folder, 'Case', 'upper\n');
		write(folder, 'case', 'lower\n');
		const sha = commitAll(folder, 'Case');
		const target = newFolder();
		await newSource().source.checkout(folder, sha, target, { depth: 1, git: true });
		assert.deepEqual(
			['Case', 'case'].map((name) => readFileSync(join(target, name), 'utf8')),
			['upper\n', 'lower\n'],
		);
	});

	test('that Git LFS keeps elsewhere are left as the pointers to them', async () => {
		const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12\n`;
		const { folder } = makeRepository();
		write(folder, '.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
		write(folder, 'a.bin', pointer);
		const sha = commitAll(folder, 'Pointer');
		const target = newFolder();
		await newSource().source.checkout(folder, sha, target, { depth: 1, git: true });
		assert.equal(readFileSync(join(target, 'a.bin'), 'utf8'), pointer);
	});
});

describe('a name', () => {
	test('is a branch, also one that only origin has, before it is a tag; a full ref; or a full commit name', async () => {
		const { folder, first, second } = makeRepository();
		git(folder, 'tag', '-a', 'v1', '-m', 'one', first);
		git(folder, 'tag', 'both', second);
		git(folder, 'branch', 'both', first);
		git(folder, 'update-ref', 'refs/remotes/origin/remote/only', first);
		git(folder, 'update-ref', 'refs/pull/7/head', first);
		git(folder, 'update-ref', 'refs/remotes/origin/pull/8/merge', first);
		const { source } = newSource();
		for (const [name, sha, ref] of [
			['main', second, 'refs/heads/main'],
			['both', first, 'refs/heads/both'],
			['refs/tags/both', second, 'refs/tags/both'],
			['v1', first, 'refs/tags/v1'],
			['remote/only', first, 'refs/heads/remote/only'],
			['refs/heads/remote/only', first, 'refs/heads/remote/only'],
			['refs/pull/7/head', first, 'refs/pull/7/head'],
			['refs/pull/8/merge', first, 'refs/pull/8/merge'],
			[first, first, undefined],
			[first.toUpperCase(), first, undefined],
		] as const)
			assert.deepEqual(value(await source.find(folder, name)), { sha, ...(ref === undefined ? {} : { ref }) }, name);
	});

	test('is nothing else, however it is written', async () => {
		const { folder, first } = makeRepository();
		const { source } = newSource();
		const names = [
			'',
			'HEAD~1',
			'main^',
			'main@{0}',
			first.slice(0, 9),
			'-h',
			'--all',
			'a b',
			'x'.repeat(4000),
			'a\nb',
			'..',
			'refs/',
			'f'.repeat(40),
		];
		for (const name of names) assert.equal(problem(await source.find(folder, name)).code, 'FB0154', name);
		const missing = problem(await source.find(folder, 'refs/pull/12/merge'));
		assert.equal(missing.next, 'git fetch origin refs/pull/12/head:refs/pull/12/head');
		for (const ref of ['main', 'refs/heads/a b', 'refs/heads/../x', 'refs/heads/x\n[core]'])
			assert.equal(
				(await thrown(source.gitFolder(folder, first, join(newFolder(), '.git'), { depth: 1, ref }))).code,
				'FB0154',
				ref,
			);
	});

	test('of an uncommitted work tree is its commit, too', async () => {
		const { folder } = makeRepository();
		write(folder, 'readme.md', 'changed\n');
		const { source } = newSource();
		const { sha } = value(await source.snapshot(folder));
		assert.deepEqual(value(await source.find(folder, sha)), { sha });
		mkdirSync(join(folder, 'empty'));
		assert.equal(existsSync(join(folder, 'empty')), true);
	});
});
