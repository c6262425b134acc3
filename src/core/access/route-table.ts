import type { Permission } from './access.ts';

/**
 * Where a permission is needed:
 * - `server`: everywhere;
 * - `project`, `run`, `deployment`: in the project of what the address names;
 * - `body`: in the project that the request names;
 * - `listed`: in the project that is asked for; without one, what is listed is what the caller may see;
 * - `settings`: in the project that is asked for; without one, everywhere.
 */
export type AccessPlace = 'server' | 'project' | 'run' | 'deployment' | 'body' | 'listed' | 'settings';

/** Who may call a route: anybody; who is signed in, about themselves; the same, and not by a token; or who has a permission somewhere. */
export type RouteAccess = 'anybody' | 'signed-in' | 'in person' | `${Permission} of ${AccessPlace}`;

/** Every route of `/api/v1` with who may call it. A route that is not in here is closed to all. */
export const routeTable: { readonly [route: string]: RouteAccess } = {
	'GET /openapi.json': 'anybody',

	'GET /session': 'anybody',
	'POST /sign-in': 'anybody',
	'POST /sign-in/link': 'anybody',
	'POST /sign-in/invite': 'anybody',
	'POST /sign-in/provider': 'anybody',
	'GET /sign-in/callback': 'anybody',
	'POST /set-up': 'anybody',
	'POST /devices': 'anybody',
	'POST /devices/token': 'anybody',

	'POST /sign-out': 'in person',
	'POST /password': 'in person',
	'GET /sessions': 'in person',
	'POST /sessions/end': 'in person',
	'GET /tokens': 'signed-in',
	'POST /tokens': 'signed-in',
	'POST /tokens/{token}/revoke': 'signed-in',
	'GET /devices/{code}': 'in person',
	'POST /devices/{code}/answer': 'in person',
	'GET /events': 'signed-in',

	'GET /projects': 'read of listed',
	'POST /projects': 'configure of server',

	'GET /runs': 'read of listed',
	'GET /runs/{run}': 'read of run',
	'GET /runs/{run}/jobs/{job}/log': 'read of run',
	'GET /runs/{run}/jobs/{job}/log/search': 'read of run',
	'GET /runs/{run}/artifacts': 'read of run',
	'GET /runs/{run}/artifacts/{artifact}/files': 'read of run',
	'GET /runs/{run}/artifacts/{artifact}/content': 'read of run',
	'POST /plans': 'run of body',
	'POST /runs': 'run of body',
	'POST /runs/{run}/cancel': 'run of run',
	'POST /runs/{run}/rerun': 'run of run',

	'GET /environments': 'read of listed',
	'GET /environments/{project}/{environment}': 'read of project',
	'GET /metrics/{project}/{environment}': 'read of project',
	'GET /incidents': 'read of listed',
	'GET /deployments': 'read of listed',
	'GET /deployments/{deployment}': 'read of deployment',
	'POST /deployments': 'deploy of body',

	'GET /secrets': 'configure of settings',
	'POST /secrets': 'configure of settings',
	'POST /secrets/remove': 'configure of settings',
	'POST /secrets/rotate': 'configure of server',
	'GET /variables': 'configure of settings',
	'POST /variables': 'configure of settings',
	'POST /variables/remove': 'configure of settings',

	'GET /members': 'configure of settings',
	'POST /members': 'configure of settings',
	'GET /people': 'configure of server',
	'POST /people': 'configure of server',
	'POST /people/{person}/disable': 'configure of server',
	'POST /people/{person}/enable': 'configure of server',
	'POST /people/{person}/erase': 'configure of server',
	'POST /people/{person}/invite': 'configure of server',
	'POST /links': 'configure of server',
	'GET /providers': 'configure of server',
	'POST /providers': 'configure of server',
	'POST /providers/remove': 'configure of server',
	'GET /audit': 'configure of settings',
	'GET /audit/export': 'configure of settings',
};
