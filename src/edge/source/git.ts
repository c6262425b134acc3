import { readdir } from 'node:fs/promises';
import type { Commit } from '#core/event.ts';
import { failed, ok, type Problem, ProblemError } from '#core/result.ts';
import { checkoutTree } from './git-checkout.ts';
import { git, gitFailed, runGit } from './git-command.ts';
import { describe, originOf } from './git-describe.ts';
import { readBlobs, treeEntries } from './git-objects.ts';
import { snapshot } from './git-snapshot.ts';
import { repositories } from './git-store.ts';
import type { Source } from './source.ts';

/**
 * Git repositories, read with the `git` program. `directory` is Footbridge's own: a bare repository for each one that is read,
 * with that one's objects as alternate. Everything but refs and the work tree is read through it, so no configuration,
 * hook or filter of a repository has a say. A method that gives no Result throws a ProblemError when it cannot answer.
 */
export function gitSource(directory: string): Source {
	const open = repositories(directory);
	const own = async (path: string, ...args: readonly string[]) =>
		git({ args: ['--git-dir', (await open(path)).own, ...args] });
	return {
		describe,
		async refs(path) {
			const format = '%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)';
			const answer = await git({ cwd: path, args: ['for-each-ref', `--format=${format}`, 'refs/heads', 'refs/tags'] });
			return new Map(lines(answer).flatMap(peeled));
		},
		head: (path) => head(path),
		async resolve(path, revision) {
			const refused = refuse(revision);
			if (refused !== undefined) return failed(refused);
			const { own: ours } = await open(path);
			const env = { GIT_ALTERNATE_OBJECT_DIRECTORIES: `${ours}/objects` };
			const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
			const { exitCode, stdout } = await runGit({ cwd: path, env, args });
			return exitCode === 0 ? ok(stdout.toString('utf8').trim()) : failed(await unknown(path, revision));
		},
		async snapshot(path) {
			const repository = await open(path);
			const at = await headOrUndefined(path);
			if (at === undefined) return failed(noCommits(path));
			return snapshot(repository, at, directory);
		},
		async commit(path, sha) {
			const [commit] = commitsOf(await own(path, 'log', '-1', '-z', `--format=${commitFormat}`, verified(sha), '--'));
			if (commit === undefined) throw new ProblemError(await unknown(path, sha));
			return commit;
		},
		async commits(path, from, to, limit) {
			const { own: ours } = await open(path);
			const log = ['--git-dir', ours, 'log', '--first-parent', '-z', `--format=${commitFormat}`];
			if (from !== undefined) {
				const range = await runGit({
					args: [...log, `--max-count=${limit}`, `${verified(from)}..${verified(to)}`, '--'],
				});
				if (range.exitCode === 0) return commitsOf(range.stdout.toString('utf8'));
			}
			// Without a start, or with one that a force push has made unreachable and git has forgotten.
			return commitsOf(await git({ args: [...log, '--max-count=1', verified(to), '--'] }));
		},
		async changed(path, from, to) {
			const answer = await own(
				path,
				'diff-tree',
				'-r',
				'-z',
				'--no-renames',
				'--name-only',
				verified(from),
				verified(to),
				'--',
			);
			return answer.split('\0').filter((name) => name !== '');
		},
		async files(path, sha, folder, limitBytes) {
			const { own: ours } = await open(path);
			const below = folder.replace(/^\.?\/+|^\.$|\/+$/g, '');
			const entries = await treeEntries(ours, verified(sha), below === '' ? undefined : `${below}/`);
			return readBlobs(
				ours,
				entries.filter((entry) => entry.isFile && entry.size <= limitBytes),
			);
		},
		async file(path, sha, name) {
			if (name === '') return undefined;
			const { own: ours } = await open(path);
			const entries = await treeEntries(ours, verified(sha), name);
			const texts = await readBlobs(
				ours,
				entries.filter((entry) => entry.isFile && entry.path === name),
			);
			return texts.get(name);
		},
		async checkout(path, sha, target, options) {
			const repository = await open(path);
			const existing = await readdir(target).catch(() => []);
			if (existing.length > 0) throw new Error(`${target} is not empty`);
			const origin = options.git ? await originOf(path) : undefined;
			await checkoutTree({
				repository,
				sha: verified(sha),
				target,
				...options,
				...(origin === undefined ? {} : { origin }),
			});
		},
	};
}

const commitFormat = '%H%x1f%aI%x1f%s';

function commitsOf(answer: string): readonly Commit[] {
	const records = answer.split('\0').filter((record) => record !== '');
	return records.map((record) => {
		const [sha = '', authoredAt = '', ...subject] = record.trimStart().split('\x1f');
		return { sha, subject: subject.join('\x1f'), authoredAt: new Date(authoredAt).toISOString() };
	});
}

/** A commit's full name and nothing else: what came out of `resolve`, an event or another method. */
function verified(sha: string): string {
	if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) throw new Error(`not a full commit name: ${JSON.stringify(sha)}`);
	return sha;
}

function refuse(revision: string): Problem | undefined {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
	const isPlain = revision !== '' && !revision.startsWith('-') && !/[\u0000-\u001f\u007f:]/.test(revision);
	if (isPlain) return undefined;
	return {
		code: 'FB0154',
		what: `${JSON.stringify(revision)} cannot be a revision`,
		next: 'name a branch, a tag or a commit',
	};
}

async function unknown(path: string, revision: string): Promise<Problem> {
	if ((await headOrUndefined(path)) === undefined) return noCommits(path);
	return {
		code: 'FB0154',
		what: `There is no branch, tag or commit ${revision}`,
		where: path,
		next: 'see `git branch --all` and `git tag`',
	};
}

function noCommits(path: string): Problem {
	return {
		code: 'FB0153',
		what: 'The repository has no commit yet',
		where: path,
		next: 'git add --all && git commit -m "First commit"',
	};
}

async function head(path: string): Promise<{ readonly ref: string; readonly sha: string }> {
	const found = await headOrUndefined(path);
	if (found === undefined) throw new ProblemError(noCommits(path));
	return found;
}

async function headOrUndefined(path: string): Promise<{ readonly ref: string; readonly sha: string } | undefined> {
	const [symbolic, commit] = await Promise.all([
		runGit({ cwd: path, args: ['symbolic-ref', '--quiet', 'HEAD'] }),
		runGit({ cwd: path, args: ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'] }),
	]);
	// 1: there is no such commit; anything else: there is no such repository.
	if (commit.exitCode > 1) throw gitFailed(['rev-parse'], commit.stderr);
	if (commit.exitCode !== 0) return undefined;
	const ref = symbolic.exitCode === 0 ? symbolic.stdout.toString('utf8').trim() : 'HEAD';
	return { ref, sha: commit.stdout.toString('utf8').trim() };
}

/** A ref with its commit; refs to anything else are left out. */
function peeled(line: string): readonly (readonly [string, string])[] {
	const [ref = '', type, sha = '', taggedType, tagged = ''] = line.split('\0');
	if (type === 'commit') return [[ref, sha]];
	return taggedType === 'commit' ? [[ref, tagged]] : [];
}

function lines(text: string): readonly string[] {
	return text.split('\n').filter((line) => line !== '');
}
