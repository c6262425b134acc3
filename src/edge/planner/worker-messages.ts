import type { Action } from '#core/action/action.ts';
import type { Problem, Result } from '#core/result.ts';
import type { Planned, PlanRequest } from '#core/workflow/plan-workflow.ts';

/** One file to read. */
export type Request = {
	readonly path: string;
	readonly text: string;
} & ({ readonly kind: 'plan'; readonly request: PlanRequest } | { readonly kind: 'action' });

/** What came of it; `failed` when the file was too much for the reader, or the reader has a fault. */
export type Answer =
	| { readonly kind: 'plan'; readonly planned: Planned }
	| { readonly kind: 'action'; readonly action: Result<Action> }
	| { readonly kind: 'failed'; readonly problem: Problem };
