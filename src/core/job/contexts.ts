import type { StepResult } from '../event.ts';
import { githubContext } from '../github-context.ts';
import type { CalledWorkflow, Json, PlannedJob, Trigger } from '../plan.ts';

/** What is known of a job before its room stands. */
export interface JobFacts {
	/** `attempt` counts the run's, from 1. */
	readonly run: { readonly id: string; readonly number: number; readonly attempt: number; readonly project: string };
	readonly repository: { readonly name: string; readonly origin?: string; readonly defaultBranch: string };
	readonly plan: {
		readonly workflow: string;
		readonly name: string;
		readonly called?: { readonly [path: string]: Pick<CalledWorkflow, 'from'> };
	};
	/** Values of the inputs of the workflow that the job stands in. */
	readonly inputs: { readonly [name: string]: Json };
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
	const github = jobGithub(facts, room);
	return {
		github,
		job: jobContext(facts, github),
		runner: runnerContext(facts, room),
		needs: facts.needs,
		secrets: { GITHUB_TOKEN: '', ...facts.secrets },
		vars: facts.vars,
		inputs: facts.inputs,
		matrix: job.matrix ?? {},
		strategy: {
			'fail-fast': job.strategy.failFast,
			'job-index': job.strategy.jobIndex,
			'job-total': job.strategy.jobTotal,
			'max-parallel': job.strategy.maxParallel ?? job.strategy.jobTotal,
		},
	};
}

/** What `job` has besides its status. The file is that of the called workflow, where the job stands in one. */
function jobContext({ job, plan, trigger }: JobFacts, github: Context): Context {
	const file = job.file ?? plan.workflow;
	const from = plan.called?.[file]?.from;
	if (from !== undefined) {
		return {
			container: {},
			services: {},
			workflow_file_path: file.slice(from.repository.length + 1, -from.ref.length - 1),
			workflow_ref: file,
			workflow_repository: from.repository,
			workflow_sha: from.sha,
		};
	}
	const repository = github['repository'] ?? '';
	return {
		container: {},
		services: {},
		workflow_file_path: file,
		workflow_ref: `${repository}/${file}@${trigger.ref}`,
		workflow_repository: repository,
		workflow_sha: trigger.sha,
	};
}

function jobGithub(facts: JobFacts, room: RoomFacts): Context {
	const { trigger, run, plan, repository } = facts;
	const github = githubContext({
		trigger,
		project: run.project,
		...(repository.origin === undefined ? {} : { origin: repository.origin }),
		workflow: { path: plan.workflow, name: plan.name },
		inputs: facts.inputs,
		run,
	});
	return {
		...github,
		action: '',
		action_path: '',
		action_ref: '',
		action_repository: '',
		event_path: room.eventPath,
		job: facts.job.id,
		token: facts.secrets['GITHUB_TOKEN'] ?? '',
		workspace: room.workspace,
	};
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
	const asked = [facts.secrets['ACTIONS_STEP_DEBUG'], facts.vars['ACTIONS_STEP_DEBUG']];
	return asked.some((value) => value === 'true' || value === '1');
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
