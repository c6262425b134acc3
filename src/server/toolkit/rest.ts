import type { Context, Hono } from 'hono';
import { documentation, missing, type RestRoute, restBase } from './rest-answers.ts';
import { restArtifacts } from './rest-artifacts.ts';
import { restChecks } from './rest-checks.ts';
import { restRepository } from './rest-repository.ts';
import type { Session } from './sessions.ts';
import { sessionOf, type Toolkit } from './toolkit-context.ts';

/**
 * The part of GitHub's REST API that actions commonly read, answered from this repository and this run. What is not there is answered
 * as GitHub answers what is not there, and the job's log says what was asked for.
 */
export function restRoutes(app: Hono, toolkit: Toolkit): void {
	const route: RestRoute = (method, path, scope, handler) => {
		app.on(method.toUpperCase(), `${restBase}/repos/:owner/:repo${path}`, async (c) => {
			const session = sessionOf(toolkit, c, 'api');
			if (session === undefined) return unauthorized(c);
			const asked = `${c.req.param('owner')}/${c.req.param('repo')}`.toLowerCase();
			if (!namesOf(session).includes(asked)) return missing(c, session);
			const level = session.job.permissions[scope];
			if (level === undefined || (method !== 'get' && level !== 'write')) return forbidden(c, scope);
			return handler(c, session);
		});
	};
	app.get(`${restBase}/rate_limit`, (c) => {
		if (sessionOf(toolkit, c, 'api') === undefined) return unauthorized(c);
		const rate = {
			limit: 1_000_000,
			remaining: 1_000_000,
			used: 0,
			reset: Math.floor(toolkit.clock.now() / 1000) + 3600,
		};
		return c.json({ resources: { core: rate, search: rate, graphql: rate }, rate });
	});
	// A name of a commit may have slashes: what ends with a word of the API comes before.
	restChecks(route, toolkit);
	restArtifacts(route, toolkit);
	restRepository(route, toolkit);
	app.all(`${restBase}/*`, (c) => {
		const session = sessionOf(toolkit, c, 'api');
		return session === undefined ? unauthorized(c) : missing(c, session);
	});
	app.all('/api/graphql', (c) => {
		const session = sessionOf(toolkit, c, 'api');
		return session === undefined ? unauthorized(c) : missing(c, session);
	});
}

/** A project without a forge is asked for with any owner that the variables say: only the name counts. */
function namesOf({ job }: Session): readonly string[] {
	const repository = String(job.github['repository'] ?? '').toLowerCase();
	const [owner = '', name] = repository.split('/');
	return name === undefined
		? [repository, `${owner}/${owner}`, `${owner}/undefined`, `footbridge/${owner}`]
		: [repository];
}

function unauthorized(c: Context): Response {
	return c.json({ message: 'Bad credentials', documentation_url: documentation, status: '401' }, 401);
}

function forbidden(c: Context, scope: string): Response {
	const message = `Resource not accessible by integration: the job has no permission ${scope}`;
	return c.json({ message, documentation_url: documentation, status: '403' }, 403);
}
