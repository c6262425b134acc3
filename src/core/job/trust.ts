import type { Json, Trigger } from '../plan.ts';

/** Whether the code of an event may be anybody's: a pull request from a fork, or what runs after one. */
export function isUntrusted({ event, payload }: Trigger): boolean {
	if (/^pull_request/.test(event)) return at(payload, 'pull_request', 'head', 'repo', 'fork') === true;
	return event === 'workflow_run' && at(payload, 'workflow_run', 'head_repository', 'fork') === true;
}

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
	return path.reduce<Json | undefined>(
		(found, name) =>
			typeof found === 'object' && found !== null && !Array.isArray(found)
				? (found as { readonly [key: string]: Json })[name]
				: undefined,
		value,
	);
}
