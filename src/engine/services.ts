import type { Event } from '#core/event.ts';
import type { TokenPermissions } from '#core/job/token-permissions.ts';
import type { Json, Trigger } from '#core/plan.ts';

/** The services that GitHub's toolkits call: artifacts, caches, identity tokens, a part of the REST API. */
export interface Services {
	/** Opens them for one job. What a job is given works until `close`, and for its own run only. */
	forJob(job: ServedJob): Promise<JobServices>;
	close(): Promise<void>;
}

/** What the services must know of a job. */
export interface ServedJob {
	readonly project: string;
	/** Of the repository on this machine. */
	readonly path: string;
	readonly defaultBranch: string;
	readonly run: string;
	readonly runAttempt: number;
	/** Key of the job. */
	readonly job: string;
	readonly jobAttempt: number;
	readonly trigger: Trigger;
	/** The `github` context. */
	readonly github: { readonly [name: string]: Json };
	/** Name of the environment that the job is for. */
	readonly environment?: string;
	/** `owner/name/path@ref` of the file that the job stands in. */
	readonly jobWorkflowRef: string;
	readonly permissions: TokenPermissions;
	/** A token of the forge was given: its own API is asked, not this one. */
	readonly hasForgeToken: boolean;
	/** Appends to the run. */
	readonly emit: (event: Event) => Promise<void>;
	/** Says something in the job's log. */
	readonly say: (line: string) => void;
}

/** The services of one job. */
export interface JobServices {
	/** Variables for actions, beside those that every step has. */
	readonly env: { readonly [name: string]: string };
	/** Variables for every step: where it gets its identity token. */
	readonly stepEnv: { readonly [name: string]: string };
	/** Stands for `github.token` where none was given. */
	readonly token: string;
	/** What must not be seen. */
	readonly secrets: readonly string[];
	/** The job has ended: nothing that it was given works any more. */
	close(): Promise<void>;
}
