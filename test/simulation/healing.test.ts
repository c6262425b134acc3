import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#core/compose/application.ts';
import type { Event } from '#core/event.ts';
import { fakeEnvironments, fakeTraffic } from '#edge/environment/fake.ts';
import { memoryStore } from '#edge/store/memory.ts';
import type { Ports } from '#engine/ports.ts';
import { type ServiceHealer, serviceHealer } from '#engine/service-healer.ts';
import { readDeployment } from '#engine/version.ts';
import { type Random, random } from './random.ts';

const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1_000_000);

test(`a live version gets its services, their ways to each other and its traffic back, whatever ends (seed ${seed})`, async () => {
	for (let history = 0; history < 300; history += 1) {
		const dice = random(seed * 1009 + history);
		const name = `seed ${seed}, history ${history}`;
		const world = await liveWorld(dice);
		for (let turn = 0; turn < 5; turn += 1) {
			for (const pid of [...world.environments.running]) if (dice.chance(0.5)) world.environments.kill(pid);
			if (dice.chance(0.2)) world.traffic.routes.clear();
			// Footbridge may have been started again meanwhile.
			const healer = dice.chance(0.3) ? serviceHealer(world.ports) : world.healer;
			for (let look = 0; look < 60 && !(await world.isWhole()); look += 1) {
				await healer.heal('d1').catch((error: Error) => assert.match(error.message, /cannot be started/, name));
				world.pass(2000);
			}
			assert.ok(await world.isWhole(), name);
			world.pass(200_000);
		}
	}
});

test('a service that ends again and again is started less and less often', async () => {
	const world = await liveWorld(random(1));
	let starts = 0;
	world.environments.onStart = () => {
		starts += 1;
	};
	for (let second = 0; second < 3600; second += 2) {
		for (const pid of [...world.environments.running]) world.environments.kill(pid);
		await world.healer.heal('d1');
		world.pass(2000);
	}
	const services = (await readDeployment(world.ports, 'd1'))?.application.services.length ?? 0;
	assert.ok(starts >= 15 && starts <= services * 25, `${starts} starts of ${services} services in an hour`);
	world.environments.onStart = () => {};
	world.pass(1_000_000);
	await world.healer.heal('d1');
	world.pass(400_000);
	for (const pid of [...world.environments.running]) world.environments.kill(pid);
	await world.healer.heal('d1');
	assert.ok(world.environments.running.size > 0, 'one that lasted is started at once');
});

async function liveWorld(dice: Random) {
	const store = memoryStore({ now: () => 0 });
	const environments = fakeEnvironments();
	const traffic = fakeTraffic();
	let now = 0;
	const ports = {
		...{ store, environments, traffic },
		clock: { now: () => now, monotonic: () => now, sleep: async () => {} },
		places: { environments: '/e' },
	} as unknown as Ports;
	const services = randomServices(dice);
	await store.append('deployment/d1', 'system', [
		{
			...{ kind: 'deployment-requested', project: 'shop', environment: 'production', number: 1, purpose: 'release' },
			...{ sha: 'a'.repeat(40), digest: '1', changes: [] },
			commit: { sha: 'a'.repeat(40), subject: 's', authoredAt: '2026-01-01T00:00:00.000Z' },
			application: { services, volumes: [] },
			traffic: { service: 's0', port: 0, probePath: '/' },
		} as Event,
		{ kind: 'deployment-finished', outcome: 'live', exposed: true },
	]);
	/** Who each running service was told about when it was started. */
	const told = new Map<string, string>();
	environments.onStart = (_version, service, reach) => {
		if (dice.chance(0.1)) throw new Error('it cannot be started');
		told.set(service.name, JSON.stringify(Object.entries(reach).sort()));
	};
	environments.onCheck = () => ({ healthy: dice.chance(0.7), detail: 'checked' });
	environments.isTaken = () => dice.chance(0.3);
	const healer: ServiceHealer = serviceHealer(ports);
	return {
		...{ ports, environments, traffic, healer },
		pass: (ms: number) => {
			now += ms;
		},
		isWhole: async (): Promise<boolean> => {
			const deployment = await readDeployment(ports, 'd1');
			assert.ok(deployment !== undefined);
			const [route] = traffic.routes.values();
			return (
				services.every((service) => {
					const instance = deployment.instances[service.name];
					if (instance === undefined || !environments.running.has(instance.pid)) return false;
					const known = (JSON.parse(told.get(service.name) ?? '[]') as [string, object][]).every(
						([name, at]) => JSON.stringify(deployment.instances[name]?.ports) === JSON.stringify(at),
					);
					return known && deployment.healthy.includes(service.name);
				}) &&
				route?.version === 'd1' &&
				environments.listens(route.target) &&
				route.target === deployment.instances['s0']?.ports['80']
			);
		},
	};
}

/** Each may need those after it, so that the one with traffic needs the most. */
function randomServices(dice: Random): readonly Service[] {
	const names = ['s0', 's1', 's2', 's3'].slice(0, 1 + dice.below(4));
	return names.map((name, index) => ({
		name,
		command: { argv: ['serve'] },
		environment: {},
		workingDirectory: '',
		ports: ['80'],
		healthcheck: { test: { argv: ['ask'] }, intervalMs: 500, timeoutMs: 100, retries: 3, startPeriodMs: 0 },
		dependsOn: names
			.slice(index + 1)
			.filter(() => dice.chance(0.6))
			.map((service) => ({ service, condition: dice.pick(['service_started', 'service_healthy'] as const) })),
		stopGraceMs: 1,
	}));
}
