import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Application, Service } from '#core/compose/application.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import { fakeActions } from '#edge/action/fake.ts';
import type { Clock } from '#edge/clock/clock.ts';
import { fakeEngine } from '#edge/container/fake.ts';
import { type FakeEnvironments, type FakeTraffic, fakeEnvironments, fakeTraffic } from '#edge/environment/fake.ts';
import { memoryLogs } from '#edge/log/memory.ts';
import { memoryStore } from '#edge/store/memory.ts';
import type { Store } from '#edge/store/store.ts';
import { fakeToolchains } from '#edge/toolchain/fake.ts';
import type { Ports } from '#engine/ports.ts';
import { driveRollouts } from '#engine/rollouts.ts';
import { serviceHealer } from '#engine/service-healer.ts';
import { environmentTurns } from '#engine/turns.ts';
import { readDeployment } from '#engine/version.ts';
import { death, mortal } from './mortal.ts';
import { type Random, random } from './random.ts';

const histories = Number(process.env['FOOTBRIDGE_HISTORIES'] ?? 10_000);
const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1_000_000);

test(`${histories} random histories of deployments end, and what serves never stops serving (seed ${seed})`, async () => {
	const seen = { live: 0, superseded: 0, 'rolled-back': 0, failed: 0, crashes: 0 };
	for (let history = 0; history < histories; history += 1) {
		const name = `seed ${seed}, history ${history}`;
		const dice = random(seed * 100_003 + history);
		for (const deployment of await live(dice, seen, name)) seen[deployment.status as 'live'] += 1;
	}
	for (const [what, times] of Object.entries(seen))
		assert.ok(times > histories / 1000, `the dice never threw: ${what}`);
});

/** One environment gets a few deployments, some at once, while things go wrong and Footbridge is killed. */
async function live(dice: Random, seen: { crashes: number }, name: string): Promise<readonly Deployment[]> {
	const world = new World(dice, name);
	const count = 1 + dice.below(3);
	for (let number = 1; number <= count; number += 1) {
		await world.request(number);
		if (dice.chance(0.3) && number < count) continue;
		await world.untilOver(seen);
	}
	const deployments = await world.deployments();
	assert.ok(deployments.filter(({ status }) => status === 'live').length <= 1, `${name}: two are live`);
	assert.ok(!deployments.some(({ status }) => status === 'running'), `${name}: one is stuck`);
	const current = deployments.find(({ status }) => status === 'live');
	const [route] = world.traffic.routes.values();
	assert.equal(route?.version, current?.id, `${name}: traffic goes to what is live, and to nothing when nothing is`);
	const pids = deployments.flatMap((deployment) =>
		Object.values(deployment.instances).map(({ pid }) => [pid, deployment.id] as const),
	);
	for (const [pid, id] of pids)
		assert.equal(
			world.environments.running.has(pid),
			id === current?.id,
			`${name}: of all versions only the live one runs`,
		);
	return deployments;
}

class World {
	readonly store: Store = memoryStore({ now: () => 0 });
	readonly environments: FakeEnvironments = fakeEnvironments();
	readonly traffic: FakeTraffic = fakeTraffic();
	readonly #dice: Random;
	readonly #name: string;
	#isServing = false;
	#crash = new AbortController();
	#crashChance = 0;

	constructor(dice: Random, name: string) {
		this.#dice = dice;
		this.#name = name;
		const { environments, traffic } = this;
		environments.onStart = () => {
			if (dice.chance(0.05)) throw new Error('it cannot be started');
		};
		environments.onCheck = (version) => ({
			healthy: !version.id.includes('sick') && dice.chance(0.7),
			detail: 'checked',
		});
		traffic.onRoute = () => {
			if (dice.chance(0.03)) throw new Error('the proxy refused');
		};
		// Whatever is done to traffic or to processes: once somebody serves, somebody goes on serving.
		environments.stop = this.#watched(environments.stop.bind(environments));
		traffic.route = this.#watched(traffic.route.bind(traffic));
		traffic.drain = this.#watched(traffic.drain.bind(traffic));
	}

	async request(number: number): Promise<void> {
		if (number === 1)
			await this.store.append('project/shop', 'system', [
				{ kind: 'project-added', project: 'shop', path: '/shop', defaultBranch: 'main' },
			]);
		const isSick = this.#dice.chance(0.3);
		await this.store.append(`deployment/d${number}${isSick ? '-sick' : ''}`, 'system', [
			{
				kind: 'deployment-requested',
				project: 'shop',
				environment: 'production',
				number,
				purpose: 'release',
				sha: 'a'.repeat(40),
				commit,
				digest: String(number),
				application: randomApplication(this.#dice),
				traffic: { service: 's0', port: 0, probePath: '/' },
				changes: [commit],
			},
		]);
	}

	async untilOver(seen: { crashes: number }): Promise<void> {
		for (let starts = 0; starts < 8; starts += 1) {
			this.#crash = new AbortController();
			const killed = this.#crash.signal;
			this.#crashChance = starts < 4 ? 0.04 : 0;
			const ports = this.#ports();
			const onBug = (_stream: string, error: unknown) => {
				if (!killed.aborted) throw error;
			};
			const driver = await driveRollouts(ports, { turns: environmentTurns(), healer: serviceHealer(ports), onBug });
			await Promise.race([driver.idle(), death(this.#crash.signal)]);
			await driver.stop();
			if (!this.#crash.signal.aborted) return;
			seen.crashes += 1;
		}
	}

	async deployments(): Promise<readonly Deployment[]> {
		const rows = await this.store.deployments({ limit: 100 });
		const all = await Promise.all(rows.map(({ deployment }) => readDeployment({ store: this.store }, deployment)));
		return all.filter((deployment) => deployment !== undefined);
	}

	#watched<Args extends readonly unknown[], T>(act: (...args: Args) => Promise<T>): (...args: Args) => Promise<T> {
		return async (...args) => {
			this.#maybeCrash();
			const result = await act(...args);
			const [route] = this.traffic.routes.values();
			const isServed = route !== undefined && this.environments.listens(route.target);
			assert.ok(
				isServed || !this.#isServing,
				`${this.#name}: users are sent to ${JSON.stringify(route)}, which does not run`,
			);
			const liveRows = await this.store.deployments({ status: ['live'], limit: 1 });
			this.#isServing = liveRows.length > 0;
			this.#maybeCrash();
			return result;
		};
	}

	#maybeCrash(): void {
		if (!this.#dice.chance(this.#crashChance)) return;
		this.#crash.abort();
		throw new Error('killed');
	}

	#ports(): Ports {
		const unused = () => Promise.reject(new Error('not used here'));
		return {
			clock: hurryingClock(),
			store: mortal(this.store, this.#crash.signal),
			logs: memoryLogs(),
			source: { checkout: async () => {} } as unknown as Ports['source'],
			actions: fakeActions(),
			planner: { plan: unused, action: unused, close: async () => {} },
			matchers: { open: () => assert.fail(), close: async () => {} },
			sandboxes: [],
			containers: fakeEngine(),
			environments: this.environments,
			traffic: this.traffic,
			probe: { ask: async () => ({ good: this.#dice.chance(0.6), detail: 'HTTP 200', durationMs: 1 }) },
			traces: { available: unused, failures: unused, remove: unused },
			newId: () => 'id',
			storage: {} as Ports['storage'],
			toolchains: fakeToolchains(),
			places: { data: '/d', rooms: '/d/r', toolCache: '/d/t', environments: '/d/e', evidence: '/d/v', node: '/n' },
		};
	}
}

/** Up to three services, each of which may need those before it. */
function randomApplication(dice: Random): Application {
	const services: Service[] = [];
	for (let index = 0; index <= dice.below(3); index += 1) {
		services.push({
			name: `s${index}`,
			command: { argv: ['serve'] },
			environment: {},
			workingDirectory: '',
			ports: ['80'],
			healthcheck: { test: { argv: ['ask'] }, intervalMs: 500, timeoutMs: 100, retries: 3, startPeriodMs: 0 },
			dependsOn: services
				.filter(() => dice.chance(0.4))
				.map(({ name }) => ({ service: name, condition: dice.pick(['service_started', 'service_healthy']) })),
			stopGraceMs: 1,
		});
	}
	return { services, volumes: [] };
}

/** Time that passes as fast as somebody waits for it. */
function hurryingClock(): Clock {
	let now = 0;
	return {
		now: () => now,
		monotonic: () => now,
		sleep: async (ms, signal) => {
			signal?.throwIfAborted();
			now += ms;
			await new Promise(setImmediate);
			signal?.throwIfAborted();
		},
	};
}

const commit = { sha: 'a'.repeat(40), subject: 's', authoredAt: '2026-01-01T00:00:00.000Z' };
