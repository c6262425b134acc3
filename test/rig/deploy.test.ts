import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startTestEnvironment, sweepTestEnvironments } from '#engine/test-environments.ts';
import { readDeployment } from '#engine/version.ts';
import { needs } from '../needs.ts';
import { random } from '../simulation/random.ts';
import { deployFolder, deployWorld, load } from './deploy-world.ts';

test('a version is live when its health and its traffic were checked, and the next one takes over without a dropped request', {
	timeout: 120_000,
}, async () => {
	await using world = await deployWorld();
	assert.equal(await world.deploy(world.commit('one')), 'live');
	const url = await world.url();
	assert.equal(await (await fetch(url)).text(), 'one');

	const users = load(url, 8);
	await world.ports.clock.sleep(200);
	assert.equal(await world.deploy(world.commit('two')), 'live');
	await world.ports.clock.sleep(200);
	const seen = await users.stop();
	assert.deepEqual(seen.failed, []);
	assert.deepEqual(seen.versions, ['one', 'two']);
	assert.equal(await world.url(), url, 'users reach it where they did');

	const [two, one] = await world.store.deployments({ limit: 10 });
	assert.deepEqual([two?.status, one?.status], ['live', 'superseded']);
	const before = await readDeployment(world.ports, one?.deployment ?? '');
	for (const instance of Object.values(before?.instances ?? {}))
		assert.equal(await world.ports.environments.isAlive(instance), false, 'the old version is stopped');
});

test('a version that never gets healthy is rolled back with its reason, and the old one never stops serving', {
	timeout: 120_000,
}, async () => {
	await using world = await deployWorld();
	assert.equal(await world.deploy(world.commit('good')), 'live');
	const users = load(await world.url(), 4);
	assert.equal(await world.deploy(world.commit('bad', false)), 'rolled-back');
	const seen = await users.stop();
	assert.deepEqual(seen.failed, []);
	assert.deepEqual(seen.versions, ['good']);
	const [bad] = await world.store.deployments({ limit: 1 });
	const deployment = await readDeployment(world.ports, bad?.deployment ?? '');
	assert.equal(deployment?.exposed, false);
	assert.match(deployment?.reason?.what ?? '', /web did not get healthy/);
	assert.match(deployment?.reason?.why ?? '', /HTTP 500/);
	assert.match(deployment?.reason?.why ?? '', /listening, version bad/, 'the reason has the last lines of its log');
});

test('the first version that fails leaves nothing behind and says that nothing serves', {
	timeout: 60_000,
}, async () => {
	await using world = await deployWorld();
	assert.equal(await world.deploy(world.commit('bad', false)), 'failed');
	assert.deepEqual(await world.traffic.observe(), []);
});

test('a service that dies is started again, and the version keeps its traffic', { timeout: 60_000 }, async () => {
	await using world = await deployWorld();
	await world.deploy(world.commit('one'));
	const [row] = await world.store.deployments({ limit: 1 });
	const before = await readDeployment(world.ports, row?.deployment ?? '');
	const instance = Object.values(before?.instances ?? {})[0];
	assert.ok(instance !== undefined);
	process.kill(instance.pid, 'SIGKILL');
	const url = await world.url();
	for (;;) {
		const answer = await fetch(url).then(
			(response) => response.text(),
			() => '',
		);
		if (answer === 'one') break;
		await world.ports.clock.sleep(100);
	}
});

test('killed in the middle of a deployment, Footbridge brings it to its end, and users notice nothing', {
	timeout: 240_000,
}, async () => {
	const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1_000_000);
	const dice = random(seed);
	const folder = deployFolder();
	const first = await deployWorld(folder);
	assert.equal(await first.deploy(first.commit('v0')), 'live');
	const users = load(await first.url(), 4);
	let commit = first.commit('v1');
	await first.leave();
	const kills = Number(process.env['FOOTBRIDGE_KILLS'] ?? 4);
	for (let version = 1; version <= kills; version += 1) {
		const name = `seed ${seed}, kill ${version}`;
		await killedDeploying(folder, commit, 30 + dice.below(1400));
		const world = await deployWorld(folder);
		const deployments = await world.store.deployments({ limit: 100 });
		for (const { deployment } of deployments) await world.over(deployment);
		const live = await world.store.deployments({ status: ['live'], limit: 10 });
		assert.deepEqual(
			live.map(({ sha }) => sha),
			[commit],
			name,
		);
		assert.equal(await (await fetch(await world.url())).text(), `v${version}`, name);
		for (const { deployment: id, status } of await world.store.deployments({ limit: 100 })) {
			const { instances = {} } = (await readDeployment(world.ports, id)) ?? {};
			for (const instance of Object.values(instances))
				assert.equal(
					await world.ports.environments.isAlive(instance),
					status === 'live',
					`${name}: ${id} is ${status}`,
				);
		}
		commit = world.commit(`v${version + 1}`);
		if (version < kills) await world.leave();
		else {
			const seen = await users.stop();
			await world[Symbol.asyncDispose]();
			assert.deepEqual(seen.failed, [], name);
			assert.ok(seen.requests > 500, `${seen.requests} requests`);
		}
	}
});

/** A Footbridge of its own process deploys a commit, and is killed some time after it took the request. */
async function killedDeploying(folder: string, sha: string, afterMs: number): Promise<void> {
	const child = spawn(
		process.execPath,
		['--disable-warning=ExperimentalWarning', `${import.meta.dirname}/deploy-child.ts`, folder, sha],
		{
			stdio: ['ignore', 'pipe', 'inherit'],
		},
	);
	await once(child.stdout, 'data');
	await new Promise((resolve) => setTimeout(resolve, afterMs));
	child.kill('SIGKILL');
	await once(child, 'exit');
}

test('a test environment is healthy, knows its services by name, and leaves nothing behind', {
	timeout: 60_000,
}, async () => {
	await using world = await deployWorld();
	const sha = world.commit('good', true, twoServices);
	const request = { project: 'shop', repositoryPath: world.repository, sha, environment: world.environment };
	const start = (id: string) =>
		startTestEnvironment(world.ports, { ...request, id, signal: new AbortController().signal });
	const started = await start('job-1');
	assert.ok(started.ok, JSON.stringify(started));
	const { env, stop } = started.value;
	assert.equal(await (await fetch(`${env['WEB_URL']}`)).text(), 'good');
	assert.equal(env['FOOTBRIDGE_ENVIRONMENT_URL'], env['WEB_URL']);
	assert.equal(await (await fetch(`${env['WEB_URL']}/env`)).text(), `http://127.0.0.1:${env['STORE_PORT']}`);
	await stop();
	for (const name of ['WEB_URL', 'STORE_URL']) await assert.rejects(fetch(`${env[name]}`), name);

	const lost = await start('job-2');
	assert.ok(lost.ok);
	await sweepTestEnvironments(world.ports);
	await assert.rejects(fetch(`${lost.value.env['WEB_URL']}`), 'what a killed Footbridge left is ended');

	const sick = await startTestEnvironment(world.ports, {
		...request,
		...{ id: 'job-3', sha: world.commit('bad', false, twoServices), signal: new AbortController().signal },
	});
	assert.ok(!sick.ok);
	assert.match(sick.error[0]?.what ?? '', /service store of the test environment did not get healthy/);
	assert.match(sick.error[0]?.why ?? '', /HTTP 500[\s\S]*listening, version bad/);
});

test('what a service needs is up before it, and is where it was when it comes back', { timeout: 60_000 }, async () => {
	await using world = await deployWorld();
	assert.equal(await world.deploy(world.commit('one', true, twoServices)), 'live');
	const [row] = await world.store.deployments({ limit: 1 });
	const deployment = await readDeployment(world.ports, row?.deployment ?? '');
	const order = deployment?.timeline.map(({ what }) => what.split(',')[0] ?? '') ?? [];
	assert.ok(order.indexOf('store started') < order.indexOf('web started'));
	assert.ok(order.findIndex((what) => what.startsWith('store is healthy')) < order.indexOf('web started'));
	assert.ok(
		order.some((what) => /restart of service store has no effect/.test(what)),
		'what has no effect is told',
	);
	const url = await world.url();
	const store = await (await fetch(`${url}/env`)).text();
	process.kill(deployment?.instances['store']?.pid ?? 0, 'SIGKILL');
	await assert.rejects(fetch(store));
	for (;;) {
		if (
			await fetch(store).then(
				(answer) => answer.ok,
				() => false,
			)
		)
			break;
		await world.ports.clock.sleep(100);
	}
	assert.equal(await (await fetch(`${url}/env`)).text(), store);
});

test('a service that ends after it was healthy gets no traffic', { timeout: 60_000 }, async () => {
	await using world = await deployWorld();
	assert.equal(await world.deploy(world.commit('one')), 'live');
	const brief = 'services:\n  web: { command: [sh, -c, "echo hello; sleep 0.3; echo bye; exit 3"] }\n';
	assert.equal(await world.deploy(world.commit('brief', true, brief)), 'rolled-back');
	const [row] = await world.store.deployments({ limit: 1 });
	const why = (await readDeployment(world.ports, row?.deployment ?? ''))?.reason?.why ?? '';
	assert.match(why, /it ended before it was healthy; the last it wrote:\nhello\nbye/);
	assert.equal(await (await fetch(await world.url())).text(), 'one');
});

const check = `["CMD-SHELL", "node -e \\"fetch('http://127.0.0.1:'+process.env.PORT+'/healthz').then(r=>{if(!r.ok){console.error('HTTP '+r.status);process.exit(1)}},e=>{console.error(e.message);process.exit(1)})\\""]`;
const twoServices = `
services:
  web:
    command: [node, server.cjs]
    ports: ["3000"]
    stop_grace_period: 2s
    depends_on: { store: { condition: service_healthy } }
  store:
    command: [node, server.cjs]
    ports: ["3000"]
    restart: always
    stop_grace_period: 2s
    healthcheck: { test: ${check}, interval: 500ms, retries: 6 }
`;

test('a version whose folders lie below /srv starts as any other', {
	timeout: 60_000,
	...needs('root', 'linux'),
}, async () => {
	await using world = await deployWorld(deployFolder('/srv'));
	assert.equal(await world.deploy(world.commit('one')), 'live');
});
