import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Problem, ProblemError, Result } from '#core/result.ts';
import { gitSource } from '#edge/source/git.ts';

/** Everything of one test file; removed after its tests. */
export const root = mkdtempSync(join(tmpdir(), 'fb-source-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
export const newFolder = (name = 'repo') => {
	const folder = join(root, String(folders++), name);
	mkdirSync(folder, { recursive: true });
	return folder;
};

const environment = {
	PATH: process.env['PATH'],
	GIT_CONFIG_NOSYSTEM: '1',
	GIT_CONFIG_GLOBAL: '/dev/null',
	GIT_AUTHOR_NAME: 'Ada',
	GIT_AUTHOR_EMAIL: 'ada@example.test',
	GIT_COMMITTER_NAME: 'Ada',
	GIT_COMMITTER_EMAIL: 'ada@example.test',
	GIT_AUTHOR_DATE: '2026-01-05T12:00:00+02:00',
	GIT_COMMITTER_DATE: '2026-01-05T13:00:00+02:00',
};
export const git = (cwd: string, ...args: string[]) =>
	execFileSync('git', args, { cwd, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
export const write = (folder: string, name: string, text: string) => {
	mkdirSync(join(folder, name, '..'), { recursive: true });
	writeFileSync(join(folder, name), text);
};
export const commitAll = (folder: string, subject: string) => {
	git(folder, 'add', '--all');
	git(folder, 'commit', '--quiet', '-m', subject);
	return git(folder, 'rev-parse', 'HEAD');
};

/** A repository with two commits on `main`. */
export function makeRepository(name = 'repo') {
	const folder = newFolder(name);
	git(folder, 'init', '--quiet', '-b', 'main');
	write(folder, 'readme.md', 'one\n');
	write(folder, '.github/workflows/ci.yml', 'on: push\n');
	write(folder, '.gitignore', 'node_modules\n');
	const first = commitAll(folder, 'First');
	write(folder, 'readme.md', 'two\n');
	write(folder, 'src/ünï code.ts', 'export {};\n');
	const second = commitAll(folder, 'Second: with a colon');
	return { folder, first, second };
}

export const newSource = () => {
	const own = newFolder('own');
	return { source: gitSource(own), own };
};
export const value = <T>(result: Result<T>): T => {
	assert.ok(result.ok, JSON.stringify(result));
	return result.value;
};
export const problem = (result: Result<unknown>): Problem => {
	assert.ok(!result.ok);
	return result.error[0]!;
};

/** The problem that something rejects with. */
export const thrown = async (work: Promise<unknown>): Promise<Problem> => {
	const error = await work.then(
		() => assert.fail('it did not reject'),
		(reason: ProblemError) => reason,
	);
	assert.ok(error.problem !== undefined, String(error));
	return error.problem;
};
