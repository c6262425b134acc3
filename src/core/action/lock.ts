import { ok, type Result } from '../result.ts';
import { YamlFile } from '../yaml-file.ts';
import { isCommitName } from './uses-reference.ts';

/** `footbridge.lock`: what the versions of actions were, by `owner/name@ref` in lower case. */
export type ActionLock = ReadonlyMap<string, LockedCommit>;

export interface LockedCommit {
	/** As it was written. */
	readonly uses: string;
	readonly commit: string;
	/** Hash of all of its files. */
	readonly tree: string;
}

/** Reads `footbridge.lock`. FB1502: it cannot be read; every problem has its line. */
export function parseLock(text: string, path: string): Result<ActionLock> {
	const file = new YamlFile(path, text, 'FB1502');
	const locks = new Map<string, LockedCommit>();
	for (const [uses, { key, value }] of file.entries(file.root, path)) {
		const entries = file.entries(value, uses);
		const commit = file.text(entries.get('commit')?.value, `commit of ${uses}`) ?? '';
		const tree = file.text(entries.get('tree')?.value, `tree of ${uses}`) ?? '';
		if (!isCommitName(commit) || !/^sha256:[0-9a-f]{64}$/.test(tree))
			file.refuse(key, `${uses} has no commit, or no hash of its files`, { next: 'footbridge lock' });
		else locks.set(uses.toLowerCase(), { uses, commit: commit.toLowerCase(), tree });
	}
	return file.problems.length > 0 ? { ok: false, error: file.problems } : ok(locks);
}

/** The text of `footbridge.lock`: the same for the same versions, in whatever order they were found. */
export function lockText(locked: readonly LockedCommit[]): string {
	const sorted = [...new Map(locked.map((one) => [one.uses.toLowerCase(), one])).entries()].sort(([a], [b]) =>
		a < b ? -1 : 1,
	);
	const lines = sorted.map(([, { uses, commit, tree }]) => `${uses}:\n  commit: "${commit}"\n  tree: "${tree}"\n`);
	return `# What the versions of actions were. Written by: footbridge lock\n${lines.join('')}`;
}
