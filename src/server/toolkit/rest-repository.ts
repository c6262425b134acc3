import type { Commit } from '#core/event.ts';
import type { Json } from '#core/plan.ts';
import type { RestRoute } from './rest-answers.ts';
import { missing } from './rest-answers.ts';
import type { Session } from './sessions.ts';
import type { Toolkit } from './toolkit-context.ts';

/** The repository, its commits, and the pull request of the run. */
export function restRepository(route: RestRoute, { source }: Toolkit): void {
	const commitAt = async ({ job }: Session, name: string) => {
		const found = await source.find(job.path, name);
		return found.ok ? source.commit(job.path, found.value.sha) : undefined;
	};

	route('get', '', 'metadata', async (c, { job }) => {
		const [owner = '', name = owner] = String(job.github['repository'] ?? '').split('/');
		return c.json({
			id: Number(job.github['repository_id'] ?? 0),
			name,
			full_name: job.github['repository'],
			owner: { login: owner, id: 0, type: 'User' },
			private: true,
			visibility: 'private',
			fork: false,
			archived: false,
			default_branch: job.defaultBranch,
			html_url: `${job.github['server_url']}/${job.github['repository']}`,
			clone_url: job.github['repositoryUrl'],
			description: null,
			permissions: { admin: false, push: job.permissions['contents'] === 'write', pull: true },
		});
	});

	route('get', '/commits/:sha/pulls', 'pull-requests', async (c, session) => {
		const pull = pullOf(session);
		return c.json(pull === undefined ? [] : [pull]);
	});

	route('get', '/commits/:ref{.+}', 'contents', async (c, session) => {
		const commit = await commitAt(session, c.req.param('ref') ?? '');
		return commit === undefined ? missing(c, session) : c.json(commitJson(session, commit));
	});

	route('get', '/branches/:branch{.+}', 'contents', async (c, session) => {
		const name = c.req.param('branch') ?? '';
		const commit = await commitAt(session, `refs/heads/${name}`);
		return commit === undefined
			? missing(c, session)
			: c.json({ name, commit: commitJson(session, commit), protected: false });
	});

	route('get', '/git/ref/:ref{.+}', 'contents', async (c, session) => {
		const ref = `refs/${c.req.param('ref') ?? ''}`;
		const commit = await commitAt(session, ref);
		return commit === undefined ? missing(c, session) : c.json({ ref, object: { type: 'commit', sha: commit.sha } });
	});

	route('get', '/compare/:range{.+}', 'contents', async (c, session) => {
		const [base, head] = (c.req.param('range') ?? '').split(/\.{2,3}/);
		const [from, to] = [await commitAt(session, base ?? ''), await commitAt(session, head ?? '')];
		if (from === undefined || to === undefined) return missing(c, session);
		const { path } = session.job;
		const commits = await source.commits(path, from.sha, to.sha, 250);
		const files = await source.changed(path, from.sha, to.sha);
		return c.json({
			status: from.sha === to.sha ? 'identical' : 'ahead',
			ahead_by: commits.length,
			behind_by: 0,
			total_commits: commits.length,
			base_commit: commitJson(session, from),
			commits: commits.toReversed().map((commit) => commitJson(session, commit)),
			files: files.slice(0, 300).map((filename) => ({ filename, status: 'modified' })),
		});
	});

	route('get', '/pulls/:number', 'pull-requests', async (c, session) => {
		const pull = pullOf(session);
		return pull !== undefined && String(pull['number']) === c.req.param('number') ? c.json(pull) : missing(c, session);
	});

	route('get', '/pulls/:number/files', 'pull-requests', async (c, session) => {
		const pull = pullOf(session);
		const base = shaOf(pull?.['base']);
		if (pull === undefined || base === undefined || String(pull['number']) !== c.req.param('number'))
			return missing(c, session);
		const { path, trigger } = session.job;
		const files = await source.changed(path, base, trigger.sha).catch(() => undefined);
		if (files === undefined) return missing(c, session);
		const page = Math.max(1, Number(c.req.query('page') ?? 1) || 1);
		const size = Math.min(100, Number(c.req.query('per_page') ?? 30) || 30);
		return c.json(files.slice((page - 1) * size, page * size).map((filename) => ({ filename, status: 'modified' })));
	});
}

type JsonObject = { readonly [name: string]: Json };

/** The pull request that the run is about, as its event tells it. */
function pullOf({ job }: Session): JsonObject | undefined {
	return objectOf(objectOf(job.trigger.payload)?.['pull_request']);
}

function shaOf(side: Json | undefined): string | undefined {
	const sha = objectOf(side)?.['sha'];
	return typeof sha === 'string' ? sha : undefined;
}

function objectOf(value: Json | undefined): JsonObject | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The log of Footbridge names nobody, and so does this. */
function commitJson({ job }: Session, { sha, subject, authoredAt }: Commit) {
	const person = { name: '', email: '', date: authoredAt };
	return {
		sha,
		html_url: `${job.github['server_url']}/${job.github['repository']}/commit/${sha}`,
		commit: { message: subject, author: person, committer: person },
		author: null,
		committer: null,
		parents: [],
		files: [],
	};
}
