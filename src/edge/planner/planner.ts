import type { Action } from '#core/action/action.ts';
import type { NotPlanned, Plan, Trigger } from '#core/plan.ts';
import type { Problem, Result } from '#core/result.ts';
import type { RemoteWorkflow } from '#core/workflow/called-workflows.ts';

/**
 * Workflow files + trigger -> plans, where a hostile file can neither hang nor exhaust Footbridge
 * (a worker with a memory limit and a 2 s clock a file). Stateless; calls may overlap.
 */
export interface Planner {
	plan(files: ReadonlyMap<string, string>, trigger: Trigger, options?: PlanOptions): Promise<PlanOutcome>;
	/** Reads an `action.yml`. */
	action(path: string, text: string): Promise<Result<Action>>;
	close(): Promise<void>;
}

export interface PlanOptions {
	/** Only this workflow: a path or a file name. Its trigger filters are then not asked. */
	readonly workflow?: string;
	/** `vars` and other values known before the run. */
	readonly vars?: { readonly [name: string]: string };
	/** The project's name. */
	readonly project?: string;
	/** URL of the repository's `origin`. */
	readonly origin?: string;
	/** What became of the workflows of other repositories that are called, by `owner/name/path@ref`. */
	readonly remote?: ReadonlyMap<string, RemoteWorkflow>;
}

export interface PlanOutcome {
	readonly plans: readonly Plan[];
	readonly notPlanned: readonly NotPlanned[];
	/** Files that cannot run, with every problem found. Other files are planned all the same. */
	readonly broken: readonly { readonly workflow: string; readonly problems: readonly Problem[] }[];
	/** Workflows of other repositories that the plans call, and that are not in `remote`: whoever has them plans again. */
	readonly missing?: readonly string[];
}
