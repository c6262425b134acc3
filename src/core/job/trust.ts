import type { Json, Trigger } from '../plan.ts';

type Cause = Pick<Trigger, 'event' | 'payload'>;

/**
 * Why a trigger may bring text or code of somebody who cannot push to the project; undefined when it does not. Others may write
 * titles, comments and pull requests from forks; what their event carries is not to be believed.
 */
export function whyUntrusted(trigger: Cause): string | undefined {
	const foreign = whyForeign(trigger);
	if (foreign !== undefined) return foreign;
	const { payload } = trigger;
	for (const text of ['comment', 'review', 'issue', 'discussion'] as const) {
		const author = at(payload, text, 'author_association');
		const isWritten = at(payload, text) !== undefined;
		if (isWritten && !members.has(author)) return `the ${text} is of somebody who is no member of the project`;
	}
	return undefined;
}

/** Why the code that a trigger brings may be anybody's: a pull request from a fork, or what runs after one. */
export function whyForeign({ event, payload }: Cause): string | undefined {
	const own = at(payload, 'repository', 'full_name');
	if (/^pull_request/.test(event)) {
		const head = at(payload, 'pull_request', 'head', 'repo');
		const base = at(payload, 'pull_request', 'base', 'repo', 'full_name') ?? own;
		if (head !== undefined && isForeign(head, base)) return 'the pull request comes from a fork';
	}
	if (event === 'workflow_run') {
		const head = at(payload, 'workflow_run', 'head_repository');
		if (head !== undefined && isForeign(head, own)) return 'the workflow that ran before was of a fork';
	}
	return undefined;
}

/** By name, because a project may be a fork itself; a fork that is gone by now is null. */
function isForeign(repository: Json, own: Json | undefined): boolean {
	const name = at(repository, 'full_name');
	return repository === null || (name === undefined ? at(repository, 'fork') === true : name !== own);
}

const members: ReadonlySet<Json | undefined> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

function at(value: Json, ...path: readonly string[]): Json | undefined {
	let found: Json | undefined = value;
	for (const key of path) {
		if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
		found = Object.hasOwn(found, key) ? (found as { readonly [name: string]: Json })[key] : undefined;
	}
	return found;
}
