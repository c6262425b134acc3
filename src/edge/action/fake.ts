import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCommitName } from '#core/action/uses-reference.ts';
import { failed, ok, type Problem } from '#core/result.ts';
import type { ActionCommit, Actions, WantedCommit } from './action.ts';
import { noNode, noRef, noRepository, unreachable } from './action-problems.ts';

/** A repository of a fake, which a test may change at any time. */
export interface FakeRepository {
	/** Commits by tag or branch. */
	readonly refs: { [name: string]: string };
	/** Files by commit. */
	readonly commits: { [sha: string]: { readonly [path: string]: string } };
}

export interface FakeActions extends Actions {
	/** By `owner/name`. */
	readonly repositories: { [name: string]: FakeRepository };
	/** Nothing can be asked. */
	isAway: boolean;
}

/** Actions in memory. */
export function fakeActions(repositories: { [name: string]: FakeRepository } = {}): FakeActions {
	const here = new Map<string, { readonly [path: string]: string }>();
	const resolved = new Map<string, string>();
	const from = 'https://actions.test';
	const keyOf = ({ repository, sha }: Pick<ActionCommit, 'repository' | 'sha'>) => `${repository.toLowerCase()} ${sha}`;
	const filesOf = (commit: ActionCommit) => {
		const files = here.get(keyOf(commit));
		if (files === undefined) throw new Error(`${commit.repository} ${commit.sha} was never resolved`);
		return files;
	};
	const known = (wanted: WantedCommit): ActionCommit | undefined => {
		const { repository, ref } = wanted;
		const sha = isCommitName(ref) ? ref.toLowerCase() : resolved.get(`${repository.toLowerCase()}@${ref}`);
		if (sha === undefined || !here.has(keyOf({ repository, sha }))) return undefined;
		return { repository, ref, sha, origin: 'cached' };
	};
	const ask = (wanted: WantedCommit): string | Problem => {
		if (fake.isAway) return unreachable(wanted, wanted.from ?? from, 'it is away');
		const found = Object.entries(repositories).find(
			([name]) => name.toLowerCase() === wanted.repository.toLowerCase(),
		)?.[1];
		if (found === undefined) return noRepository(wanted, wanted.from ?? from);
		const sha = isCommitName(wanted.ref) ? wanted.ref.toLowerCase() : found.refs[wanted.ref];
		const files = sha === undefined ? undefined : found.commits[sha];
		if (sha === undefined || files === undefined) return noRef(wanted);
		here.set(keyOf({ repository: wanted.repository, sha }), { ...files });
		resolved.set(`${wanted.repository.toLowerCase()}@${wanted.ref}`, sha);
		return sha;
	};
	const fake: FakeActions = {
		from,
		repositories,
		isAway: false,
		known: async (wanted) => known(wanted),
		async resolve(wanted) {
			const before = known(wanted);
			if (before !== undefined && isCommitName(wanted.ref)) return ok(before);
			const sha = ask(wanted);
			if (typeof sha !== 'string')
				return sha.code === 'FB2056' && before !== undefined ? ok({ ...before, origin: 'offline' }) : failed(sha);
			const { repository, ref } = wanted;
			return ok({ repository, ref, sha, origin: before?.sha === sha ? 'cached' : 'fetched' });
		},
		file: async (commit, path) => filesOf(commit)[path],
		has: async (commit, path) => filesOf(commit)[path] !== undefined,
		async hash(commit) {
			const files = Object.entries(filesOf(commit)).sort(([a], [b]) => (a < b ? -1 : 1));
			return `sha256:${createHash('sha256').update(JSON.stringify(files)).digest('hex')}`;
		},
		async checkout(commit, target) {
			for (const [path, text] of Object.entries(filesOf(commit))) {
				await mkdir(dirname(join(target, path)), { recursive: true });
				await writeFile(join(target, path), text);
			}
		},
		node: async (version) => failed(noNode(version, 'a fake has none')),
	};
	return fake;
}
