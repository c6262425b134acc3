import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, runGit } from '../git-command.ts';

/** The commits that are `depth` steps away from all of the tips, 1 being the tips themselves, and have parents: where a history of that depth is cut. */
export async function commitsAtDepth(
	gitDir: string,
	tips: readonly string[],
	depth: number,
): Promise<readonly string[]> {
	const seen = new Set<string>();
	const whole = depth > deepest ? await parentsOf(gitDir, tips, []) : undefined;
	let level = [...new Set(tips)];
	for (let at = 1; level.length > 0; at++) {
		for (const commit of level) seen.add(commit);
		const parents = whole === undefined ? await parentsOf(gitDir, level, ['--no-walk=unsorted']) : only(whole, level);
		if (at === depth) return level.filter((commit) => (parents.get(commit) ?? []).length > 0);
		level = [...new Set([...parents.values()].flat())].filter((commit) => !seen.has(commit));
	}
	return [];
}

/** Asking level by level costs a start of git each; below this, the whole history costs more. */
const deepest = 50;

type Parents = ReadonlyMap<string, readonly string[]>;

function only(parents: Parents, commits: readonly string[]): Parents {
	return new Map(commits.map((commit) => [commit, parents.get(commit) ?? []]));
}

async function parentsOf(gitDir: string, commits: readonly string[], walk: readonly string[]): Promise<Parents> {
	const answer = await git({
		gitDir,
		args: ['rev-list', ...walk, '--parents', '--stdin'],
		input: commits.map((commit) => `${commit}\n`).join(''),
	});
	const rows = answer.split('\n').map((line) => line.split(' '));
	return new Map(rows.map(([commit = '', ...parents]) => [commit, parents]));
}

/** Commits whose parents the repository itself does not have, as far as they are among the objects of another. */
export async function packedShallow(gitDir: string, other: string): Promise<readonly string[]> {
	const text = await readFile(join(gitDir, 'shallow'), 'utf8').catch(() => '');
	if (text === '') return [];
	const { stdout } = await runGit({ gitDir: other, args: ['cat-file', '--batch-check=%(objectname)'], input: text });
	return stdout
		.toString('utf8')
		.split('\n')
		.filter((line) => /^[0-9a-f]+$/.test(line));
}
