import type { Problem } from '#core/result.ts';
import type { WantedCommit } from './action.ts';

/** The problem of a repository that is not there, or that nobody may read without a token. */
export function noRepository({ repository }: WantedCommit, from: string): Problem {
	return {
		code: 'FB2054',
		what: `There is no repository ${repository}, or it is private`,
		why: from.startsWith('/')
			? `the folder ${from} has no ${repository}.git`
			: `${from} does not give it to somebody without a token`,
		next: 'compare the name; of a private repository, copy the action into this one (./path)',
	};
}

/** The problem of a ref that a repository does not have. */
export function noRef({ repository, ref }: WantedCommit): Problem {
	const isShort = /^[0-9a-f]{7,39}$/i.test(ref);
	return {
		code: 'FB2055',
		what: `${repository} has no tag, branch or commit ${ref}`,
		...(isShort ? { why: 'a commit is named by all of its 40 digits, as on GitHub: a short name can be forged' } : {}),
		next: isShort ? 'write the whole name of the commit' : 'compare the version with the tags of that repository',
	};
}

/** The problem of a commit that is not the repository's own. */
export function foreignCommit({ repository, ref }: WantedCommit): Problem {
	return {
		code: 'FB2055',
		what: `No branch and no tag of ${repository} leads to commit ${ref}`,
		why: 'a forge gives out the commits of all forks under this name: anybody could have written it',
		next: 'name a commit of one of its releases',
	};
}

/** The problem of a place that does not answer. */
export function unreachable({ repository, ref }: WantedCommit, from: string, why: string): Problem {
	return {
		code: 'FB2056',
		what: `${repository}@${ref} cannot be fetched`,
		why: `${from} does not answer: ${why}`,
		next: 'look at the network, or name a mirror: FOOTBRIDGE_ACTIONS_URL, or `actions: { from: ... }` in footbridge.yaml',
	};
}

/** The problem of a Node that cannot be had. */
export function noNode(version: string, why: string): Problem {
	return {
		code: 'FB2059',
		what: `Node ${version} for actions cannot be had`,
		why,
		next: 'look whether npm reaches its registry, or take `node` out of `actions` in footbridge.yaml',
	};
}
