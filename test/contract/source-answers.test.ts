import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { rememberedAnswers } from '#edge/source/git-answers.ts';
import { git, makeRepository, newFolder, newSource, value } from './source-repositories.ts';

/** Answers that count how often they were asked for. */
function counted() {
	let asked = 0;
	const answers = rememberedAnswers<number>(['refs/heads/main']);
	return (gitDir: string) =>
		answers(gitDir, async () => {
			asked += 1;
			return asked;
		});
}

describe('answers about a repository', () => {
	test('are asked for once, and again when a file that they are made of is another', async () => {
		const { folder } = makeRepository();
		const gitDir = join(folder, '.git');
		const answer = counted();
		assert.deepEqual([await answer(gitDir), await answer(gitDir)], [1, 1]);
		for (const [index, change] of [
			() => git(folder, 'config', 'remote.origin.url', 'https://example.test/a.git'),
			() => git(folder, 'checkout', '--quiet', '-b', 'other'),
			() => git(folder, 'branch', '--delete', '--force', 'main'),
			() => git(folder, 'pack-refs', '--all'),
			() => appendFileSync(join(gitDir, 'config'), '# said anew\n'),
		].entries()) {
			change();
			assert.deepEqual([await answer(gitDir), await answer(gitDir)], [index + 2, index + 2], `change ${index}`);
		}
	});

	test('are asked for each time where other files may have a say', async () => {
		const { folder } = makeRepository();
		const elsewhere = join(newFolder(), 'more');
		writeFileSync(elsewhere, '[remote "origin"]\n\turl = https://example.test/one.git\n');
		git(folder, 'config', 'include.path', elsewhere);
		const answer = counted();
		assert.deepEqual([await answer(join(folder, '.git')), await answer(join(folder, '.git'))], [1, 2]);
		const { source } = newSource();
		assert.equal(value(await source.describe(folder)).origin, 'https://example.test/one.git');
		writeFileSync(elsewhere, '[remote "origin"]\n\turl = https://example.test/two.git\n');
		assert.equal(value(await source.describe(folder)).origin, 'https://example.test/two.git');
	});

	test('that failed are asked for again', async () => {
		const { folder } = makeRepository();
		const answers = rememberedAnswers<number>([]);
		await assert.rejects(answers(join(folder, '.git'), () => Promise.reject(new Error('git is missing'))));
		assert.equal(await answers(join(folder, '.git'), async () => 7), 7);
	});

	test('of a linked work tree follow what it shares with the repository', async () => {
		const { folder } = makeRepository();
		const linked = join(newFolder(), 'linked');
		git(folder, 'worktree', 'add', '--quiet', '-b', 'beside', linked);
		const { source } = newSource();
		assert.equal(value(await source.describe(linked)).origin, undefined);
		git(folder, 'remote', 'add', 'origin', 'https://example.test/shop.git');
		assert.equal(value(await source.describe(linked)).origin, 'https://example.test/shop.git');
	});

	test('about HEAD are the same for a branch, no branch, no commit, and a branch with the name HEAD', async () => {
		const { folder, second } = makeRepository();
		const { source } = newSource();
		assert.deepEqual(await source.head(folder), { ref: 'refs/heads/main', sha: second });
		git(folder, 'update-ref', 'refs/heads/HEAD', second);
		assert.deepEqual(await source.head(folder), { ref: 'refs/heads/main', sha: second });
		git(folder, 'update-ref', '-d', 'refs/heads/HEAD');
		git(folder, 'checkout', '--quiet', '--detach');
		assert.deepEqual(await source.head(folder), { ref: 'HEAD', sha: second });
		const empty = newFolder();
		execFileSync('git', ['init', '--quiet', empty]);
		await assert.rejects(source.head(empty), /no commit/i);
	});
});
