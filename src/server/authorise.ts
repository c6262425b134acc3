import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { may, type Permission, seenProjects } from '#core/access/access.ts';
import { type AccessPlace, type RouteAccess, routeTable } from '#core/access/route-table.ts';
import type { Access } from './access/access.ts';
import type { KnownCaller } from './access/callers.ts';
import { notAllowed, notSignedIn } from './access/refusal.ts';
import { sessionCookie } from './cookie.ts';
import { isCrossSite, isReadOnly } from './guard.ts';
import { badRequest, found } from './problems.ts';
import { visitorOf } from './visitor.ts';

declare module 'hono' {
	interface ContextVariableMap {
		/** Who sends the request; absent: nobody knows. */
		readonly caller: KnownCaller | undefined;
	}
}

/** In which project a run or a deployment is. */
export interface ProjectOf {
	run(id: string): Promise<string | undefined>;
	deployment(id: string): Promise<string | undefined>;
}

/**
 * Lets a request through when the table says that its sender may call the route that answers it. It asks the router which one that
 * is: there is no second reading of the address that could come to another end. What is not in the table is closed.
 */
export function authorise(access: Access, projectOf: ProjectOf): MiddlewareHandler {
	return async (c, next) => {
		const route = routeOf(c);
		if (route === undefined) return next();
		const rule = Object.hasOwn(routeTable, route.name) ? routeTable[route.name] : undefined;
		if (rule === undefined) return notAllowed({ code: 'FB6046', what: 'this address is closed', where: route.name });
		refuseTokenInAddress(c);
		const asking = askingOf(c, access);
		// Who signs in anew has nothing to prove of the session before.
		const caller = await access.callerOf(rule === 'anybody' ? { ...asking, isChange: false } : asking);
		c.set('caller', caller);
		if (rule !== 'anybody') {
			if (caller === undefined) return notSignedIn(signInFirst);
			await check(c, { rule, caller, projectOf, named: route.named });
		}
		return next();
	};
}

/** The caller of a route that is not for anybody. */
export function callerIn(c: Context): KnownCaller {
	return c.var.caller ?? notSignedIn(signInFirst);
}

/** A filter of lists: the projects that the caller may see; nothing when that is all. */
export function seen(c: Context): { readonly projects?: readonly string[] } {
	const projects = seenProjects(callerIn(c));
	return projects === undefined ? {} : { projects };
}

/** What the router found. */
interface Route {
	/** As the table has it: `GET /runs/{run}`. */
	readonly name: string;
	/** The parts of the address that have names, as the handler will get them. */
	readonly named: Named;
}
type Named = { readonly [name: string]: string | undefined };

function routeOf(c: Context): Route | undefined {
	const matched = matchedRoutes(c);
	const index = matched.findLastIndex(({ method }) => method !== 'ALL');
	const handler = matched[index];
	if (handler === undefined) return undefined;
	const path = handler.path.replace(/^\/api\/v1/, '').replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}');
	const own = c.req.routeIndex;
	c.req.routeIndex = index;
	const named = c.req.param();
	c.req.routeIndex = own;
	return { name: `${handler.method} ${path}`, named };
}

function askingOf(c: Context, { url }: Access) {
	const isForeign = isCrossSite(c) && !isNavigation(c);
	return {
		authorization: c.req.header('authorization'),
		cookie: isForeign ? undefined : sessionCookie(c, url),
		proof: c.req.header('x-footbridge-proof'),
		isChange: !isReadOnly(c.req.method),
		address: visitorOf(c, url !== undefined).address,
	};
}

/** A link on another page that a person follows: what it brings is shown to that person alone. */
function isNavigation(c: Context): boolean {
	return c.req.header('sec-fetch-mode') === 'navigate' && isReadOnly(c.req.method);
}

/** An address is kept in histories and logs, and told to others as the referrer. */
function refuseTokenInAddress(c: Context): void {
	for (const name of ['access_token', 'token', 'api_key', 'private_token'])
		if (c.req.query(name) !== undefined) notSignedIn(tokenInAddress);
}

interface Asked {
	readonly rule: Exclude<RouteAccess, 'anybody'>;
	readonly caller: KnownCaller;
	readonly projectOf: ProjectOf;
	readonly named: Named;
}

async function check(c: Context, asked: Asked): Promise<void> {
	const { rule, caller } = asked;
	if (rule === 'signed-in') return;
	if (rule === 'in person') {
		if (caller.way === 'token') notAllowed(notByToken);
		return;
	}
	const [permission, place] = rule.split(' of ') as [Permission, AccessPlace];
	const { project, what } = await placeOf(c, place, asked);
	// What is listed without a project is only what the caller may see.
	if (place === 'listed' && project === undefined) return;
	if (may(caller, permission, project)) return;
	// Whoever may not look is not told that there is anything.
	if (project !== undefined || what !== undefined) found(may(caller, 'read', project) || undefined, what ?? '');
	notAllowed(notEnough(permission, project));
}

interface Place {
	/** Undefined: the server itself; or there is no such thing, which only those may learn who see all. */
	readonly project: string | undefined;
	/** What is said to who may not know of it. */
	readonly what?: string;
}

async function placeOf(c: Context, place: AccessPlace, { projectOf, named }: Asked): Promise<Place> {
	const inProject = (project: string | undefined): Place =>
		project === undefined ? { project } : { project, what: `there is no project ${project}` };
	switch (place) {
		case 'server':
			return { project: undefined };
		case 'listed':
			return inProject(c.req.query('project'));
		case 'project':
			return inProject(named['project']);
		case 'settings':
			return inProject(isReadOnly(c.req.method) ? c.req.query('project') : await projectInBody(c));
		case 'body':
			return inProject((await projectInBody(c)) ?? badRequest('project is missing'));
		case 'run': {
			const run = named['run'] ?? '';
			return { project: await projectOf.run(run), what: `there is no run ${run}` };
		}
		case 'deployment': {
			const deployment = named['deployment'] ?? '';
			return { project: await projectOf.deployment(deployment), what: `there is no deployment ${deployment}` };
		}
	}
}

/** Read as the handler will read it: the same text, parsed once. */
async function projectInBody(c: Context): Promise<string | undefined> {
	const body: unknown = await c.req.json().catch(() => badRequest('the body is no JSON'));
	const project = typeof body === 'object' && body !== null && 'project' in body ? body.project : undefined;
	return project === undefined || typeof project === 'string' ? project : badRequest('project is no text');
}

const signInFirst = {
	code: 'FB6040',
	what: 'nobody is signed in',
	next: 'open the link of `footbridge link`; a program sends a token: footbridge token create',
};

const tokenInAddress = {
	code: 'FB6048',
	what: 'a token in an address is not taken',
	why: 'addresses are kept in histories and logs: whoever reads one could use it. Revoke the token',
	next: 'send it in a header: Authorization: Bearer fb_...',
};

const notByToken = {
	code: 'FB6047',
	what: 'a token cannot do this',
	why: 'it is for the person alone',
	next: 'sign in on the page',
};

function notEnough(permission: Permission, project: string | undefined) {
	return {
		code: 'FB6041',
		what: `you may not do that ${project === undefined ? 'on this server' : `in ${project}`}`,
		why: `it takes the permission ${permission}`,
		next: 'ask an admin for the role; a token must have the scope besides',
	};
}
