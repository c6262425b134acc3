import type { Problem } from './result.ts';

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
	/** `run-name`; absent: the commit's subject says what the run is about. */
	readonly runName?: Template;
	readonly env: Template;
	/** Values of the declared inputs, with their types. */
	readonly inputs?: { readonly [name: string]: Json };
	readonly permissions?: Template;
	/** A group's name, or a mapping with `group`, `cancel-in-progress`, `queue`. */
	readonly concurrency?: Template;
	/** The workflows that its jobs call, and those that these call, by path; `owner/name/path@ref` for one of another repository. */
	readonly called?: { readonly [path: string]: CalledWorkflow };
	readonly jobs: readonly PlannedJob[];
}

/** Runs or jobs of one group happen one at a time. */
export interface Concurrency {
	/** Compared without regard to case, within a project. */
	readonly group: string;
	/** A newer one stops the one that runs. */
	readonly cancelInProgress: boolean;
	/** `single`: of those that wait only the newest stays. `max`: all wait their turn. */
	readonly queue: 'single' | 'max';
}

/** A workflow file with `on: workflow_call`, before it is called. */
export interface CalledWorkflow {
	readonly name: string;
	/** The commit of another repository that it is from. */
	readonly from?: { readonly repository: string; readonly ref: string; readonly sha: string };
	readonly env: Template;
	readonly inputs: readonly InputDeclaration[];
	readonly secrets: readonly { readonly name: string; readonly required: boolean }[];
	readonly outputs: { readonly [name: string]: Template };
	readonly permissions?: Template;
	readonly jobs: readonly JobDraft[];
}

/** An input of `workflow_dispatch` or `workflow_call`. */
export interface InputDeclaration {
	readonly name: string;
	readonly description?: string;
	readonly type: 'string' | 'boolean' | 'number' | 'choice' | 'environment';
	readonly required: boolean;
	/** For `workflow_call` it may be an expression. */
	readonly default?: Template;
	/** What a `choice` may be. */
	readonly options?: readonly string[];
	readonly line: number;
}

/** What a job says in the file and what is evaluated only when it starts. */
export interface JobParts {
	/** The job's id in the file; several matrix jobs share it. */
	readonly id: string;
	/** Ids of the jobs of the same file that must end first. */
	readonly needs: readonly string[];
	/** Source of the `if` expression without `${{ }}`; absent means `success()`. */
	readonly if?: string;
	readonly runsOn: Template;
	readonly env: Template;
	readonly outputs: Template;
	readonly timeoutMinutes: Template;
	readonly defaults: { readonly shell: Template; readonly workingDirectory: Template };
	readonly permissions?: Template;
	/** A group's name, or a mapping with `group`, `cancel-in-progress`, `queue`. */
	readonly concurrency?: Template;
	/** `environment.url`. */
	readonly environmentUrl?: Template;
	/** The container that the steps run in: an image's name, or a mapping. */
	readonly container?: PlacedTemplate;
	/** The containers beside the job, by their ids. */
	readonly services?: PlacedTemplate;
	/** Set when the job calls a workflow instead of having steps. */
	readonly call?: WorkflowCall;
	readonly steps: readonly PlannedStep[];
	/** What this Footbridge cannot do of the job: it fails with these before it starts, and the others run. */
	readonly problems?: readonly Problem[];
	/** Line of the job in the file. */
	readonly line: number;
}

/** A value of a workflow file that is read when the job starts, with where it stands. */
export interface PlacedTemplate {
	readonly value: Template;
	readonly line: number;
	readonly column: number;
}

/** `uses` of a job. */
export interface WorkflowCall {
	/** Path in the repository, or `owner/name/path@ref`: a key of `Plan.called`. */
	readonly workflow: string;
	readonly with: Template;
	readonly secrets: 'inherit' | Template;
}

/** A job before its matrix, its name and what hangs on them are known. */
export interface JobDraft extends JobParts {
	readonly name: Template;
	readonly strategy: Template;
	readonly environment: Template;
	readonly continueOnError: Template;
	/** `line:column` of its parts by their keys, for problems. */
	readonly places: { readonly [key: string]: string };
}

export interface PlannedJob extends JobParts {
	/** Unique in the plan: the job's id, with ` (a, b)` for a matrix combination, after `parent / ` in a called workflow. */
	readonly key: string;
	/** What people read. */
	readonly name: string;
	/** Key of the job that calls the workflow this one stands in; absent: the run's own workflow. */
	readonly parent?: string;
	/** Path of the file it stands in; absent: the run's own workflow. */
	readonly file?: string;
	/** Name of the environment that the job asks for (`environment:`). */
	readonly environment?: string;
	readonly continueOnError: Template;
	/** This combination's values; absent without a matrix. */
	readonly matrix?: { readonly [key: string]: Json };
	readonly strategy: {
		readonly failFast: boolean;
		/** Absent: as many as the machine can. */
		readonly maxParallel?: number;
		readonly jobIndex: number;
		readonly jobTotal: number;
	};
	/** Set when its matrix or its name hang on the outputs of the jobs it needs: what it becomes is known when these have ended. */
	readonly deferred?: JobDraft;
}

export interface PlannedStep {
	/** The `id` of the file, else `__run`, `__run_2`, ... as GitHub names them. */
	readonly id: string;
	readonly name: Template;
	readonly if?: string;
	/** Exactly one of `run`, `uses`, `wait` and `cancel` is set. */
	readonly run?: Template;
	readonly uses?: string;
	/** The next step does not wait for this one to end. */
	readonly background?: boolean;
	/** Ids of background steps to wait for, or all of them. */
	readonly wait?: readonly string[] | 'all';
	/** Id of a background step to stop. */
	readonly cancel?: string;
	readonly with: Template;
	readonly env: Template;
	readonly shell: Template;
	readonly workingDirectory: Template;
	readonly continueOnError: Template;
	readonly timeoutMinutes: Template;
	readonly line: number;
}

/** A workflow of the repository that this trigger does not start, and why. */
export interface NotPlanned {
	readonly workflow: string;
	readonly why: string;
}
