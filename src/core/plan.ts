/**
 * A workflow file with its trigger, as plain data: what the engine runs, the CLI prints, the page draws and an event keeps.
 * Made by core/workflow; nothing here is evaluated yet except what can be known before a run (matrix, names).
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A value of a workflow file before evaluation. */
export type Template =
	| null
	| boolean
	| number
	| string
	| { readonly expression: string; readonly line: number; readonly column: number }
	| { readonly sequence: readonly Template[] }
	| { readonly mapping: readonly (readonly [Template, Template])[] };

/** What made a run happen. */
export interface Trigger {
	/** GitHub's event name. */
	readonly event: string;
	/** Full ref, `refs/heads/main`. */
	readonly ref: string;
	/** The commit that is run. For an uncommitted work tree it is a commit that holds that tree and is on no branch. */
	readonly sha: string;
	/** Set when `sha` holds an uncommitted work tree: the commit it sits on. */
	readonly worktreeOf?: string;
	/** The ref's commit before the push, if there was one. */
	readonly before?: string;
	/** Paths that the push changed, for `paths` filters; absent when not known. */
	readonly changed?: readonly string[];
	/** `github.event`. */
	readonly payload: Json;
}

export interface Plan {
	/** Path of the workflow file in the repository. */
	readonly workflow: string;
	readonly name: string;
	readonly env: Template;
	readonly jobs: readonly PlannedJob[];
}

export interface PlannedJob {
	/** Unique in the plan: the job's id, with ` (a, b)` for a matrix combination. */
	readonly key: string;
	/** The job's id in the file; several matrix jobs share it. */
	readonly id: string;
	/** What people read. */
	readonly name: string;
	/** Ids of jobs that must end first. */
	readonly needs: readonly string[];
	/** Source of the `if` expression without `${{ }}`; absent means `success()`. */
	readonly if?: string;
	readonly runsOn: Template;
	readonly env: Template;
	readonly outputs: Template;
	/** Name of the environment that the job asks for (`environment:`). */
	readonly environment?: string;
	readonly timeoutMinutes: Template;
	readonly continueOnError: Template;
	readonly defaults: { readonly shell: Template; readonly workingDirectory: Template };
	/** This combination's values; absent without a matrix. */
	readonly matrix?: { readonly [key: string]: Json };
	readonly strategy: {
		readonly failFast: boolean;
		/** Absent: as many as the machine can. */
		readonly maxParallel?: number;
		readonly jobIndex: number;
		readonly jobTotal: number;
	};
	readonly steps: readonly PlannedStep[];
	/** Line of the job in the file. */
	readonly line: number;
}

export interface PlannedStep {
	/** The `id` of the file, else `__run`, `__run_2`, ... as GitHub names them. */
	readonly id: string;
	readonly name: Template;
	readonly if?: string;
	/** Exactly one of `run` and `uses` is set. */
	readonly run?: Template;
	readonly uses?: string;
	readonly with: Template;
	readonly env: Template;
	readonly shell: Template;
	readonly workingDirectory: Template;
	readonly continueOnError: Template;
	readonly timeoutMinutes: Template;
	readonly line: number;
}

/** The `action.yml` of a composite action as plain data. */
export interface CompositeAction {
	readonly name: string;
	readonly inputs: { readonly [name: string]: { readonly default?: Template; readonly required: boolean } };
	readonly outputs: { readonly [name: string]: Template };
	readonly steps: readonly PlannedStep[];
}

/** A workflow of the repository that this trigger does not start, and why. */
export interface NotPlanned {
	readonly workflow: string;
	readonly why: string;
}
