import type { Context } from 'hono';
import type { Session } from './sessions.ts';

/** Path below the origin that stands for `https://api.github.com`. */
export const restBase = '/api/v3';

type RestHandler = (c: Context, session: Session) => Promise<Response>;
/** Adds a route of a repository: `path` begins after `/repos/:owner/:repo`. */
export type RestRoute = (
	method: 'get' | 'post' | 'patch' | 'delete',
	path: string,
	scope: string,
	handler: RestHandler,
) => void;

export const documentation = 'https://docs.github.com/rest';

/** GitHub's answer to what is not there; the job's log says what it was. */
export function missing(c: Context, { job }: Session): Response {
	const path = c.req.path.replace(restBase, '');
	job.say(
		`Note: ${c.req.method} ${path.slice(0, 300)} was asked of GitHub's API: Footbridge has no answer, and said 404`,
	);
	return c.json({ message: 'Not Found', documentation_url: documentation, status: '404' }, 404);
}

/** GitHub's answer to a body that it does not take. */
export function invalid(c: Context, message: string): Response {
	return c.json({ message: `Validation Failed: ${message}`, documentation_url: documentation, status: '422' }, 422);
}
