import { type GitLimits, git, runGit, size, tooMuch } from './git-command.ts';

/** How much a commit's files may be, before they are written. */
export interface TreeLimits extends GitLimits {
	/** Of all files together. */
	readonly treeBytes: number;
	readonly treeFiles: number;
}

/**
 * Throws FB0156 when the files of a commit are more than the limits allow. A few small objects are enough to name the same file
 * millions of times, so neither the size of the objects nor their number tells.
 */
export async function checkTreeSize(gitDir: string, sha: string, limits: TreeLimits): Promise<void> {
	const uses = new Map<string, number>();
	let rest = '';
	let files = 0;
	await runGit({
		gitDir,
		limits,
		args: ['ls-tree', '-r', '--full-tree', '--format=%(objectname)', sha],
		onOutput(chunk) {
			const objects = (rest + chunk.toString('latin1')).split('\n');
			rest = objects.pop() ?? '';
			for (const object of objects) uses.set(object, (uses.get(object) ?? 0) + 1);
			files += objects.length;
			return files <= limits.treeFiles;
		},
	});
	if (files > limits.treeFiles) throw tooMuch(checkout, `the commit has more than ${limits.treeFiles} files`);
	const bytes = await bytesOf(gitDir, uses, limits);
	if (bytes > limits.treeBytes)
		throw tooMuch(checkout, `the commit's files are ${size(bytes)}, more than ${size(limits.treeBytes)}`);
}

const checkout = { args: ['checkout'] };

/** Each object is asked for once, however many files it is. */
async function bytesOf(gitDir: string, uses: ReadonlyMap<string, number>, limits: GitLimits): Promise<number> {
	const objects = [...uses.keys()];
	const answer = await git({
		gitDir,
		limits,
		args: ['cat-file', '--batch-check=%(objectsize)'],
		input: objects.map((object) => `${object}\n`).join(''),
	});
	// In the order they were asked for. A submodule has no size: its commit is missing.
	const sizes = answer.split('\n');
	return objects.reduce((sum, object, index) => sum + (Number(sizes[index]) || 0) * (uses.get(object) ?? 0), 0);
}
