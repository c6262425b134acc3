import type { Action } from '#core/action/action.ts';
import type { Annotation, StepResult, Usage } from '#core/event.ts';
import type { Masker } from '#core/job/masker.ts';
import type { Json, PlannedStep } from '#core/plan.ts';
import type { Problem, Result } from '#core/result.ts';
import type { ActionCommit } from '#edge/action/action.ts';
import type { JobMatchers } from '#edge/matcher/matcher.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import type { BackgroundSteps } from './background-steps.ts';
import type { Hashes } from './hashes.ts';
import type { JobContainers } from './job-containers.ts';
import type { JobLog } from './job-log.ts';
import type { JobRequest } from './job-request.ts';
import type { JobStop } from './job-stop.ts';
import type { Ports } from './ports.ts';
import type { JobServices } from './services.ts';

/** The ports that a job needs. */
export type JobPorts = Pick<
	Ports,
	| 'actions'
	| 'clock'
	| 'logs'
	| 'source'
	| 'planner'
	| 'probe'
	| 'matchers'
	| 'sandboxes'
	| 'places'
	| 'storage'
	| 'services'
	| 'containers'
	| 'toolchains'
>;

/** A job that is under way: what its steps share and change. */
export interface RunningJob {
	readonly ports: JobPorts;
	readonly request: JobRequest;
	readonly room: Room;
	readonly log: JobLog;
	readonly masker: Masker;
	readonly stop: JobStop;
	readonly matchers: JobMatchers;
	/** Contexts that stay the same for the whole job. */
	readonly contexts: { readonly [name: string]: { readonly [name: string]: Json } };
	/** `GITHUB_*` and `RUNNER_*`. */
	readonly variables: { readonly [name: string]: string };
	readonly hasBash: boolean;
	/** The `env` context without a step's own: workflow, job, then what steps wrote to `GITHUB_ENV`. */
	readonly env: { [name: string]: string };
	/** What steps wrote to `GITHUB_PATH`, newest first. */
	readonly path: string[];
	/** What the services of the job's actions are reached by; nobody but actions gets it. */
	readonly services?: JobServices;
	/** What is made once a job, when a step first needs it. */
	readonly made: { ownTree?: Promise<string>; hashProgram?: Promise<string> };
	readonly containers: JobContainers;
	readonly actions: JobActions;
	/** Does a step that uses an action. Handed over, because such an action has steps itself. */
	readonly runAction: (job: RunningJob, caller: Frame, call: ActionStep) => Promise<Work>;
}

/** The actions of a job, as far as it has used them. */
export interface JobActions {
	/** Trees of other repositories that are in the room, by `owner/name@ref` in lower case. */
	readonly trees: Map<string, Promise<Result<ActionTree>>>;
	/** What an action has kept for its later processes, by the key of its step. */
	readonly states: Map<string, { [name: string]: string }>;
	/** What is to be done after the last step, by the key of the list of steps. */
	readonly posts: Map<string, readonly ActionStage[]>;
	/** Trees that the log has named. */
	readonly told: Set<string>;
}

/** What an action does before the first step of a job, or after its last. */
export interface ActionStage {
	/** By which it is known; an action does it once, however often it is asked for. */
	readonly key: string;
	/** `Post Run owner/name@v1` */
	readonly name: string;
	readonly step: PlannedStep;
	/** Source of its condition, about the job. */
	readonly condition: string;
	/** The `env` context of the step. */
	readonly env: { readonly [name: string]: string };
	/** `root` is the job's own list of steps. */
	readonly work: (root: Frame, timeout: AbortSignal) => Promise<Work>;
}

/** A repository in the room. */
export interface ActionTree {
	/** As the job sees it. */
	readonly folder: string;
	/** Absent: the run's own repository. */
	readonly origin?: ActionCommit;
}

/** An action that is in the room. */
export interface PlacedAction {
	readonly action: Action;
	/** As the job sees it. */
	readonly folder: string;
	/** Nothing of the action lies outside of this. */
	readonly tree: ActionTree;
	/** Path of its `action.yml`, for problems. */
	readonly file: string;
	/** `./path`: it is what the job has made of it by now. */
	readonly isLocal: boolean;
}

/** What a step that uses an action is done with. */
export interface ActionStep {
	readonly step: PlannedStep;
	/** As people read it. */
	readonly name: string;
	readonly uses: string;
	readonly inputs: { readonly [name: string]: string };
	/** The step's `env` context. */
	readonly env: { readonly [name: string]: string };
	/** What of it the step says itself, or one that leads to it: what is written to `GITHUB_ENV` does not change these. */
	readonly overrides: { readonly [name: string]: string };
	readonly timeout: AbortSignal;
}

/** A list of steps under way: the job's own, or those of a composite action. */
export interface Frame {
	/** File that the steps stand in, for places in problems. */
	readonly file: string;
	/** 0 for the job's own steps. */
	readonly depth: number;
	/** The ids of the steps that lead to this list, each with a slash behind it; empty for the job's own steps. */
	readonly key: string;
	/** Repository that the file is from; absent: the run's own. */
	readonly origin?: ActionCommit | undefined;
	/** The `steps` context. */
	readonly steps: { [id: string]: StepRecord };
	/** A step failed and was not forgiven. */
	hasFailed: boolean;
	/** Contexts that this list sees instead of the job's. */
	readonly contexts: { readonly [name: string]: Json };
	/** Laid over the `github` context. */
	readonly github: { readonly [name: string]: Json };
	/** What the step that calls a composite action says in its `env`, and those above it. */
	readonly env: { readonly [name: string]: string };
	/** Ends when the time of the calling step is over. */
	readonly timeout?: AbortSignal;
	/** What the expressions of the present step have asked of `hashFiles()`. */
	hashes: Hashes;
	/** The job's steps that run beside the others; absent in a composite action. */
	readonly background?: BackgroundSteps;
	/** Trace every process to this path. */
	trace: string | undefined;
}

/** A step as the `steps` context has it. */
interface StepRecord {
	readonly outputs: { readonly [name: string]: string };
	readonly outcome: StepResult;
	readonly conclusion: StepResult;
	readonly [name: string]: Json;
}

/** What came of doing a step's work, before `continue-on-error` is asked. */
export interface Work {
	readonly outcome: Exclude<StepResult, 'skipped'>;
	readonly exitCode?: number;
	readonly signal?: string;
	readonly why?: string;
	readonly outputs: { readonly [name: string]: string };
	/** What it keeps for a later process of the same action. */
	readonly state?: { readonly [name: string]: string };
	readonly summary: string;
	readonly annotations: readonly Annotation[];
	/** What its processes took. */
	readonly usage?: Usage;
}

/** Work that failed before anything could be done: the log tells the problem, in lines. */
export function refusedWork(job: RunningJob, problem: Problem): Work {
	const logLine = job.log.problem(problem);
	const message = problem.why === undefined ? problem.what : `${problem.what}: ${problem.why}`;
	return {
		outcome: 'failure',
		why: message,
		outputs: {},
		summary: '',
		annotations: [{ level: 'error', message, logLine }],
	};
}
