import type { Json, Trigger } from './plan.ts';

/** What the `github` context is made of. What is not known yet is absent, and so are its fields. */
export interface GithubFacts {
	readonly trigger: Trigger;
	/** The project's name: stands for `owner/name` where the repository has no origin. */
	readonly project: string;
	/** URL of the repository's `origin`. */
	readonly origin?: string;
	readonly workflow: { readonly path: string; readonly name: string };
	/** Values of the workflow's inputs. */
	readonly inputs?: { readonly [name: string]: Json };
	readonly run?: { readonly id: string; readonly number: number; readonly attempt: number };
}

/** The part of the `github` context that is the same for all jobs of a run. */
export function githubContext({ trigger, project, origin, workflow, inputs, run }: GithubFacts): {
	readonly [name: string]: Json;
} {
	const forge = forgeOf(origin);
	const repository = forge?.repository ?? project;
	const server = forge?.server ?? 'https://footbridge.localhost';
	const isGithub = server === 'https://github.com';
	const actor = textAt(trigger.payload, 'sender', 'login') ?? 'footbridge';
	const pullRequest = propertyOf(trigger.payload, 'pull_request');
	return {
		actor,
		actor_id: '0',
		api_url: isGithub ? 'https://api.github.com' : `${server}/api/v3`,
		base_ref: textAt(pullRequest, 'base', 'ref') ?? '',
		event: eventOf(trigger, inputs),
		event_name: trigger.event,
		graphql_url: isGithub ? 'https://api.github.com/graphql' : `${server}/api/graphql`,
		head_ref: textAt(pullRequest, 'head', 'ref') ?? '',
		ref: trigger.ref,
		ref_name: trigger.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
		ref_protected: false,
		ref_type: trigger.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
		repository,
		repository_id: '0',
		repository_owner: repository.split('/')[0] ?? repository,
		repository_owner_id: '0',
		repositoryUrl: origin ?? `${server}/${repository}.git`,
		repository_visibility: 'private',
		retention_days: '90',
		...(run === undefined ? {} : { run_id: run.id, run_number: String(run.number), run_attempt: String(run.attempt) }),
		secret_source: 'Actions',
		server_url: server,
		sha: trigger.sha,
		triggering_actor: actor,
		workflow: workflow.name,
		workflow_ref: `${repository}/${workflow.path}@${trigger.ref}`,
		workflow_sha: trigger.sha,
	};
}

/** `github.event`: a start by hand has all inputs as texts, those with a default too. */
function eventOf({ event, payload }: Trigger, inputs: GithubFacts['inputs']): Json {
	if (event !== 'workflow_dispatch' || inputs === undefined) return payload;
	const texts = Object.entries(inputs).map(([name, value]) => [name, value === null ? '' : String(value)] as const);
	const rest = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : {};
	return { ...rest, inputs: Object.fromEntries(texts) };
}

/** Owner, name and server of an `origin` such as `git@host:owner/name.git` or `https://host/owner/name`. */
export function forgeOf(
	origin: string | undefined,
): { readonly server: string; readonly repository: string } | undefined {
	const match =
		/^(?:https?:\/\/(?:[^@/]*@)?|ssh:\/\/(?:[^@/]*@)?|git:\/\/|[^@/:]+@)([^/:]+)(?::\d+)?[/:](.+?)(?:\.git)?\/?$/.exec(
			origin ?? '',
		);
	const [, host, repository] = match ?? [];
	return host === undefined || repository === undefined ? undefined : { server: `https://${host}`, repository };
}

function propertyOf(value: Json | undefined, name: string): Json | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as { readonly [key: string]: Json })[name]
		: undefined;
}

function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
	const found = path.reduce(propertyOf, value);
	return typeof found === 'string' ? found : undefined;
}
