import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The example project as somebody's repository: a place to push to, and a work tree to change. */
export interface Example {
	/** The bare repository that Footbridge watches. */
	readonly origin: string;
	readonly work: string;
	/** Whether nothing was pushed yet. */
	readonly isNew: boolean;
	read(file: string): string;
	/** Changes files, commits them alone, and pushes; the new commit. */
	push(files: { readonly [path: string]: string }, subject: string): string;
	/** Takes the newest commit back; the commit that does it. */
	revert(): string;
}

/** Makes the example below `folder` once, from examples/notes; what is there already is used. `port` is production's. */
export function openExample(folder: string, port: number): Example {
	const [origin, work] = [join(folder, 'notes.git'), join(folder, 'notes')];
	if (!existsSync(origin)) makeExample(folder, port);
	const git = (...args: readonly string[]) => runGit(work, args);
	return {
		origin,
		work,
		isNew: runGit(origin, ['for-each-ref']) === '',
		read: (file) => readFileSync(join(work, file), 'utf8'),
		push: (files, subject) => {
			for (const [path, text] of Object.entries(files)) writeFileSync(join(work, path), text);
			const paths = Object.keys(files);
			git('add', '--', ...(paths.length === 0 ? ['.'] : paths));
			git('commit', '--quiet', '--allow-empty', '--message', subject, '--', ...paths);
			git('push', '--quiet', 'origin', 'main');
			return git('rev-parse', 'HEAD');
		},
		revert: () => {
			git('revert', '--no-edit', 'HEAD');
			git('push', '--quiet', 'origin', 'main');
			return git('rev-parse', 'HEAD');
		},
	};
}

/** Whole or not at all: an interrupted start must not leave half an example. */
function makeExample(folder: string, port: number): void {
	const making = `${folder}.making`;
	for (const old of [making, folder]) rmSync(old, { recursive: true, force: true });
	mkdirSync(making, { recursive: true });
	const work = join(making, 'notes');
	cpSync(fileURLToPath(new URL('../../../examples/notes', import.meta.url)), work, {
		recursive: true,
		filter: (path) => !/\/(dist|data|\.build-cache)$/.test(path),
	});
	const configuration = join(work, 'footbridge.yaml');
	writeFileSync(configuration, readFileSync(configuration, 'utf8').replace(/port: \d+/, `port: ${port}`));
	runGit(making, ['init', '--quiet', '--bare', '--initial-branch=main', join(making, 'notes.git')]);
	runGit(work, ['init', '--quiet', '--initial-branch=main']);
	runGit(work, ['remote', 'add', 'origin', '../notes.git']);
	renameSync(making, folder);
}

function runGit(cwd: string, args: readonly string[]): string {
	return execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...args], {
		cwd,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, ...author, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
	}).trim();
}

/** Commits of the story are the story's, whoever plays it. */
const author = {
	GIT_AUTHOR_NAME: 'Notes',
	GIT_AUTHOR_EMAIL: 'notes@example.com',
	GIT_COMMITTER_NAME: 'Notes',
	GIT_COMMITTER_EMAIL: 'notes@example.com',
};
