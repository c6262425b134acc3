import { isCommitName } from './uses-reference.ts';

/** Versions of an action that did harm, or let somebody do it. */
interface BadVersions {
	/** Tags below this one were moved to code that steals secrets; who uses one may have run it, and may run what was not moved back. */
	readonly before?: readonly number[];
	/** What they were moved to. */
	readonly commits: readonly string[];
	readonly why: string;
}

/** By `owner/name` in lower case. Only what was published as an incident of the action itself. */
const badVersions: { readonly [action: string]: BadVersions } = {
	'tj-actions/changed-files': {
		before: [46],
		commits: ['0e58ed8671d6b60d0890c21b07f8835ace038e67'],
		why: 'CVE-2025-30066: in March 2025 its tags were moved to code that printed secrets; use v46 or newer',
	},
	'reviewdog/action-setup': {
		commits: ['f0d342d24037bb11d26b9bd8496e0808ba32e9ec'],
		why: 'CVE-2025-30154: on 11 March 2025 its tag v1 was moved to code that printed secrets',
	},
	'aquasecurity/trivy-action': {
		before: [0, 35],
		commits: [],
		why: 'in March 2026 its tags were moved to code that stole credentials; use 0.35.0 or newer, by its commit',
	},
	'aquasecurity/setup-trivy': {
		before: [0, 2, 6],
		commits: [],
		why: 'in March 2026 its tags were moved to code that stole credentials; use v0.2.6 or newer, by its commit',
	},
};

/** Why a version of an action is known to be bad; undefined when nothing is known. */
export function whyBad(repository: string, ref: string, commit?: string): string | undefined {
	const action = repository.toLowerCase();
	const bad = Object.hasOwn(badVersions, action) ? badVersions[action] : undefined;
	if (bad === undefined) return undefined;
	const isOld = bad.before !== undefined && !isCommitName(ref) && isBefore(ref, bad.before);
	return isOld || isBadCommit(action, isCommitName(ref) ? ref : commit) ? bad.why : undefined;
}

/** Whether a commit is one that somebody else's tags were moved to. */
export function isBadCommit(repository: string, commit: string | undefined): boolean {
	const action = repository.toLowerCase();
	const { commits = [] } = (Object.hasOwn(badVersions, action) ? badVersions[action] : undefined) ?? {};
	return commit !== undefined && commits.includes(commit.toLowerCase());
}

/** A shorter version stands for the newest of its kind: v0 is not before v0.35. */
function isBefore(ref: string, version: readonly number[]): boolean {
	const parts = /^v?(\d+(?:\.\d+)*)$/.exec(ref)?.[1]?.split('.').map(Number);
	if (parts === undefined) return false;
	for (const [index, part] of parts.entries()) {
		const other = version[index];
		if (other === undefined || part > other) return false;
		if (part < other) return true;
	}
	return false;
}
