import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { git, runGit } from '../git-command.ts';
import { objectKind } from '../git-reader.ts';
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
	const [ref, commit] = await Promise.all([headRef(gitDir), objectKind(gitDir, 'HEAD^{commit}')]);
	return commit === undefined ? undefined : { ref, sha: commit.name };
}

/** `HEAD` when no branch is checked out. */
async function headRef(gitDir: string): Promise<string> {
	const text = await readFile(join(gitDir, 'HEAD'), 'utf8').catch(() => '');
	const ref = /^ref: *(\S+)\n?$/.exec(text)?.[1];
	if (ref !== undefined && ref !== elsewhere) return ref;
	if (/^[0-9a-f]{40,64}\n?$/.test(text)) return 'HEAD';
	const asked = await runGit({ gitDir, args: ['symbolic-ref', '--quiet', 'HEAD'] });
	return asked.exitCode === 0 ? asked.stdout.toString('utf8').trim() : 'HEAD';
}

/** What git writes where refs are not kept in files. */
const elsewhere = 'refs/heads/.invalid';

/** Whether HEAD leads to a commit. */
export async function hasCommit(gitDir: string): Promise<boolean> {
	return (await objectKind(gitDir, 'HEAD^{commit}')) !== undefined;
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
	return (await objectKind(gitDirectory, `${revision}^{commit}`, own))?.name;
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
