import type { StepResult } from '../event.ts';
import type { Json, PlannedJob, Trigger } from '../plan.ts';

/** What is known of a job before its room stands. */
export interface JobFacts {
	readonly run: { readonly id: string; readonly number: number; readonly project: string };
	readonly attempt: number;
	readonly repository: { readonly name: string; readonly origin?: string; readonly defaultBranch: string };
	readonly plan: { readonly workflow: string; readonly name: string };
	readonly job: PlannedJob;
	readonly trigger: Trigger;
	readonly needs: {
		readonly [id: string]: { readonly result: StepResult; readonly outputs: { readonly [name: string]: string } };
	};
	readonly secrets: { readonly [name: string]: string };
	readonly vars: { readonly [name: string]: string };
}

/** Where the job runs; paths as the job sees them. */
export interface RoomFacts {
	readonly workspace: string;
	readonly temp: string;
	readonly toolCache: string;
	/** `uname -s`. */
	readonly kernel: string;
	/** `uname -m`. */
	readonly machine: string;
	readonly eventPath: string;
}

type Context = { readonly [name: string]: Json };

/** The contexts that stay the same for a whole job. `env`, `steps`, `job` and the paths of a step come on top. */
export function jobContexts(
	facts: JobFacts,
	room: RoomFacts,
): { readonly github: Context; readonly runner: Context; readonly [name: string]: Context } {
	const { job } = facts;
	return {
		github: githubContext(facts, room),
		runner: runnerContext(facts, room),
		needs: facts.needs,
		secrets: { GITHUB_TOKEN: '', ...facts.secrets },
		vars: facts.vars,
		inputs: inputsOf(facts.trigger),
		matrix: job.matrix ?? {},
		strategy: {
			'fail-fast': job.strategy.failFast,
			'job-index': job.strategy.jobIndex,
			'job-total': job.strategy.jobTotal,
			'max-parallel': job.strategy.maxParallel ?? job.strategy.jobTotal,
		},
	};
}

function githubContext(facts: JobFacts, room: RoomFacts): Context {
	const { trigger, run, plan } = facts;
	const forge = forgeOf(facts.repository.origin);
	const repository = forge?.repository ?? run.project;
	const server = forge?.server ?? 'https://footbridge.localhost';
	const refName = trigger.ref.replace(/^refs\/(heads|tags|pull)\//, '');
	const pullRequest = property(trigger.payload, 'pull_request');
	return {
		action: '',
		action_path: '',
		action_ref: '',
		action_repository: '',
		actor: textAt(trigger.payload, 'sender', 'login') ?? 'footbridge',
		actor_id: '0',
		api_url: server === 'https://github.com' ? 'https://api.github.com' : `${server}/api/v3`,
		base_ref: textAt(pullRequest, 'base', 'ref') ?? '',
		event: trigger.payload,
		event_name: trigger.event,
		event_path: room.eventPath,
		graphql_url: server === 'https://github.com' ? 'https://api.github.com/graphql' : `${server}/api/graphql`,
		head_ref: textAt(pullRequest, 'head', 'ref') ?? '',
		job: facts.job.id,
		ref: trigger.ref,
		ref_name: refName,
		ref_protected: false,
		ref_type: trigger.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
		repository,
		repository_id: '0',
		repository_owner: repository.split('/')[0] ?? repository,
		repository_owner_id: '0',
		repositoryUrl: facts.repository.origin ?? `${server}/${repository}.git`,
		retention_days: '90',
		run_id: run.id,
		run_number: String(run.number),
		run_attempt: String(facts.attempt),
		secret_source: 'Actions',
		server_url: server,
		sha: trigger.sha,
		token: facts.secrets['GITHUB_TOKEN'] ?? '',
		triggering_actor: textAt(trigger.payload, 'sender', 'login') ?? 'footbridge',
		workflow: plan.name,
		workflow_ref: `${repository}/${plan.workflow}@${trigger.ref}`,
		workflow_sha: trigger.sha,
		workspace: room.workspace,
	};
}

/** Owner, name and server of an `origin` such as `git@host:owner/name.git` or `https://host/owner/name`. */
function forgeOf(origin: string | undefined): { readonly server: string; readonly repository: string } | undefined {
	const match =
		/^(?:https?:\/\/(?:[^@/]*@)?|ssh:\/\/(?:[^@/]*@)?|git:\/\/|[^@/:]+@)([^/:]+)(?::\d+)?[/:](.+?)(?:\.git)?\/?$/.exec(
			origin ?? '',
		);
	const [, host, repository] = match ?? [];
	return host === undefined || repository === undefined ? undefined : { server: `https://${host}`, repository };
}

function runnerContext(facts: JobFacts, room: RoomFacts): Context {
	return {
		name: 'footbridge',
		os: room.kernel === 'Darwin' ? 'macOS' : 'Linux',
		arch:
			{ x86_64: 'X64', aarch64: 'ARM64', arm64: 'ARM64', armv7l: 'ARM', i686: 'X86' }[room.machine] ??
			room.machine.toUpperCase(),
		environment: 'self-hosted',
		temp: room.temp,
		tool_cache: room.toolCache,
		workspace: room.workspace.replace(/\/[^/]+$/, ''),
		...(isDebug(facts) ? { debug: '1' } : {}),
	};
}

/** Whether the user asked for `::debug::` lines, with GitHub's switch. */
export function isDebug(facts: Pick<JobFacts, 'secrets' | 'vars'>): boolean {
	return [facts.secrets['ACTIONS_STEP_DEBUG'], facts.vars['ACTIONS_STEP_DEBUG']].includes('true');
}

function inputsOf(trigger: Trigger): Context {
	const inputs = property(trigger.payload, 'inputs');
	return typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs) ? (inputs as Context) : {};
}

const inVariables = [
	...[
		'action',
		'action_path',
		'action_ref',
		'action_repository',
		'actor',
		'actor_id',
		'api_url',
		'base_ref',
		'event_name',
		'event_path',
	],
	...[
		'graphql_url',
		'head_ref',
		'job',
		'ref',
		'ref_name',
		'ref_protected',
		'ref_type',
		'repository',
		'repository_id',
		'repository_owner',
	],
	...[
		'repository_owner_id',
		'retention_days',
		'run_attempt',
		'run_id',
		'run_number',
		'server_url',
		'sha',
		'triggering_actor',
		'workflow',
	],
	...['workflow_ref', 'workflow_sha', 'workspace'],
];

/** The variables that every step finds: `GITHUB_*` and `RUNNER_*` as the contexts have them. A workflow cannot change them. */
export function runnerVariables(github: Context, runner: Context): { readonly [name: string]: string } {
	const entries = [
		...inVariables.map((name) => [`GITHUB_${name.toUpperCase()}`, github[name]] as const),
		...Object.entries(runner).map(([name, value]) => [`RUNNER_${name.toUpperCase()}`, value] as const),
	];
	return {
		GITHUB_ACTIONS: 'true',
		...Object.fromEntries(
			entries.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, String(value)]])),
		),
	};
}

function property(value: Json | undefined, name: string): Json | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Context)[name] : undefined;
}

function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
	const found = path.reduce(property, value);
	return typeof found === 'string' ? found : undefined;
}
