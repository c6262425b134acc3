import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gitIgnore } from '#cli/git-tree.ts';
import { type TreeWatch, watchTree } from './tree-watch.ts';

describe('a work tree that is watched', () => {
	let root: string;
	let watch: TreeWatch;
	let seen: string[][] = [];
	let next = Promise.withResolvers<void>();
	const write = (path: string, text = 'x') => writeFileSync(join(root, path), text);

	before(async () => {
		root = mkdtempSync(join(tmpdir(), 'tree-watch-'));
		execFileSync('git', ['init', '-q', root]);
		for (const folder of ['src/deep', 'node_modules/a/b', 'inner/.git'])
			mkdirSync(join(root, folder), { recursive: true });
		write('.gitignore', 'node_modules\n*.log\n');
		write('src/deep/a.ts');
		watch = await watchTree(root, {
			ignore: gitIgnore(root),
			onChange: (paths) => {
				seen.push([...paths]);
				next.resolve();
			},
			onProblem: (problem) => assert.fail(problem.what),
		});
	});
	after(() => {
		watch.close();
		rmSync(root, { recursive: true });
	});

	/** Paths that are told because of what `act` does. */
	async function told(act: () => void): Promise<readonly string[]> {
		[seen, next] = [[], Promise.withResolvers<void>()];
		act();
		await Promise.race([next.promise, sleep(5000)]);
		await sleep(60);
		return [...new Set(seen.flat())].sort();
	}

	test('takes no watch for what git ignores, nor for a repository inside', {
		skip: process.platform !== 'linux',
	}, () => {
		assert.equal(watch.folders, 3, 'the root, src and src/deep');
	});

	test('tells of a save, once, and within a moment', async () => {
		const began = performance.now();
		const paths = await told(() => {
			write('src/deep/a.ts', 'one');
			write('src/deep/a.ts', 'two');
		});
		assert.deepEqual(paths, ['src/deep/a.ts']);
		assert.equal(seen.length, 1);
		assert.ok(performance.now() - began < 1000);
	});

	test('tells of a save by renaming, as editors do it, and of a file that is removed', async () => {
		const paths = await told(() => {
			write('src/.a.swp', 'new');
			renameSync(join(root, 'src/.a.swp'), join(root, 'src/b.ts'));
		});
		assert.ok(paths.includes('src/b.ts'), paths.join());
		assert.deepEqual(await told(() => rmSync(join(root, 'src/b.ts'))), ['src/b.ts']);
	});

	test('tells of files in folders that were made later, also of those that were there before the folder was seen', async () => {
		const paths = await told(() => {
			mkdirSync(join(root, 'lib/new'), { recursive: true });
			write('lib/new/c.ts');
		});
		assert.deepEqual(paths, ['lib/new/c.ts']);
		assert.deepEqual(await told(() => write('lib/new/d.ts')), ['lib/new/d.ts']);
		rmSync(join(root, 'lib'), { recursive: true });
		await sleep(100);
		mkdirSync(join(root, 'lib/new'), { recursive: true });
		await sleep(100);
		assert.deepEqual(
			await told(() => write('lib/new/e.ts')),
			['lib/new/e.ts'],
			'a folder of the same name is watched again',
		);
	});

	test('does not tell of what git ignores, of git itself, and of repositories inside', async () => {
		const paths = await told(() => {
			write('debug.log');
			write('node_modules/a/b/x.js');
			write('.git/index.lock');
			write('inner/x');
			write('seen.ts');
		});
		assert.deepEqual(paths, ['seen.ts']);
		assert.deepEqual(await gitIgnore(root).ignored(['debug.log', 'seen.ts']), new Set(['debug.log']), 'git says which');
	});
});
