import type { AccessEvent } from './access/access-event.ts';
import type { Application } from './compose/application.ts';
import type { Finding } from './finding.ts';
import type { Concurrency, Json, Plan, PlannedJob, Trigger } from './plan.ts';
import type { Problem } from './result.ts';
import type { EnvironmentSnapshot } from './snapshot.ts';

/** Status words, the same on every surface. */
export type Status = 'queued' | 'running' | 'passed' | 'failed' | 'cancelled' | 'skipped' | 'blocked';
/** How a job or a run may end. */
export type Conclusion = 'passed' | 'failed' | 'cancelled' | 'skipped';
/** GitHub's words for a step's end, as the `steps` context has them. */
export type StepResult = 'success' | 'failure' | 'cancelled' | 'skipped';
export type Tier = 'host' | 'sandbox' | 'disposable' | 'container';

/** Everything that can happen. An event is never changed after it is written; a new field is optional, a new meaning is a new kind. */
export type Event =
	// stream project/<project>
	| { readonly kind: 'project-added'; readonly project: string; readonly path: string; readonly defaultBranch: string }
	| {
			readonly kind: 'change-pushed';
			readonly project: string;
			readonly ref: string;
			readonly before?: string;
			readonly after: string;
			readonly commits: readonly Commit[];
	  }
	// stream run/<run>
	| {
			readonly kind: 'run-queued';
			readonly project: string;
			/** Counts the project's runs from 1. */
			readonly number: number;
			readonly trigger: Trigger;
			readonly commit: Commit;
			readonly plan: Plan;
			/** `run-name`, evaluated. */
			readonly title?: string;
			readonly concurrency?: Concurrency;
			/** URL of the repository's `origin`, where it has one. */
			readonly origin?: string;
			/** Jobs that were asked for with `--job`; absent: all. */
			readonly only?: readonly string[];
			/** By job id: the index of the step after which the job ends. */
			readonly until?: { readonly [job: string]: number };
			/** `--matrix`: only the combinations that have these values. */
			readonly matrix?: { readonly [key: string]: string };
			/** `--env`: laid over the environment of every step. */
			readonly env?: { readonly [name: string]: string };
			/** The context `vars`. */
			readonly vars?: { readonly [name: string]: string };
			/** `--fail-fast`: the first failed job stops all others. */
			readonly failFast?: boolean;
			/** The tier that was asked for with `--in`; absent: the choice rule decides. */
			readonly tier?: Tier;
			/** Names only: values are handed over outside the log. */
			readonly secrets?: readonly string[];
	  }
	| {
			readonly kind: 'run-refused';
			readonly project: string;
			readonly number: number;
			readonly trigger: Trigger;
			readonly commit: Commit;
			readonly workflow: string;
			readonly problems: readonly Problem[];
	  }
	/** Its turn in the concurrency group has come: the run's, or that of a job. */
	| { readonly kind: 'turn-taken'; readonly group: string; readonly job?: string }
	/** What a job of the plan becomes once the jobs it needs have ended: these jobs stand in its place. */
	| { readonly kind: 'job-expanded'; readonly job: string; readonly jobs: readonly PlannedJob[] }
	/** A job that calls a workflow has begun: the called workflow's jobs are the run's too. */
	| {
			readonly kind: 'workflow-called';
			readonly job: string;
			readonly inputs: { readonly [name: string]: Json };
			readonly jobs: readonly PlannedJob[];
	  }
	| {
			readonly kind: 'job-started';
			readonly job: string;
			readonly attempt: number;
			readonly tier: Tier;
			readonly reason: string;
	  }
	| {
			readonly kind: 'snapshot-taken';
			readonly job: string;
			readonly attempt: number;
			readonly snapshot: EnvironmentSnapshot;
	  }
	/** A version of an action is in the job's room, and this is the commit that it was. */
	| {
			readonly kind: 'action-brought';
			readonly job: string;
			readonly attempt: number;
			/** `owner/name@ref` */
			readonly uses: string;
			readonly sha: string;
	  }
	/** A container of the job is made of this image. */
	| {
			readonly kind: 'image-used';
			readonly job: string;
			readonly attempt: number;
			/** `job`, the id of a service, or what a step uses. */
			readonly container: string;
			/** As the workflow names it. */
			readonly image: string;
			/** `sha256:...` of its configuration. */
			readonly id: string;
			/** `name@sha256:...` of its registry; absent for one that was made here. */
			readonly digest?: string;
	  }
	| {
			readonly kind: 'step-started';
			readonly job: string;
			readonly attempt: number;
			/** Index in the job; what actions do before the first step counts up to -1, what they do after the last goes on from there. */
			readonly step: number;
			/** Set when it is no step of the file, but what an action does before the first or after the last. */
			readonly phase?: 'pre' | 'post';
			readonly name: string;
			/** First line (1-based) of the step in the job's log. */
			readonly line: number;
	  }
	| {
			readonly kind: 'step-finished';
			readonly job: string;
			readonly attempt: number;
			readonly step: number;
			readonly phase?: 'pre' | 'post';
			readonly name: string;
			readonly outcome: StepResult;
			readonly conclusion: StepResult;
			readonly exitCode?: number;
			readonly signal?: string;
			/** Why it was skipped, cancelled or could not run. */
			readonly why?: string;
			/** Skipped because what it is for lies outside of this machine's reach. */
			readonly isUnreached?: true;
			readonly outputs: { readonly [name: string]: string };
			readonly summary?: string;
			readonly annotations?: readonly Annotation[];
			readonly usage?: Usage;
			readonly durationMs: number;
			/** Last line (1-based, inclusive) of the step in the job's log. */
			readonly line: number;
	  }
	| {
			readonly kind: 'job-finished';
			readonly job: string;
			readonly attempt: number;
			readonly conclusion: Conclusion;
			readonly outputs: { readonly [name: string]: string };
			readonly why?: string;
			/** `environment.url`, evaluated. */
			readonly environmentUrl?: string;
			/** Processes that had to be killed after the last step. */
			readonly leftovers?: number;
			readonly problems?: readonly Problem[];
	  }
	/** The attempt was under way when Footbridge or the machine stopped; what it had started was ended. */
	| { readonly kind: 'job-lost'; readonly job: string; readonly attempt: number; readonly why: string }
	| { readonly kind: 'job-skipped'; readonly job: string; readonly why: string }
	| { readonly kind: 'cancel-requested'; readonly why: string }
	/** These jobs, and what needs them, happen again: the run's next attempt. */
	| { readonly kind: 'rerun-requested'; readonly jobs: readonly string[] }
	| { readonly kind: 'run-finished'; readonly conclusion: Conclusion }
	| { readonly kind: 'diagnosis-started'; readonly job: string; readonly attempt: number }
	| { readonly kind: 'finding-made'; readonly job: string; readonly attempt: number; readonly finding: Finding }
	/** A job reported a check or a status of the commit, through GitHub's API. */
	| {
			readonly kind: 'check-reported';
			readonly id: number;
			readonly from: 'status' | 'check-run';
			readonly name: string;
			readonly sha: string;
			/** GitHub's words: `queued`, `in_progress`, `completed`; of a status always the last. */
			readonly status: string;
			/** GitHub's words: `success`, `failure`, `neutral`, ...; absent while it is not complete. */
			readonly conclusion?: string;
			readonly title?: string;
			readonly summary?: string;
			readonly url?: string;
	  }
	// stream artifact/<project>
	| {
			readonly kind: 'artifact-uploaded';
			/** Counts all artifacts from 1. */
			readonly id: number;
			readonly run: string;
			/** Key of the job. */
			readonly job: string;
			readonly runAttempt: number;
			readonly jobAttempt: number;
			readonly name: string;
			readonly mime: string;
			/** Id of the content. */
			readonly blob: string;
			readonly sizeBytes: number;
			readonly sha256: string;
			/** ISO 8601. */
			readonly expiresAt: string;
	  }
	| { readonly kind: 'artifact-removed'; readonly id: number; readonly why: string }
	// stream cache/<project>
	| {
			readonly kind: 'cache-saved';
			/** Counts all caches from 1. */
			readonly id: number;
			readonly key: string;
			readonly version: string;
			/** Which events may read it: core/cache/cache-scope.ts. */
			readonly scope: string;
			readonly blob: string;
			readonly sizeBytes: number;
			readonly run: string;
			readonly job: string;
	  }
	/** At most once an hour a cache. */
	| { readonly kind: 'cache-used'; readonly id: number }
	| { readonly kind: 'cache-removed'; readonly id: number; readonly why: string }
	// stream deployment/<deployment>
	| {
			readonly kind: 'deployment-requested';
			readonly project: string;
			readonly environment: string;
			/** Counts the environment's deployments from 1. */
			readonly number: number;
			readonly purpose: 'release' | 'rollback' | 'redeploy';
			readonly sha: string;
			readonly commit: Commit;
			/** Digest of commit, application and configuration. */
			readonly digest: string;
			readonly application: Application;
			readonly traffic: TrafficConfiguration;
			/** First-parent commits since the last live deployment: the changes it carries. */
			readonly changes: readonly Commit[];
			readonly run?: string;
			/** What of the Compose file has no effect, one sentence each. */
			readonly notes?: readonly string[];
	  }
	| { readonly kind: 'version-prepared'; readonly directory: string }
	| { readonly kind: 'service-started'; readonly service: string; readonly instance: Instance }
	| { readonly kind: 'service-checked'; readonly service: string; readonly healthy: boolean; readonly detail: string }
	| { readonly kind: 'traffic-switched'; readonly to: string; readonly from?: string }
	/** A request through the proxy's own port was answered by the new version. */
	| { readonly kind: 'traffic-verified'; readonly detail: string }
	/** It is given up, for this reason; what follows puts everything back. */
	| { readonly kind: 'deployment-failing'; readonly reason: Problem }
	| { readonly kind: 'version-drained'; readonly deployment: string; readonly open: number }
	| { readonly kind: 'version-stopped'; readonly deployment: string }
	| {
			readonly kind: 'deployment-finished';
			readonly outcome: 'live' | 'rolled-back' | 'failed';
			readonly reason?: Problem;
			/** Whether any request could reach the version. */
			readonly exposed: boolean;
	  }
	/** A newer deployment took over. */
	| { readonly kind: 'deployment-superseded'; readonly by: string }
	// stream environment/<project>/<environment>
	| {
			readonly kind: 'health-changed';
			readonly project: string;
			readonly environment: string;
			readonly healthy: boolean;
			readonly detail: string;
	  }
	// stream incident/<incident>
	| {
			readonly kind: 'incident-opened';
			readonly project: string;
			readonly environment: string;
			readonly number: number;
			readonly objective: string;
			readonly burnRate: number;
			readonly what: string;
			/** When users first felt it; earlier than the event. ISO 8601. */
			readonly impactStart: string;
			/** The deployment whose version served then. */
			readonly deployment?: string;
	  }
	| { readonly kind: 'incident-resolved'; readonly impactEnd: string }
	// streams access/<person>, access/server, settings/<scope>
	| AccessEvent;

/** How users reach an environment. */
export interface TrafficConfiguration {
	/** The service that answers them; absent: the application has none. */
	readonly service?: string;
	/** Port on loopback; 0 lets the system choose. */
	readonly port: number;
	/** Path whose answer shows that it works. */
	readonly probePath: string;
}

export type EventKind = Event['kind'];
export type EventOf<K extends EventKind> = Extract<Event, { kind: K }>;

/** An event as the log has it. */
export interface Recorded<E extends Event = Event> {
	/** Position in the whole log, from 1, without gaps. */
	readonly seq: number;
	/** ISO 8601, UTC, milliseconds. */
	readonly at: string;
	/** Who: the id of a person, with a token's after a slash where one was used; `local`, the owner of the machine; `system`; `engine`. Never a name. */
	readonly by: string;
	/** `project/<name>`, `run/<id>`, `deployment/<id>`, `environment/<project>/<name>`, `incident/<id>`, `artifact/<project>`, `cache/<project>`, `access/<person>`, `settings/<scope>`. */
	readonly stream: string;
	readonly event: E;
}

export interface Commit {
	readonly sha: string;
	readonly subject: string;
	/** ISO 8601. Author date. */
	readonly authoredAt: string;
}

export interface Annotation {
	readonly level: 'error' | 'warning' | 'notice';
	readonly message: string;
	readonly title?: string;
	readonly file?: string;
	readonly line?: number;
	readonly column?: number;
	readonly endLine?: number;
	readonly endColumn?: number;
	/** What a problem matcher calls the kind of problem. */
	readonly rule?: string;
	readonly logLine: number;
}

/** What the processes of a step took, as far as the machine tells. */
export interface Usage {
	/** Bytes of memory that its processes held together at the highest point. */
	readonly peakMemoryBytes?: number;
	readonly cpuMs?: number;
	/** Bytes read from and written to disks. */
	readonly readBytes?: number;
	readonly writtenBytes?: number;
}

/** One running process of a service. */
export interface Instance {
	readonly pid: number;
	/** Kernel start time in clock ticks since boot: with the pid it names a process for good. 0 where the platform has none. */
	readonly startTime: number;
	/** Loopback port by container port, as `ports` of the Compose file lists them. */
	readonly ports: { readonly [containerPort: string]: number };
}
