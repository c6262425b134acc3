import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeployment } from '#engine/rollout-actions.ts';
import { deployWorld, load } from './deploy-world.ts';

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
