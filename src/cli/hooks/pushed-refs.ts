/** A branch that a push moves. */
export interface PushedBranch {
	/** As the remote will call it: `main`. */
	readonly name: string;
	/** What Footbridge runs: the full name of the local branch, else the commit. */
	readonly revision: string;
	readonly sha: string;
}

/**
 * The branches that a push brings commits to, from what git tells a pre-push hook: `<local ref> <sha> <remote ref> <sha>` a line.
 * Deletions, tags and other refs are left out; a commit that goes to two branches is there once.
 */
export function pushedBranches(input: string): readonly PushedBranch[] {
	const branches = input.split('\n').flatMap((line): PushedBranch[] => {
		const [local = '', sha = '', remote = ''] = line.trim().split(' ');
		const isDeleted = !/^[0-9a-f]{40,64}$/.test(sha) || /^0+$/.test(sha);
		if (isDeleted || !remote.startsWith('refs/heads/')) return [];
		const revision = local.startsWith('refs/heads/') ? local : sha;
		return [{ name: remote.slice('refs/heads/'.length), revision, sha }];
	});
	return [...new Map(branches.map((branch) => [branch.sha, branch])).values()];
}
