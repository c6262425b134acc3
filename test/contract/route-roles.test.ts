import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { OpenAPIHono } from '@hono/zod-openapi';
import { routeTable } from '#core/access/route-table.ts';
import { authorise } from '#server/authorise.ts';
import { onError } from '#server/problems.ts';
import { type AccessWorld, accessWorld, codeOf, type Headers, localKey } from '../access-world.ts';

/** AUT-01: every route, asked by everybody. Bodies and places are such that the project `shop` is meant. */
const places: { readonly [name: string]: string } = {
	...{ run: 'code-failure', job: 'unit', artifact: '1', deployment: 'd2', project: 'shop', environment: 'production' },
	...{ token: 't-none', code: 'BCDF-GHJK', person: 'nobody' },
};
const bodies: { readonly [route: string]: unknown } = {
	'POST /projects': { path: 'nowhere' },
	'POST /plans': { project: 'shop' },
	'POST /runs': { project: 'shop' },
	'POST /deployments': { project: 'shop', environment: 'production' },
	'POST /secrets': { project: 'shop', name: 'A', value: 'b' },
	'POST /secrets/remove': { project: 'shop', name: 'NONE' },
	'POST /variables': { project: 'shop', name: 'A', value: 'b' },
	'POST /variables/remove': { project: 'shop', name: 'NONE' },
	'POST /members': { project: 'shop', person: 'nobody', role: 'viewer' },
	'POST /people': { name: '' },
	'POST /links': { purpose: 'sign-in' },
	'POST /providers': { provider: 'x', issuer: 'nonsense', clientId: 'x' },
	'POST /providers/remove': { provider: 'none' },
	'POST /tokens': { name: 'x', scopes: ['read'] },
	'POST /password': { old: 'wrong', password: '' },
	'POST /sessions/end': { session: 'none' },
	'POST /devices/{code}/answer': { isGranted: false },
	'POST /sign-out': {},
};
const queries: { readonly [route: string]: string } = {
	...{ 'GET /secrets': '?project=shop', 'GET /variables': '?project=shop', 'GET /members': '?project=shop' },
	...{ 'GET /audit': '?project=shop', 'GET /audit/export': '?project=shop', 'GET /runs': '?project=shop' },
	...{ 'GET /deployments': '?project=shop', 'GET /incidents': '?project=shop', 'GET /environments': '?project=shop' },
	'GET /runs/{run}/jobs/{job}/log/search': '?q=basket',
};
/** Not asked here: they answer for ever, or need another server. */
const elsewhere: readonly string[] = ['GET /events', 'GET /sign-in/callback'];

/** Who asks, and the least role of the table that lets them in: the oracle, written by hand. */
const least: { readonly [permission: string]: number } = { read: 1, run: 2, deploy: 3, configure: 4 };
const askers = ['nobody', 'stranger', 'viewer', 'developer', 'deployer', 'admin', 'server admin', 'owner'] as const;
type Asker = (typeof askers)[number];
const rank: { readonly [asker in Asker]: number } = {
	...{ nobody: -1, stranger: 0, viewer: 1, developer: 2, deployer: 3, admin: 4, 'server admin': 5, owner: 5 },
};

function mayAsk(route: string, rule: string, asker: Asker): boolean {
	if (rule === 'anybody') return true;
	if (rule === 'signed-in' || rule === 'in person') return asker !== 'nobody';
	// Answered to all, each with their own.
	if (route === 'GET /projects') return asker !== 'nobody';
	const [permission = '', place] = rule.split(' of ');
	return rank[asker] >= (place === 'server' ? 5 : (least[permission] ?? 9));
}

describe('every route, asked by everybody', () => {
	let world: AccessWorld;
	const headers = new Map<Asker, Headers>();

	before(async () => {
		world = await accessWorld();
		await world.record.append('project/other', {
			kind: 'project-added',
			project: 'other',
			path: '/o',
			defaultBranch: 'main',
		});
		headers.set('nobody', {});
		headers.set('owner', { authorization: `Bearer ${localKey}` });
		await world.person('stranger', 'admin', 'other');
		for (const role of ['viewer', 'developer', 'deployer', 'admin'] as const) await world.person(role, role, 'shop');
		await world.person('root', 'admin');
		for (const asker of askers)
			if (!headers.has(asker)) headers.set(asker, await world.signIn(asker === 'server admin' ? 'root' : asker));
	});
	after(() => world[Symbol.asyncDispose]());

	const ask = async (route: string, own: Headers): Promise<Response> => {
		const [method, pattern = ''] = route.split(' ');
		const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => places[name] ?? name) + (queries[route] ?? '');
		return method === 'GET' ? world.get(path, own) : world.post(path, bodies[route] ?? {}, own);
	};
	/** Whether an answer says no to who asks: 401, 403, or 404 for who may not know. */
	const isDenied = async (route: string, answer: Response): Promise<boolean> => {
		if (answer.status === 401 || answer.status === 403) return true;
		if (answer.status !== 404) return false;
		const text = await answer.text();
		return /there is no (project shop|run code-failure|deployment d2)"/.test(text) && routeTable[route] !== 'anybody';
	};

	test('the table has every route of the server, and no other', () => {
		const routes = world.api.routes
			.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
			.map(({ method, path }) => `${method} ${path.replace('/api/v1', '').replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`);
		assert.deepEqual([...new Set(routes)].sort(), Object.keys(routeTable).sort());
		const outside = world.api.routes.filter(({ path }) => !path.startsWith('/api/')).map(({ path }) => path);
		assert.deepEqual([...new Set(outside)].sort(), ['/*', '/healthz'], 'what is open to everybody beside it');
	});

	test('a route that is in no table is closed to the owner, too', async () => {
		const app = new OpenAPIHono().onError(onError);
		const unknown = { run: async () => undefined, deployment: async () => undefined };
		app.use('/api/v1/*', authorise(world.access, unknown));
		app.get('/api/v1/forgotten', (c) => c.text('let in'));
		app.get('/api/v1/projects', (c) => c.text('let in'));
		const own = { host: 'localhost', authorization: `Bearer ${localKey}` };
		const forgotten = await app.request('/api/v1/forgotten', { headers: own });
		assert.equal(forgotten.status, 403);
		assert.equal(await codeOf(forgotten), 'FB6046');
		assert.equal(await (await app.request('/api/v1/projects', { headers: own })).text(), 'let in', 'control');
	});

	for (const [route, rule] of Object.entries(routeTable).filter(([route]) => !elsewhere.includes(route))) {
		test(`${route}: ${rule}`, async () => {
			for (const asker of askers) {
				// One that ends its session would end the test for all that come after.
				const own =
					route === 'POST /sign-out' && rank[asker] >= 0 && asker !== 'owner'
						? await world.signIn(asker === 'server admin' ? 'root' : asker)
						: (headers.get(asker) ?? {});
				if (route === 'POST /password' && asker !== 'nobody') continue;
				const answer = await ask(route, own);
				if (rule === 'anybody' && answer.status === 401 && route.startsWith('POST /s')) continue;
				const denied = await isDenied(route, answer);
				assert.equal(denied, !mayAsk(route, rule, asker), `${asker}: ${answer.status}`);
				assert.ok(answer.status < 500, `${asker}: ${answer.status}`);
			}
		});
	}

	test('a disabled account and an ended token are nobody, at once', async () => {
		const person = await world.person('gone', 'admin');
		const [browser, program] = [await world.signIn('gone'), await world.token(person)];
		assert.equal((await world.get('/people', browser)).status, 200);
		assert.equal((await world.get('/people', program)).status, 200);
		await world.access.people.setDisabled('local', person, true);
		assert.equal((await world.get('/people', browser)).status, 401);
		assert.equal((await world.get('/people', program)).status, 401);
	});

	test('docs/access.md has this table', () => {
		const docs = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
		const rows = [...docs.matchAll(/^\| `((?:GET|POST) [^`]+)` \| ([^|]+) \|$/gm)].map(([, route, rule]) => [
			route,
			rule?.trim(),
		]);
		assert.deepEqual(Object.fromEntries(rows), routeTable);
	});
});
