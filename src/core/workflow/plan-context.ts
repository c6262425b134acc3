import { githubContext } from '../github-context.ts';
import type { Json, Trigger } from '../plan.ts';

/** What is known before a run. */
export interface Known {
	readonly trigger: Trigger;
	readonly vars?: { readonly [name: string]: string };
	/** The project's name. */
	readonly project?: string;
	/** URL of the repository's `origin`. */
	readonly origin?: string;
}

/** The contexts of expressions that are evaluated when the plan is made. */
export function planContexts(
	{ trigger, vars, project, origin }: Known,
	workflow: { readonly path: string; readonly name: string },
	inputs: { readonly [name: string]: Json },
): { readonly [name: string]: Json } {
	const facts = { trigger, project: project ?? 'project', workflow, inputs };
	return { github: githubContext({ ...facts, ...(origin === undefined ? {} : { origin }) }), vars: vars ?? {}, inputs };
}
