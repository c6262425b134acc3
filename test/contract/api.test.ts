import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { routeTable } from '#core/access/route-table.ts';
import type { LogLines, ProblemResponse, RunView } from '#core/api.ts';
import type { Event } from '#core/event.ts';
import * as schemas from '#server/schemas.ts';
import { createApi } from '#server/server.ts';
import { seededRecord } from '../e2e/seed.ts';
import { emptyRecord, type Seeded } from '../e2e/seed-record.ts';
import { runningRun } from '../e2e/seed-runs.ts';
import { everybody } from '../everybody.ts';

const host = { host: 'localhost' };
const log = '/api/v1/runs/code-failure/jobs/unit/log';

describe('the API on a record on disk', () => {
	let record: Seeded;
	let api: ReturnType<typeof createApi>;

	before(async () => {
		record = await seededRecord();
		api = createApi(record.engine, { access: everybody(record.engine), hosts: ['ci.example.org'] });
	});
	after(() => record.close());

	const get = (path: string, headers: { readonly [name: string]: string } = {}) =>
		api.request(path, { headers: { ...host, ...headers } });
	const post = (path: string, body: unknown, headers: { readonly [name: string]: string } = {}) =>
		api.request(path, {
			method: 'POST',
			headers: { ...host, 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body),
		});

	const shapes = [
		['/projects', schemas.Project],
		['/runs?limit=200', schemas.RunItem],
		['/runs/code-failure', schemas.RunView],
		['/runs/environment-failure', schemas.RunView],
		['/runs/refused', schemas.RunView],
		[`/runs/${runningRun}`, schemas.RunView],
		['/runs/code-failure/jobs/unit/log', schemas.LogLines],
		['/runs/code-failure/jobs/unit/log/search?q=basket', schemas.LogMatches],
		['/environments', schemas.Environment],
		['/environments/shop/production', schemas.Environment],
		['/deployments', schemas.DeploymentItem],
		['/deployments/d2', schemas.DeploymentView],
		['/incidents', schemas.IncidentItem],
		['/metrics/shop/production', schemas.Metrics],
	] as const;
	for (const [path, schema] of shapes) {
		test(`GET ${path} answers exactly what the OpenAPI document says`, async () => {
			const response = await get(`/api/v1${path}`);
			assert.equal(response.status, 200);
			assert.equal(response.headers.get('cache-control'), 'no-store');
			const body = (await response.json()) as { readonly items?: readonly unknown[] };
			const values = body.items ?? [body];
			assert.ok(values.length > 0);
			for (const value of values) assert.deepEqual(schema.parse(value), value);
		});
	}

	test('the OpenAPI document names every route, and every reference in it leads somewhere', async () => {
		const document = (await (await get('/api/v1/openapi.json')).json()) as {
			readonly openapi: string;
			readonly paths: { readonly [path: string]: object };
			readonly components: { readonly schemas: { readonly [name: string]: unknown } };
		};
		assert.equal(document.openapi, '3.1.0');
		const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
			Object.keys(methods).map((method) => `${method} ${path}`),
		);
		// What is no JSON, or describes the others.
		const others = ['get /openapi.json', 'get /sign-in/callback', 'get /runs/{run}/artifacts/{artifact}/content'];
		const expected = Object.keys(routeTable).map((route) => route.replace(/^[A-Z]+/, (word) => word.toLowerCase()));
		assert.ok(expected.length > 50);
		assert.deepEqual(routes.sort(), expected.filter((route) => !others.includes(route)).sort());
		const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
		for (const [, name = ''] of references) assert.ok(document.components.schemas[name], `${name} is not described`);
	});

	test('lists are paged by a cursor: every run once, newest first', async () => {
		const seen: number[] = [];
		let before = '';
		for (let pages = 0; pages < 10; pages++) {
			const page = (await (await get(`/api/v1/runs?limit=4${before}`)).json()) as {
				items: { seq: number }[];
				next: number | null;
			};
			seen.push(...page.items.map(({ seq }) => seq));
			if (page.next === null) break;
			before = `&before=${page.next}`;
		}
		assert.equal(seen.length, 11);
		assert.deepEqual(
			seen,
			[...new Set(seen)].sort((a, b) => b - a),
		);
	});

	test('runs are filtered by branch, status and project', async () => {
		const names = async (query: string) => {
			const { items } = (await (await get(`/api/v1/runs?${query}`)).json()) as { items: { run: string }[] };
			return items.map(({ run }) => run);
		};
		assert.deepEqual(await names('ref=basket-for-thirty-days'), ['environment-failure']);
		assert.deepEqual(await names('ref=refs/heads/basket-for-thirty-days'), ['environment-failure']);
		assert.deepEqual(await names('status=cancelled,running'), [runningRun, 'cancelled']);
		assert.deepEqual(await names('project=other'), []);
	});

	test('a run comes with the seq it is folded to, so that no later event is folded twice or missed', async () => {
		const run = (await (await get('/api/v1/runs/code-failure')).json()) as RunView;
		assert.equal(run.head, (await record.store.read('run/code-failure')).at(-1)?.seq);
		assert.equal(run.jobs.find(({ key }) => key === 'unit')?.finding?.verdict, 'code');
	});

	test('a log is read from any line on, and an ended one may be kept for good', async () => {
		const response = await get(`${log}?from=700&limit=3&attempt=1`);
		const page = (await response.json()) as LogLines;
		assert.deepEqual(
			page.lines.map(({ number }) => number),
			[700, 701, 702],
		);
		assert.equal(page.ended, true);
		assert.equal(page.total, 1222);
		assert.match(response.headers.get('cache-control') ?? '', /immutable/);
		const end = await get(`${log}?from=1220&limit=500&attempt=1`);
		assert.equal(end.headers.get('cache-control'), 'no-store', 'a block that is not full is not final');
	});

	test('a job key with spaces, brackets and slashes is found in the address', async () => {
		const key = 'build (a/b, 20%)';
		const plan = { workflow: 'x.yml', name: 'x', env: null, jobs: [] };
		const job = { ...(await firstPlannedJob(record)), key, id: 'build', name: key, needs: [] };
		const commit = { sha: 'f'.repeat(40), subject: 'x', authoredAt: new Date(0).toISOString() };
		await record.append('run/odd', {
			...{ kind: 'run-queued', project: 'odd', number: 1, commit, plan: { ...plan, jobs: [job] } },
			trigger: { event: 'push', ref: 'refs/heads/main', sha: commit.sha, payload: {} },
		});
		const writer = record.logs.writer(`odd/${key}.1`);
		writer.write(Date.now(), ['here']);
		await writer.close();
		const page = (await (await get(`/api/v1/runs/odd/jobs/${encodeURIComponent(key)}/log`)).json()) as LogLines;
		assert.deepEqual(
			page.lines.map(({ text }) => text),
			['here'],
		);
	});

	test('who waits for a line of a running job gets it as soon as it is written', async () => {
		const path = `/api/v1/runs/${runningRun}/jobs/${encodeURIComponent('unit (22)')}/log`;
		const { total, ended } = (await (await get(`${path}?limit=0`)).json()) as LogLines;
		assert.equal(ended, false);
		const began = performance.now();
		const waiting = get(`${path}?from=${total + 1}&wait=10`);
		setTimeout(async () => {
			const writer = record.logs.writer(`${runningRun}/unit (22).1`);
			writer.write(Date.now(), ['a new line']);
			await writer.close();
		}, 150);
		const page = (await (await waiting).json()) as LogLines;
		assert.deepEqual(
			page.lines.map(({ number, text }) => [number, text]),
			[[total + 1, 'a new line']],
		);
		assert.ok(performance.now() - began < 3000);
	});

	test('who waits for a line of a job that ends is told that it ended', async () => {
		const path = `/api/v1/runs/${runningRun}/jobs/build/log`;
		const { total } = (await (await get(`${path}?limit=0`)).json()) as LogLines;
		const waiting = get(`${path}?from=${total + 1}&wait=10`);
		setTimeout(() => void record.append(`run/${runningRun}`, finished('build')), 150);
		const page = (await (await waiting).json()) as LogLines;
		assert.equal(page.ended, true);
		assert.deepEqual(page.lines, []);
	});

	test('a search counts all hits, in any case and through colours, and gives as many as asked for', async () => {
		const found = (await (await get(`${log}/search?q=CASE%2011&limit=5`)).json()) as {
			total: number;
			searched: number;
			lines: unknown[];
		};
		assert.deepEqual([found.total, found.lines.length, found.searched], [111, 5, 1222]);
		const coloured = (await (await get(`${log}/search?q=${encodeURIComponent("'paid' !== 'pending'")}`)).json()) as {
			total: number;
		};
		assert.equal(coloured.total, 1);
	});

	const missing = [
		'/runs/nowhere',
		'/runs/nowhere/jobs/unit/log',
		'/runs/code-failure/jobs/nowhere/log',
		'/environments/shop/nowhere',
		'/environments/other/production',
		'/deployments/nowhere',
		'/metrics/shop/nowhere',
		'/nowhere',
	];
	for (const path of missing) {
		test(`GET ${path} is 404 with a problem that says what is not there`, async () => {
			const problem = await problemIn(await get(`/api/v1${path}`), 404);
			assert.match(problem.problems[0]?.what ?? '', /no /);
		});
	}

	test('a request that is not valid is told which part is not', async () => {
		const bad = await problemIn(await get('/api/v1/runs?limit=0'), 400);
		assert.match(bad.problems[0]?.what ?? '', /^limit is not valid/);
		const body = await problemIn(await post('/api/v1/deployments', { project: 'shop' }), 400);
		assert.match(body.problems[0]?.what ?? '', /^environment is not valid/);
		await problemIn(await post('/api/v1/deployments', '{"project":'), 400);
		await problemIn(await post('/api/v1/deployments', ''), 400);
		const large = await problemIn(await post('/api/v1/projects', { path: 'x'.repeat(1_100_000) }), 413);
		assert.equal(large.problems[0]?.code, 'FB6003');
	});

	test('what the engine refuses comes through with all of its problem', async () => {
		const request = { project: 'shop', environment: 'production', at: 'nowhere' };
		const problem = await problemIn(await post('/api/v1/deployments', request), 422);
		assert.deepEqual(problem.problems, [
			{ code: 'FB2003', what: 'nowhere is no commit of shop', why: 'git does not know it', next: 'git log' },
		]);
		assert.equal(problem.type, 'urn:footbridge:problem:FB2003');
		await problemIn(await post('/api/v1/runs', { project: 'other' }), 404);
		await problemIn(await post('/api/v1/projects', { path: 'x' }), 422);
	});

	test('commands reach the engine, with what is left out filled in', async () => {
		assert.equal((await post('/api/v1/runs', { project: 'shop' })).status, 200);
		assert.equal((await post('/api/v1/runs/r1/cancel', {})).status, 200);
		const started = await post('/api/v1/deployments', { project: 'shop', environment: 'staging', at: 'v2' });
		assert.deepEqual(await started.json(), { deployment: 'new' });
		const expected = ['run HEAD', 'cancel r1: cancelled by a person', 'deploy v2 to staging'];
		assert.deepEqual(record.asked.slice(-3), expected);
		const planned = (await (await post('/api/v1/plans', { project: 'shop' })).json()) as { plans: unknown[] };
		assert.equal(planned.plans.length, 1);
	});

	test('a name that is not ours is not answered: DNS rebinding', async () => {
		for (const name of ['evil.example', 'localhost.evil.example', '169.254.169.254', '']) {
			const response = await api.request('/api/v1/runs', { headers: { host: name } });
			assert.equal((await problemIn(response, 421)).problems[0]?.code, 'FB6011');
		}
		for (const name of ['localhost:4455', '127.0.0.1:80', '[::1]:4455', 'LOCALHOST', 'ci.example.org']) {
			assert.equal((await api.request('/api/v1/runs', { headers: { host: name } })).status, 200, name);
		}
	});

	test('a page of another site cannot change anything, and this site and programs can', async () => {
		const request = { project: 'shop' };
		const refused = [
			{ origin: 'https://evil.example' },
			{ origin: 'null' },
			{ origin: 'http://localhost:1234' },
			{ 'sec-fetch-site': 'cross-site' },
			{ 'sec-fetch-site': 'same-site' },
		];
		const before = record.asked.length;
		for (const headers of refused) {
			assert.equal((await problemIn(await post('/api/v1/runs', request, headers), 403)).problems[0]?.code, 'FB6012');
		}
		assert.equal(record.asked.length, before, 'nothing was asked of the engine');
		assert.equal((await post('/api/v1/runs', request, { origin: 'http://localhost' })).status, 200);
		assert.equal((await post('/api/v1/runs', request, { 'sec-fetch-site': 'same-origin' })).status, 200);
	});

	test('a form of another site, which can only send text, is not read as JSON', async () => {
		const response = await post('/api/v1/runs', JSON.stringify({ project: 'shop' }), { 'content-type': 'text/plain' });
		assert.ok(response.status >= 400 && response.status < 500, `status ${response.status}`);
	});

	test('every answer carries the security headers', async () => {
		for (const path of ['/healthz', '/api/v1/runs', '/api/v1/runs/nowhere', '/nowhere']) {
			const { headers } = await get(path);
			assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
			assert.equal(headers.get('x-content-type-options'), 'nosniff');
			assert.equal(headers.get('access-control-allow-origin'), null);
		}
	});
});

describe('the built page', () => {
	let record: Seeded;
	let directory: string;
	let api: ReturnType<typeof createApi>;

	before(async () => {
		record = await emptyRecord();
		directory = mkdtempSync(join(tmpdir(), 'footbridge-web-'));
		mkdirSync(join(directory, 'assets'));
		writeFileSync(join(directory, 'index.html'), '<!doctype html>page');
		writeFileSync(join(directory, 'assets/main-abc.js'), 'run()');
		writeFileSync(join(directory, '../outside.txt'), 'secret');
		api = createApi(record.engine, { access: everybody(record.engine), web: directory });
	});
	after(async () => {
		rmSync(directory, { recursive: true });
		rmSync(join(directory, '../outside.txt'));
		await record.close();
	});
	const get = (path: string) => api.request(path, { headers: host });

	test('assets are kept for good, the page is asked for again, and places within the page get the page', async () => {
		const asset = await get('/assets/main-abc.js');
		assert.equal(asset.headers.get('content-type'), 'text/javascript; charset=utf-8');
		assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
		for (const path of ['/', '/runs', '/environments/shop/v1.2']) {
			const page = await get(path);
			assert.equal(await page.text(), '<!doctype html>page', path);
			assert.equal(page.headers.get('cache-control'), 'no-cache');
		}
	});

	test('a missing asset is 404, not the page', async () => {
		assert.equal((await get('/assets/gone.js')).status, 404);
		assert.equal((await get('/api/v1/nowhere')).status, 404);
		assert.equal((await get('/api/nowhere')).status, 404);
	});

	test('no path leads out of the folder', async () => {
		for (const path of ['/../outside.txt', '/%2e%2e/outside.txt', '/assets/..%2f..%2foutside.txt', '/%00', '/%zz']) {
			const response = await get(path);
			assert.ok(!(await response.text()).includes('secret'), path);
		}
	});
});

async function problemIn(response: Response, status: number): Promise<ProblemResponse> {
	assert.equal(response.status, status);
	assert.equal(response.headers.get('content-type'), 'application/problem+json');
	const problem = (await response.json()) as ProblemResponse;
	assert.deepEqual(schemas.ProblemResponse.parse(problem), problem);
	assert.equal(problem.status, status);
	return problem;
}

async function firstPlannedJob(record: Seeded) {
	const [queued] = await record.store.read(`run/${runningRun}`);
	assert.ok(queued?.event.kind === 'run-queued');
	const [job] = queued.event.plan.jobs;
	assert.ok(job !== undefined);
	return job;
}

const finished = (job: string): Event => ({ kind: 'job-finished', job, attempt: 1, conclusion: 'passed', outputs: {} });
