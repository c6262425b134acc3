import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '#core/event.ts';
import { failed, ok, type Problem, ProblemError } from '#core/result.ts';
import { checkOutHead, exportFiles } from '../git-checkout.ts';
import { git, runGit, usualLimits } from '../git-command.ts';
import { readBlobs, readCommit, treeEntries } from '../git-objects.ts';
import { objectKind } from '../git-reader.ts';
import { checkTreeSize, type TreeLimits } from '../git-size.ts';
import { unchanging } from './git-answers.ts';
import { describe, originOf } from './git-describe.ts';
import { writeGitFolder } from './git-folder.ts';
import { findName, hasCommit, headOf, listRefs } from './git-refs.ts';
import { snapshot } from './git-snapshot.ts';
import { type OpenRepository, repositories } from './git-store.ts';
import { bringSubmodules } from './git-submodules.ts';
import { isRefName } from './ref-name.ts';
import type { GitFolderOptions, Source } from './source.ts';

/**
 * Git repositories, read with the `git` program. `directory` is Footbridge's own: a bare repository for each one that is read,
 * with that one's objects as alternate. Everything but refs and the work tree is read through it, so no configuration,
 * hook or filter of a repository has a say. A method that gives no Result throws a ProblemError when it cannot answer.
 */
export function gitSource(directory: string, limits: TreeLimits = usualTreeLimits): Source {
	const { open, gitDirectory } = repositories(directory);
	const own = async (path: string, ...args: readonly string[]) => git({ gitDir: (await open(path)).own, args });
	const commitsKnown = unchanging<Commit>();
	const filesKnown = unchanging<string | undefined>((text) => (text?.length ?? 0) <= smallFile);
	return {
		describe,
		async refs(path) {
			const refs = await listRefs(await gitDirectory(path), 'refs/heads', 'refs/tags');
			return new Map(refs.map(({ name, commit }) => [name, commit]));
		},
		async head(path) {
			const found = await headOf(await gitDirectory(path));
			if (found === undefined) throw new ProblemError(noCommits(path));
			return found;
		},
		async resolve(path, revision) {
			const refused = refuse(revision);
			if (refused !== undefined) return failed(refused);
			const { own: ours, gitDirectory: gitDir } = await open(path);
			const commit = await objectKind(gitDir, `${revision}^{commit}`, ours);
			return commit === undefined ? failed(await unknown(path, gitDir, revision)) : ok(commit.name);
		},
		async find(path, name) {
			return findName(await open(path), name);
		},
		async snapshot(path) {
			return (await snapshot(await open(path), directory)) ?? failed(noCommits(path));
		},
		async commit(path, sha) {
			return commitsKnown.get([path, verified(sha)], async () => {
				const found = await readCommit((await open(path)).own, sha);
				if (found === undefined) throw new ProblemError(await unknown(path, await gitDirectory(path), sha));
				return { sha, subject: found.subject, authoredAt: new Date(found.authoredAt * 1000).toISOString() };
			});
		},
		async commits(path, from, to, limit) {
			const { own: ours } = await open(path);
			const log = ['log', '--first-parent', '-z', `--format=${commitFormat}`];
			if (from !== undefined) {
				const range = await runGit({
					gitDir: ours,
					args: [...log, `--max-count=${limit}`, `${verified(from)}..${verified(to)}`, '--'],
				});
				if (range.exitCode === 0) return commitsOf(range.stdout.toString('utf8'));
			}
			// Without a start, or with one that a force push has made unreachable and git has forgotten.
			return commitsOf(await git({ gitDir: ours, args: [...log, '--max-count=1', verified(to), '--'] }));
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
			return filesKnown.get([path, verified(sha), name], async () => {
				const { own: ours } = await open(path);
				const entries = await treeEntries(ours, sha, name);
				const texts = await readBlobs(
					ours,
					entries.filter((entry) => entry.isFile && entry.path === name),
				);
				return texts.get(name);
			});
		},
		async checkout(path, sha, target, options) {
			const repository = await open(path);
			await mustBeEmpty(target);
			if (!options.git) {
				if (options.isSparse !== true) await checkTreeSize(repository.own, verified(sha), limits);
				await exportFiles({ gitDir: repository.own, sha: verified(sha), target, limits });
				return;
			}
			const gitDir = join(target, '.git');
			await mkdir(target, { recursive: true });
			await gitFolder(repository, { sha: verified(sha), directory: gitDir, options, limits });
			await checkOutHead({ gitDir, target, limits });
		},
		async gitFolder(path, sha, target, options) {
			await mustBeEmpty(target);
			await gitFolder(await open(path), { sha: verified(sha), directory: target, options, limits });
		},
	};
}

/** Characters: larger ones are read each time. */
const smallFile = 65_536;

/** 5 GB in 1,000,000 files. */
const usualTreeLimits: TreeLimits = { ...usualLimits, treeBytes: 5e9, treeFiles: 1_000_000 };

interface Wanted {
	readonly sha: string;
	readonly directory: string;
	readonly options: GitFolderOptions;
	readonly limits: TreeLimits;
}

async function gitFolder(repository: OpenRepository, { sha, directory, options, limits }: Wanted): Promise<void> {
	const { gitDirectory, commonDirectory, own } = repository;
	const { ref, depth, tags, isSparse, submodules } = options;
	if (ref !== undefined && !isRefName(ref)) throw new ProblemError(noName(ref));
	const origin = await originOf(gitDirectory);
	const folder = {
		...{ objectsOf: own, refsOf: gitDirectory, sha, directory, depth, limits },
		...(ref === undefined ? {} : { ref }),
		...(tags === undefined ? {} : { tags }),
		...(origin === undefined ? {} : { origin }),
	};
	await Promise.all([writeGitFolder(folder), isSparse === true ? undefined : checkTreeSize(own, sha, limits)]);
	if (submodules === undefined) return;
	const kept = [gitDirectory, commonDirectory];
	await bringSubmodules({
		objectsOf: own,
		kept,
		sha,
		directory,
		depth,
		limits,
		isRecursive: submodules === 'recursive',
	});
}

async function mustBeEmpty(folder: string): Promise<void> {
	const existing = await readdir(folder).catch(() => []);
	if (existing.length > 0) throw new Error(`${folder} is not empty`);
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
	return isPlain ? undefined : noName(revision);
}

function noName(revision: string): Problem {
	return {
		code: 'FB0154',
		what: `${JSON.stringify(revision)} cannot be a revision`,
		next: 'name a branch, a tag or a commit',
	};
}

async function unknown(path: string, gitDir: string, revision: string): Promise<Problem> {
	if (!(await hasCommit(gitDir))) return noCommits(path);
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
