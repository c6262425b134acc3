import type { Commit } from './event.ts';
import { forgeOf } from './github-context.ts';
import type { Json } from './plan.ts';
import { events } from './workflow/events.ts';

/** What the payload of an event is made of, as far as a repository alone can tell. */
export interface PayloadFacts {
	/** Stands for `owner/name` where there is no origin. */
	readonly project: string;
	readonly origin?: string;
	/** Short name. */
	readonly defaultBranch: string;
	/** The ref that HEAD is on. */
	readonly ref: string;
	readonly commit: Commit;
	/** Where origin has the ref, when a push would move it. */
	readonly before?: string;
	/** The tip of the default branch; base of a pull request. */
	readonly base?: string;
	readonly inputs?: { readonly [name: string]: Json };
}

type Payload = { readonly [name: string]: Json };

/** `github.event` for an event that happens here and not on a forge: the shape of GitHub's webhook, filled with what is known. */
export function payloadOf(event: string, facts: PayloadFacts): Payload {
	const common = { repository: repositoryOf(facts), sender: { login: 'footbridge', id: 0, type: 'User' } };
	const action = (events.get(event)?.defaultTypes ?? events.get(event)?.types)?.[0];
	switch (event) {
		case 'push':
			return { ...pushOf(facts), ...common };
		case 'pull_request':
		case 'pull_request_target':
			return { action: 'synchronize', number: 1, pull_request: pullRequestOf(facts), ...common };
		case 'workflow_dispatch':
			return { ref: facts.ref, inputs: facts.inputs ?? {}, ...common };
		case 'workflow_call':
			return { inputs: facts.inputs ?? {}, ...common };
		case 'release':
			return { action: 'published', release: releaseOf(facts), ...common };
		case 'merge_group':
			return { action: 'checks_requested', merge_group: mergeGroupOf(facts), ...common };
		case 'repository_dispatch':
			return { action: 'test', client_payload: {}, branch: facts.defaultBranch, ...common };
		case 'create':
		case 'delete':
			return { ref: shortOf(facts.ref), ref_type: isTag(facts) ? 'tag' : 'branch', ...common };
		case 'schedule':
			return common;
		default:
			return action === undefined || typeof action !== 'string' ? common : { action, ...common };
	}
}

/** The ref that GitHub gives an event which happens on this ref: a pull request has one of its own, others are the default branch's. */
export function refOf(event: string, { ref, defaultBranch }: Pick<PayloadFacts, 'ref' | 'defaultBranch'>): string {
	if (event === 'pull_request') return 'refs/pull/1/merge';
	const isOnDefault = ['schedule', 'workflow_run', 'issues', 'issue_comment', 'repository_dispatch'].includes(event);
	return isOnDefault ? `refs/heads/${defaultBranch}` : ref;
}

const none = '0'.repeat(40);

function pushOf({ ref, before, commit, project, origin }: PayloadFacts): Payload {
	const head: Payload = {
		id: commit.sha,
		message: commit.subject,
		timestamp: commit.authoredAt,
		author: person,
		committer: person,
		added: [],
		removed: [],
		modified: [],
		distinct: true,
	};
	const { url } = addressOf(project, origin);
	return {
		ref,
		before: before ?? none,
		after: commit.sha,
		base_ref: null,
		created: before === undefined,
		deleted: false,
		forced: false,
		compare: `${url}/compare/${(before ?? none).slice(0, 12)}...${commit.sha.slice(0, 12)}`,
		commits: [head],
		head_commit: head,
		pusher: person,
	};
}

/** Names of people are not handed to jobs: the repository has them. */
const person: Payload = { name: 'footbridge', email: 'footbridge@localhost', username: 'footbridge' };

function pullRequestOf(facts: PayloadFacts): Payload {
	const repository = repositoryOf(facts);
	const user = { login: 'footbridge', id: 0, type: 'User' };
	const head = shortOf(facts.ref);
	return {
		number: 1,
		state: 'open',
		title: facts.commit.subject,
		body: '',
		draft: false,
		merged: false,
		mergeable: true,
		user,
		labels: [],
		assignees: [],
		requested_reviewers: [],
		author_association: 'OWNER',
		html_url: `${addressOf(facts.project, facts.origin).url}/pull/1`,
		base: {
			ref: facts.defaultBranch,
			label: facts.defaultBranch,
			sha: facts.base ?? facts.commit.sha,
			repo: repository,
		},
		head: { ref: head, label: head, sha: facts.commit.sha, repo: repository, user },
		merge_commit_sha: facts.commit.sha,
	};
}

function releaseOf({ ref, defaultBranch, commit, project, origin }: PayloadFacts): Payload {
	const tag = ref.startsWith('refs/tags/') ? shortOf(ref) : 'v0.0.0';
	const { url } = addressOf(project, origin);
	return {
		id: 1,
		tag_name: tag,
		target_commitish: defaultBranch,
		name: tag,
		body: '',
		draft: false,
		prerelease: false,
		created_at: commit.authoredAt,
		published_at: commit.authoredAt,
		html_url: `${url}/releases/tag/${tag}`,
		assets: [],
	};
}

function mergeGroupOf({ ref, defaultBranch, commit, base }: PayloadFacts): Payload {
	return { head_sha: commit.sha, head_ref: ref, base_sha: base ?? commit.sha, base_ref: `refs/heads/${defaultBranch}` };
}

function repositoryOf({ project, origin, defaultBranch }: PayloadFacts): Payload {
	const { fullName, url } = addressOf(project, origin);
	const [owner = fullName, name = fullName] = fullName.includes('/') ? fullName.split('/') : [fullName, fullName];
	return {
		id: 0,
		name,
		full_name: fullName,
		private: true,
		fork: false,
		owner: { login: owner, name: owner, id: 0, type: 'User' },
		html_url: url,
		clone_url: origin ?? `${url}.git`,
		default_branch: defaultBranch,
		master_branch: defaultBranch,
	};
}

function addressOf(project: string, origin: string | undefined): { readonly fullName: string; readonly url: string } {
	const forge = forgeOf(origin);
	const fullName = forge?.repository ?? project;
	return { fullName, url: `${forge?.server ?? 'https://footbridge.localhost'}/${fullName}` };
}

function isTag({ ref }: PayloadFacts): boolean {
	return ref.startsWith('refs/tags/');
}

function shortOf(ref: string): string {
	return ref.replace(/^refs\/(heads|tags)\//, '');
}
