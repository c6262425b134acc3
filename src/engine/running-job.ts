import type { Annotation, StepResult, Usage } from '#core/event.ts';
import type { Masker } from '#core/job/masker.ts';
import type { Json, PlannedStep } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { JobMatchers } from '#edge/matcher/matcher.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import type { BackgroundSteps } from './background-steps.ts';
import type { Hashes } from './hashes.ts';
import type { JobLog } from './job-log.ts';
import type { JobRequest } from './job-request.ts';
import type { JobStop } from './job-stop.ts';
import type { Ports } from './ports.ts';

/** The ports that a job needs. */
export type JobPorts = Pick<Ports, 'clock' | 'logs' | 'source' | 'planner' | 'matchers' | 'sandboxes' | 'places'>;

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
	/** What is made once a job, when a step first needs it. */
	readonly made: { ownTree?: Promise<string>; hashProgram?: Promise<string> };
	/** Does a step that uses an action of the repository. Handed over, because such an action has steps itself. */
	readonly runAction: (job: RunningJob, caller: Frame, call: ActionStep) => Promise<Work>;
}

/** What a step that uses an action of the repository is done with. */
export interface ActionStep {
	readonly step: PlannedStep;
	/** `./path` in the workspace, or `$/path` in the repository at the run's commit. */
	readonly uses: string;
	readonly inputs: { readonly [name: string]: string };
	/** The step's `env` context. */
	readonly env: { readonly [name: string]: string };
	readonly timeout: AbortSignal;
}

/** A list of steps under way: the job's own, or those of a composite action. */
export interface Frame {
	/** File that the steps stand in, for places in problems. */
	readonly file: string;
	/** 0 for the job's own steps. */
	readonly depth: number;
	/** The `steps` context. */
	readonly steps: { [id: string]: StepRecord };
	/** A step failed and was not forgiven. */
	hasFailed: boolean;
	/** Contexts that this list sees instead of the job's. */
	readonly contexts: { readonly [name: string]: Json };
	/** Laid over the `github` context. */
	readonly github: { readonly [name: string]: Json };
	/** The environment of the step that calls a composite action. */
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
