import type { Commit, Conclusion, Event, StepResult, Tier } from '#core/event.ts';
import type { Json, Plan, PlannedJob, Template, Trigger } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { Limits, Room } from '#edge/sandbox/sandbox.ts';
import type { RunActions } from './run-actions.ts';

/** One attempt of one job, all that steps.ts needs to make it happen. Experiments change one thing of a failed one and run it again. */
export interface JobRequest {
	/** `attempt` counts the run's, from 1. */
	readonly run: { readonly id: string; readonly number: number; readonly attempt: number; readonly project: string };
	readonly attempt: number;
	readonly repository: {
		readonly path: string;
		readonly name: string;
		readonly origin?: string;
		readonly defaultBranch: string;
	};
	readonly plan: Plan;
	readonly job: PlannedJob;
	readonly trigger: Trigger;
	readonly commit: Commit;
	/** By job id. A matrix job's outputs are those of the last combination that set them. */
	readonly needs: {
		readonly [id: string]: { readonly result: StepResult; readonly outputs: { readonly [name: string]: string } };
	};
	/** Values of the inputs of the workflow that the job stands in. */
	readonly inputs: { readonly [name: string]: Json };
	/** `env` of the workflow that the job stands in. */
	readonly workflowEnv: Template;
	readonly secrets: { readonly [name: string]: string };
	/** More values that must not be seen: secrets of the run that this job was not given. */
	readonly hidden: readonly string[];
	readonly vars: { readonly [name: string]: string };
	readonly actions: RunActions;
	/** What containers may have that reaches beyond them, as options: `--cap-add=SYS_PTRACE`. */
	readonly allowedPowers?: readonly string[];
	/** Asked for; absent: the choice rule decides. */
	readonly tier?: Tier;
	/** Who asked for it: "it was asked for". */
	readonly tierWhy?: string;
	/** What its processes together may take. */
	readonly limits?: Limits;
	readonly network?: 'private';
	/** Added to the job's environment: where the test environment is. */
	readonly extraEnv: { readonly [name: string]: string };
	/** Laid over the environment of the workflow and the job: `--env`. */
	readonly env: { readonly [name: string]: string };
	/** Said in the log before the first step. */
	readonly notes?: readonly string[];
	/** Key of the log that is written. */
	readonly logKey: string;
	readonly signal: AbortSignal;
	/** Trace this step (index) and end the job after it. */
	readonly trace?: { readonly step: number; readonly path: string };
	/** Index of the step after which the job ends. */
	readonly until?: number | undefined;
	/** Called while the room still stands, after the last step. */
	readonly beforeDestroy?: (room: Room) => Promise<void>;
	/** Receives job-started, snapshot-taken, action-brought, step-started, step-finished; awaited, so that what follows is durable first. */
	readonly emit: (event: Event) => Promise<void>;
}

export interface JobEnd {
	readonly conclusion: Conclusion;
	readonly outputs: { readonly [name: string]: string };
	readonly why?: string;
	/** Index of the first step that failed the job. */
	readonly failedStep?: number;
	/** Where what it deployed can be seen. */
	readonly environmentUrl?: string;
	readonly leftovers: number;
	/** The place to run in could not be made: no fault of the job, so it may be tried once more. */
	readonly isPlatform?: true;
	readonly problems?: readonly Problem[];
}
