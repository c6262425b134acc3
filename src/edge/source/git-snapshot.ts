import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { git, gitFailed, runGit } from '../git-command.ts';
import { readCommit } from '../git-objects.ts';
import { headOf } from './git-refs.ts';
import type { OpenRepository } from './git-store.ts';

interface Snapshot {
	readonly sha: string;
	readonly head: string;
	readonly ref: string;
	readonly isDirty: boolean;
}

/**
 * Makes a commit of the work tree in our own repository; undefined when HEAD leads to no commit. Works on a copy of the index, whose
 * file times spare git reading what has not changed. The same tree on the same HEAD gives the same commit: author and date do not
 * depend on when it is made.
 */
export async function snapshot(repository: OpenRepository, scratch: string): Promise<Result<Snapshot> | undefined> {
	const { gitDirectory, workTree } = repository;
	const temporary = await mkdtemp(join(scratch, 'snapshot-'));
	try {
		const index = join(temporary, 'index');
		const [at, given, isCopied] = await Promise.all([
			headOf(gitDirectory),
			settings(gitDirectory),
			workTree !== undefined && copyIndex(repository.index, index),
		]);
		if (at === undefined) return undefined;
		const { ref, sha: head } = at;
		const clean = { sha: head, head, ref, isDirty: false };
		if (workTree === undefined) return ok(clean);
		const ours = {
			gitDir: repository.own,
			args: ['--work-tree', workTree],
			cwd: workTree,
			env: { GIT_INDEX_FILE: index },
		};
		const call = (...args: readonly string[]) => ({ ...ours, args: [...ours.args, ...args] });
		const headCommit = readCommit(repository.own, head);
		// Asked for now, told below.
		headCommit.catch(() => undefined);
		const add = call(...given, ...durable, 'add', '--all');

		if (!isCopied) await git(call('read-tree', head));
		let added = await runGit(add);
		if (added.exitCode !== 0 && isCopied) {
			// An index may refer to files of its own git directory (split index), which ours does not have.
			await rm(index, { force: true });
			await git(call('read-tree', head));
			added = await runGit(add);
		}
		if (added.exitCode !== 0) return failed(unreadable(workTree, added.stderr));
		const tree = (await git(call(...durable, 'write-tree'))).trim();
		const parent = await headCommit;
		if (tree === parent?.tree) return ok(clean);
		return ok({
			...{ sha: await commitTree(call, { tree, head, at: (parent?.committedAt ?? 0) + 1 }), head, ref },
			isDirty: true,
		});
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

/** With its time: git reads a file again that was changed in the moment in which the index was written. */
async function copyIndex(from: string, to: string): Promise<boolean> {
	try {
		const { mtimeMs } = await stat(from);
		await copyFile(from, to);
		const seconds = Math.floor(mtimeMs) / 1000;
		await utimes(to, seconds, seconds);
		return true;
	} catch {
		return false;
	}
}

/** A run is recorded with the commit's name: the objects must be on the disk first. */
const durable = ['-c', 'core.fsync=objects', '-c', 'core.fsyncMethod=batch'];

type Call = (...args: readonly string[]) => {
	readonly gitDir: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: { readonly [name: string]: string };
};

async function commitTree(
	call: Call,
	{ tree, head, at }: { readonly tree: string; readonly head: string; readonly at: number },
): Promise<string> {
	const who = { NAME: 'Footbridge', EMAIL: 'footbridge@localhost', DATE: `${at} +0000` };
	const people = Object.entries(who).flatMap(([name, value]) => [
		[`GIT_AUTHOR_${name}`, value],
		[`GIT_COMMITTER_${name}`, value],
	]);
	const commit = call(...durable, 'commit-tree', '--no-gpg-sign', '-p', head, '-m', 'Uncommitted work tree', tree);
	return (await git({ ...commit, env: { ...commit.env, ...Object.fromEntries(people) } })).trim();
}

/** How the person's git looks at files; nothing among it that starts a program. */
const respected =
	/^core\.(filemode|symlinks|ignorecase|precomposeunicode|autocrlf|eol|safecrlf|excludesfile|attributesfile)$/;

/** Asked of the person's own git, with what `includeIf` brings, and handed over one by one. */
async function settings(gitDir: string): Promise<readonly string[]> {
	const args = ['config', '-z', '--get-regexp', respected.source];
	const { exitCode, stdout, stderr } = await runGit({ gitDir, args, withUserConfiguration: true });
	if (exitCode !== 0 && exitCode !== 1) throw gitFailed(['config'], stderr);
	const records = stdout
		.toString('utf8')
		.split('\0')
		.filter((record) => record !== '');
	const found = records.flatMap((record): (readonly [string, string])[] => {
		const [name = '', ...value] = record.split('\n');
		return respected.test(name) ? [[name, fromHome(value.join('\n'))]] : [];
	});
	const usual = join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'git');
	const all = [
		['core.excludesfile', join(usual, 'ignore')],
		['core.attributesfile', join(usual, 'attributes')],
		...found,
	];
	return all.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function fromHome(value: string): string {
	return value.startsWith('~/') ? join(homedir(), value.slice(2)) : value;
}

function unreadable(workTree: string, why: string): Problem {
	return {
		code: 'FB0155',
		what: 'The work tree could not be read',
		why,
		where: workTree,
		next: 'make the files readable, or ignore them in .gitignore',
	};
}
