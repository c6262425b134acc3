import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCommitName, isOwnerName, isRepositoryName } from '#core/action/uses-reference.ts';
import { ok, ProblemError, type Result } from '#core/result.ts';
import { exportFiles } from '../git-checkout.ts';
import { git, runGit } from '../git-command.ts';
import { readBlobs, treeEntries } from '../git-objects.ts';
import type { TreeLimits } from '../git-size.ts';
import type { ActionCommit, Actions, WantedCommit } from './action.ts';
import { checkOwnCommit } from './git-own-commit.ts';
import { fetchCommit, type Remote, remoteCommit, remoteOf } from './git-remote.ts';
import { npmNode } from './npm-node.ts';

/** How actions are fetched. */
export interface GitActionsOptions {
	/** Goes before what a call asks for: whoever runs Footbridge has the last word. */
	readonly from?: string;
	readonly limits?: TreeLimits;
}

const standard = 'https://github.com';

/**
 * Actions from git repositories. `directory` is Footbridge's own: `<owner>/<name>/<commit>.git` is a bare repository with one commit,
 * which is moved there when it is whole, and `refs` says what a ref was.
 */
export function gitActions(directory: string, { from: forced, limits = usualLimits }: GitActionsOptions = {}): Actions {
	const fetching = new Map<string, Promise<unknown>>();
	const texts = new Texts();
	const placeOf = (repository: string) => join(directory, ...named(repository).toLowerCase().split('/'));
	const treeOf = ({ repository, sha }: Pick<ActionCommit, 'repository' | 'sha'>) =>
		join(placeOf(repository), `${verified(sha)}.git`);
	const recordOf = ({ repository, ref }: WantedCommit, from: string) =>
		join(placeOf(repository), 'refs', `${createHash('sha256').update(`${from}\n${ref}`).digest('hex')}.json`);
	const sourceOf = ({ from }: WantedCommit) => (forced ?? from ?? standard).replace(/\/+$/, '');

	const recorded = async (wanted: WantedCommit): Promise<string | undefined> => {
		if (isCommitName(wanted.ref)) return wanted.ref.toLowerCase();
		const text = await readFile(recordOf(wanted, sourceOf(wanted)), 'utf8').catch(() => undefined);
		const sha = text === undefined ? undefined : (JSON.parse(text) as { readonly sha?: unknown }).sha;
		return typeof sha === 'string' && isCommitName(sha) ? sha : undefined;
	};
	const known = async (wanted: WantedCommit): Promise<ActionCommit | undefined> => {
		const sha = await recorded(wanted);
		const { repository, ref } = wanted;
		if (sha === undefined || !existsSync(treeOf({ repository, sha }))) return undefined;
		return { repository, ref, sha, origin: 'cached' };
	};
	/** Of several that want the same commit at once, one fetches it. */
	const bring = async (remote: Remote, wanted: WantedCommit, sha: string): Promise<ActionCommit['origin']> => {
		const { repository, ref } = wanted;
		const tree = treeOf({ repository, sha });
		if (existsSync(tree)) return 'cached';
		const before = fetching.get(tree);
		const fetched = before ?? fetchCommit(remote, { ref, sha, tree, limits });
		fetching.set(tree, fetched);
		try {
			await fetched;
		} finally {
			fetching.delete(tree);
		}
		return before === undefined ? 'fetched' : 'cached';
	};
	const asked = async (wanted: WantedCommit): Promise<ActionCommit> => {
		const from = sourceOf(wanted);
		const remote = await remoteOf(wanted, from, directory);
		const { repository, ref } = wanted;
		const sha = isCommitName(ref) ? ref.toLowerCase() : await remoteCommit(remote);
		if (isCommitName(ref)) await checkOwnCommit(remote, sha, { directory, limits });
		const origin = await bring(remote, wanted, sha);
		if (!isCommitName(ref)) await writeWhole(recordOf(wanted, from), JSON.stringify({ from, ref, sha }));
		return { repository, ref, sha, origin };
	};
	return {
		from: forced ?? standard,
		known,
		async resolve(wanted): Promise<Result<ActionCommit>> {
			const before = await known(wanted);
			if (before !== undefined && isCommitName(wanted.ref)) return ok(before);
			try {
				return ok(await asked(wanted));
			} catch (error) {
				if (!(error instanceof ProblemError)) throw error;
				const isAway = error.problem.code === 'FB2056' && before !== undefined;
				return isAway ? ok({ ...before, origin: 'offline' }) : { ok: false, error: [error.problem] };
			}
		},
		file: (commit, path) => texts.get(`${treeOf(commit)} ${path}`, () => readFileAt(treeOf(commit), commit.sha, path)),
		has: async (commit, path) => (await entryAt(treeOf(commit), commit.sha, path)).length > 0,
		hash: (commit) => contentHash(treeOf(commit), commit.sha),
		async checkout(commit, target) {
			await exportFiles({ gitDir: treeOf(commit), sha: verified(commit.sha), target, limits });
		},
		node: npmNode(join(directory, '.node')),
	};
}

const fileLimit = 1024 * 1024;

/** 2 GB in 200,000 files. */
const usualLimits: TreeLimits = {
	...{ timeMs: 300_000, fileBytes: 1e9, outputBytes: 64e6 },
	...{ treeBytes: 2e9, treeFiles: 200_000 },
};

/** What comes from a file of a stranger is checked where it becomes a path. */
function named(repository: string): string {
	const [owner = '', name = '', ...more] = repository.split('/');
	if (!isOwnerName(owner) || !isRepositoryName(name) || more.length > 0)
		throw new Error(`no repository: ${JSON.stringify(repository)}`);
	return repository;
}

function verified(sha: string): string {
	if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) throw new Error(`not a full commit name: ${JSON.stringify(sha)}`);
	return sha;
}

/** The regular file at a path, which is taken as it is written: git knows neither `..` nor links. */
async function entryAt(gitDir: string, sha: string, path: string) {
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (parts.length === 0 || parts.includes('..')) return [];
	const wanted = parts.join('/');
	const entries = await treeEntries(gitDir, verified(sha), wanted);
	return entries.filter((entry) => entry.isFile && entry.path === wanted);
}

async function readFileAt(gitDir: string, sha: string, path: string): Promise<string | undefined> {
	const [entry] = await entryAt(gitDir, sha, path);
	if (entry === undefined || entry.size > fileLimit) return undefined;
	return (await readBlobs(gitDir, [entry])).get(entry.path);
}

/** What was read of commits, which never change; the oldest is forgotten first. */
class Texts {
	readonly #known = new Map<string, Promise<string | undefined>>();

	get(key: string, read: () => Promise<string | undefined>): Promise<string | undefined> {
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const text = read();
		const oldest = this.#known.keys().next();
		if (this.#known.size >= mostTexts && !oldest.done) this.#known.delete(oldest.value);
		this.#known.set(key, text);
		text.catch(() => this.#known.delete(key));
		return text;
	}
}

const mostTexts = 200;

/** Over the list of all files, and what is in each, in the order of that list. */
async function contentHash(gitDir: string, sha: string): Promise<string> {
	const hash = createHash('sha256');
	const list = await git({ gitDir, args: ['ls-tree', '-r', '-z', '--full-tree', verified(sha)] });
	hash.update(list);
	const objects = list.split('\0').flatMap((record) => /^\d+ blob ([0-9a-f]+)\t/.exec(record)?.[1] ?? []);
	await runGit({
		gitDir,
		args: ['cat-file', '--batch'],
		input: objects.map((object) => `${object}\n`).join(''),
		onOutput(chunk) {
			hash.update(chunk);
			return true;
		},
	});
	return `sha256:${hash.digest('hex')}`;
}

async function writeWhole(path: string, text: string): Promise<void> {
	await mkdir(dirname(path), { recursive: true });
	const temporary = await mkdtemp(`${path}.`);
	try {
		await writeFile(join(temporary, 'new'), text);
		await rename(join(temporary, 'new'), path);
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}
