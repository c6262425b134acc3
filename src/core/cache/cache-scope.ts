import { whyUntrusted } from '../job/trust.ts';
import type { Json, Trigger } from '../plan.ts';

/** Which caches a job sees: it writes one scope, and reads some. */
export interface CacheScopes {
	readonly write: string;
	/** In the order in which they are looked through. */
	readonly read: readonly string[];
}

/**
 * The scopes of an event, as on GitHub: its own branch, then the branch that it wants to go into, then the default branch. An event that
 * brings text or code of a stranger has a scope of its own, by kind and number: nothing that is trusted ever reads it, and no event with
 * other rights does. So has an uncommitted work tree: what is tried out is no branch's state yet.
 */
export function cacheScopes(trigger: Trigger, defaultBranch: string): CacheScopes {
	const base = textAt(trigger.payload, 'pull_request', 'base', 'ref');
	const own = ownScope(trigger);
	const isPlain = own === trigger.ref;
	// A stranger's event on a branch (a comment, a pull_request_target) still profits of what the branch saved.
	const branches = [
		...(isPlain || trigger.ref.startsWith('refs/pull/') ? [] : [trigger.ref]),
		...(base === undefined ? [] : [`refs/heads/${base}`]),
		`refs/heads/${defaultBranch}`,
	];
	return { write: own, read: [...new Set([own, ...branches])] };
}

function ownScope(trigger: Trigger): string {
	const { event, ref, payload, worktreeOf } = trigger;
	if (whyUntrusted(trigger) !== undefined) {
		const number = numberAt(payload, 'pull_request') ?? numberAt(payload, 'issue') ?? '';
		return `${untrusted}${event}:${number}:${ref}`;
	}
	return worktreeOf === undefined ? ref : `worktree:${ref}`;
}

const untrusted = 'untrusted:';

/** Whether strangers may have filled it. */
export function isUntrustedScope(scope: string): boolean {
	return scope.startsWith(untrusted);
}

function numberAt(payload: Json, name: string): string | undefined {
	const number = fieldOf(fieldOf(payload, name), 'number');
	return typeof number === 'number' ? String(number) : undefined;
}

function textAt(value: Json, ...path: readonly string[]): string | undefined {
	const found = path.reduce<Json | undefined>(fieldOf, value);
	return typeof found === 'string' && found !== '' ? found : undefined;
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
		? (value as { readonly [key: string]: Json })[name]
		: undefined;
}
