import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { git, gitFailed, runGit } from '../git-command.ts';
import { isRefName } from './ref-name.ts';

/** A branch or tag as it is in a repository. */
export interface Ref {
	readonly name: string;
	/** The commit, or the tag object that leads to it. */
	readonly object: string;
	readonly commit: string;
}

/** Refs below these prefixes that lead to a commit. Each object is looked at once, however many refs lead to it. */
export async function listRefs(gitDir: string, ...prefixes: readonly string[]): Promise<readonly Ref[]> {
	const answer = await git({ gitDir, args: ['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes] });
	const rows = answer
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
	const objects = [...new Set(rows.map(([object]) => object))];
	if (objects.length === 0) return [];
	const peeled = await git({
		gitDir,
		args: ['cat-file', '--batch-check=%(objecttype) %(objectname)'],
		input: objects.map((object) => `${object}^{}\n`).join(''),
	});
	const ends = peeled.split('\n');
	const commits = new Map(objects.map((object, index) => [object, /^commit (.*)$/.exec(ends[index] ?? '')?.[1]]));
	return rows.flatMap(([object, name]) => {
		const commit = commits.get(object);
		return commit === undefined ? [] : [{ name, object, commit }];
	});
}

/** The full ref that HEAD points to, and its commit; undefined when there is no commit yet. */
export async function headOf(gitDir: string): Promise<{ readonly ref: string; readonly sha: string } | undefined> {
	const both = await runGit({
		gitDir,
		args: ['rev-parse', '--quiet', 'HEAD^{commit}', '--symbolic-full-name', 'HEAD'],
	});
	const told = /^([0-9a-f]+)\n(refs\/.+|HEAD)\n$/.exec(both.stdout.toString('utf8'));
	if (both.exitCode === 0 && told?.[1] !== undefined && told[2] !== undefined) return { ref: told[2], sha: told[1] };
	// There is no commit yet, or a branch is called HEAD.
	const [symbolic, commit] = await Promise.all([
		runGit({ gitDir, args: ['symbolic-ref', '--quiet', 'HEAD'] }),
		runGit({ gitDir, args: ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'] }),
	]);
	// 1: there is no such commit; anything else: there is no such repository.
	if (commit.exitCode > 1) throw gitFailed(['rev-parse'], commit.stderr);
	if (commit.exitCode !== 0) return undefined;
	const ref = symbolic.exitCode === 0 ? symbolic.stdout.toString('utf8').trim() : 'HEAD';
	return { ref, sha: commit.stdout.toString('utf8').trim() };
}

/** Whether HEAD leads to a commit. */
export async function hasCommit(gitDir: string): Promise<boolean> {
	const { exitCode, stderr } = await runGit({ gitDir, args: ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'] });
	if (exitCode > 1) throw gitFailed(['rev-parse'], stderr);
	return exitCode === 0;
}

/** Where a name leads. */
export interface Named {
	readonly sha: string;
	/** Absent for a commit's name. */
	readonly ref?: string;
}

/**
 * What a forge takes a name for: a full commit name, a full ref, else a branch (here or, where it is not here, as origin had it), else
 * a tag. FB0154 for anything else: what only git understands, `HEAD~1`, would not be found on a forge either.
 */
export async function findName(
	repository: { readonly gitDirectory: string; readonly own: string },
	name: string,
): Promise<Result<Named>> {
	if (isCommitName(name)) {
		const sha = await commitAt(repository, name);
		return sha === undefined ? failed(notFound(name, repository.gitDirectory)) : ok({ sha });
	}
	for (const { at, ref } of meanings(name)) {
		const sha = isRefName(at) ? await commitAt(repository, at) : undefined;
		if (sha !== undefined) return ok({ sha, ref });
	}
	return failed(notFound(name, repository.gitDirectory));
}

function isCommitName(name: string): boolean {
	return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(name);
}

interface Meaning {
	/** Where it may be in this repository. */
	readonly at: string;
	/** What it is called on the forge. */
	readonly ref: string;
}

function meanings(name: string): readonly Meaning[] {
	const here = (at: string, ref = at) => ({ at, ref });
	if (name.startsWith('refs/heads/')) {
		return [here(name), here(name.replace('refs/heads/', 'refs/remotes/origin/'), name)];
	}
	if (name.startsWith('refs/pull/')) {
		const [remote, fetched] = ['refs/remotes/pull/', 'refs/remotes/origin/pull/'];
		return [here(name), ...[remote, fetched].map((other) => here(name.replace('refs/pull/', other), name))];
	}
	if (name.startsWith('refs/')) return [here(name)];
	return [
		here(`refs/heads/${name}`),
		here(`refs/remotes/origin/${name}`, `refs/heads/${name}`),
		here(`refs/tags/${name}`),
	];
}

async function commitAt(
	{ gitDirectory, own }: { readonly gitDirectory: string; readonly own: string },
	revision: string,
): Promise<string | undefined> {
	const { exitCode, stdout } = await runGit({
		gitDir: gitDirectory,
		env: { GIT_ALTERNATE_OBJECT_DIRECTORIES: `${own}/objects` },
		args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
	});
	return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

function notFound(name: string, where: string): Problem {
	const number = /^refs\/pull\/(\d+)\//.exec(name)?.[1];
	return {
		code: 'FB0154',
		what: `There is no branch, tag or commit ${JSON.stringify(name).slice(1, -1).slice(0, 200)}`,
		where,
		next:
			number === undefined
				? 'see `git branch --all` and `git tag`; `git fetch` brings what only the remote has'
				: `git fetch origin refs/pull/${number}/head:refs/pull/${number}/head`,
	};
}
