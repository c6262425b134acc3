import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Commit, Event } from '#core/event.ts';
import { fakeClock } from '#edge/clock/fake.ts';
import type { TrafficCount } from '#edge/environment/environment.ts';
import { fakeProbe } from '#edge/probe/fake.ts';
import { memoryStore } from '#edge/store/memory.ts';
import { type MonitoredEnvironment, startMonitors } from '#engine/monitors.ts';
import type { Ports } from '#engine/ports.ts';

const start = Date.UTC(2026, 0, 5, 12);
const minuteMs = 60_000;
const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1_000_000);

const production: MonitoredEnvironment = {
	project: 'shop',
	environment: 'production',
	url: 'http://127.0.0.1:8080',
	probePath: '/healthz',
	probeIntervalMs: 5000,
	objective: { name: 'availability', target: 0.995, windowDays: 30 },
	liveDeployment: 'd1',
};

/** A world with a clock of its own, in which an environment is watched. */
function world() {
	const clock = fakeClock(start);
	const store = memoryStore(clock);
	const probe = fakeProbe();
	const edge: TrafficCount[] = [];
	const problems: string[] = [];
	let ids = 0;
	const traffic = { collect: async () => edge.splice(0) };
	const ports = { clock, store, probe, traffic, newId: () => `i${++ids}` } as unknown as Ports;
	const watch = () =>
		startMonitors(
			ports,
			() => [production],
			(problem) => problems.push(problem.what),
		);
	let bad: number[] = [];
	return {
		clock,
		store,
		probe,
		edge,
		problems,
		watch,
		/** From now on every answer is bad. */
		breakDown(): void {
			bad = [];
			probe.answer = () => {
				bad.push((clock.now() - start) / minuteMs);
				return broken();
			};
		},
		/** From now on every answer is good; the first minute with a bad answer before, and the first after the last one. */
		mend(): { readonly from: string; readonly to: string } {
			probe.answer = well;
			return { from: isoAt(Math.floor(bad[0] ?? 0)), to: isoAt(Math.floor(bad.at(-1) ?? 0) + 1) };
		},
		/** Lets time pass, in steps that everything under way can follow. */
		async pass(minutes: number): Promise<void> {
			for (let second = 0; second < minutes * 60; second++) {
				await clock.advance(1000);
				await turn();
			}
		},
		requests(good: number, bad: number): void {
			edge.push({
				listener: 'shop/production',
				version: 'd1',
				minute: Math.floor(clock.now() / minuteMs),
				good,
				bad,
				sumMs: good + bad,
			});
		},
		async events(kind: Event['kind']): Promise<readonly Event[]> {
			return (await store.readAfter(0, 1e6)).map(({ event }) => event).filter((event) => event.kind === kind);
		},
	};
}

const isoAt = (minute: number) => new Date(start + minute * minuteMs).toISOString();
const broken = () => ({ good: false, detail: 'HTTP 503' });
const well = () => ({ good: true, detail: 'HTTP 200' });

test('an outage opens exactly one incident, from the minute in which it began, and recovery resolves it with the minute in which it ended', async () => {
	const w = world();
	const monitors = w.watch();
	await w.pass(20);
	assert.equal((await w.store.incidents({ limit: 9 })).length, 0);
	w.breakDown();
	await w.pass(9.9);
	const [open] = await w.store.incidents({ isOpen: true, limit: 9 });
	assert.deepEqual([open?.number, open?.impactStart, open?.environment], [1, isoAt(20), 'production']);
	assert.deepEqual(w.mend(), { from: isoAt(20), to: isoAt(30) });
	await w.pass(40.1);
	const incidents = await w.store.incidents({ limit: 9 });
	assert.deepEqual(
		incidents.map((incident) => incident.impactEnd),
		[isoAt(30)],
	);
	const [opened] = await w.events('incident-opened');
	assert.ok(opened?.kind === 'incident-opened');
	assert.deepEqual([opened.deployment, opened.objective], ['d1', 'availability']);
	const changes = (await w.events('health-changed')).map((event) =>
		event.kind === 'health-changed' ? [event.healthy, event.detail] : [],
	);
	assert.deepEqual(changes, [
		[true, 'HTTP 200'],
		[false, 'HTTP 503'],
		[true, 'HTTP 200'],
	]);
	assert.deepEqual(w.problems, []);
	await monitors.stop();
	const asked = w.probe.asked.length;
	await w.pass(1);
	assert.equal(w.probe.asked.length, asked, 'nothing is asked after the stop');
	assert.ok(asked === 70 * 12 || asked === 70 * 12 + 1, `asked ${asked} times`);
	assert.ok(w.probe.asked.every((url) => url === 'http://127.0.0.1:8080/healthz'));
});

test('one bad answer changes no verdict, and idle traffic never pages, whatever share of it fails', async () => {
	const w = world();
	const monitors = w.watch();
	for (let hour = 0; hour < 4; hour++) {
		await w.pass(59);
		w.requests(0, 1);
		w.probe.answer = broken;
		await w.clock.advance(5000);
		w.probe.answer = well;
		await w.pass(1);
	}
	assert.deepEqual(await w.store.incidents({ limit: 9 }), []);
	assert.equal((await w.events('health-changed')).length, 1);
	await monitors.stop();
});

test('what users meet opens an incident although the probe is content', async () => {
	const w = world();
	const monitors = w.watch();
	for (let minute = 0; minute < 30; minute++) {
		w.requests(minute < 20 ? 100 : 60, minute < 20 ? 0 : 40);
		await w.pass(1);
	}
	const [incident] = await w.store.incidents({ limit: 9 });
	assert.equal(incident?.impactStart, isoAt(20));
	const edge = await w.store.samples('shop/production/edge', start / minuteMs, start / minuteMs + 40);
	assert.deepEqual([edge.length, edge[25]?.good, edge[25]?.bad, edge[25]?.sumMs], [30, 60, 40, 100]);
	await monitors.stop();
});

test('a restart in the middle of an outage opens no second incident, and the later one resolves the first', async () => {
	const w = world();
	let monitors = w.watch();
	await w.pass(10);
	w.breakDown();
	for (let restart = 0; restart < 4; restart++) {
		await w.pass(3);
		await monitors.stop();
		await w.pass(1);
		monitors = w.watch();
	}
	assert.equal((await w.store.incidents({ limit: 9 })).length, 1);
	const { from, to } = w.mend();
	await w.pass(45);
	await monitors.stop();
	const incidents = await w.store.incidents({ limit: 9 });
	assert.deepEqual(
		incidents.map((incident) => [incident.impactStart, incident.impactEnd]),
		[[from, to]],
	);
	assert.deepEqual((await w.events('health-changed')).length, 3);
});

test('the incident names the deployment that had the traffic when it began, not the one that has it now', async () => {
	const w = world();
	const commit: Commit = { sha: 'a'.repeat(40), subject: 'A change', authoredAt: isoAt(-60) };
	const deploy = async (id: string, number: number) => {
		const release = {
			kind: 'deployment-requested',
			project: 'shop',
			environment: 'production',
			number,
			purpose: 'release',
			application: { services: [], volumes: [] },
			traffic: { port: 0, probePath: '/' },
		} as const;
		await w.store.append(`deployment/${id}`, 'engine', [
			{ ...release, sha: commit.sha, commit, digest: id, changes: [commit] },
			{ kind: 'traffic-switched', to: id },
		]);
	};
	const monitors = w.watch();
	await deploy('d1', 1);
	await w.pass(20.5);
	await deploy('d2', 2);
	w.probe.answer = broken;
	await w.pass(1.6);
	await deploy('d3', 3);
	await w.pass(5);
	const [opened] = await w.events('incident-opened');
	assert.ok(opened?.kind === 'incident-opened');
	assert.deepEqual([opened.deployment, opened.impactStart], ['d2', isoAt(20)]);
	await monitors.stop();
});

test('a proxy that fails, or hangs, does not keep the probe from asking, and is told', async () => {
	const w = world();
	const ports = { clock: w.clock, store: w.store, probe: w.probe, newId: () => 'i1' };
	let mood: 'fails' | 'hangs' = 'fails';
	const hang = Promise.withResolvers<readonly TrafficCount[]>();
	const collect = () => (mood === 'fails' ? Promise.reject(new Error('no proxy')) : hang.promise);
	const monitors = startMonitors(
		{ ...ports, traffic: { collect } } as unknown as Ports,
		() => [production],
		(problem) => w.problems.push(problem.why ?? ''),
	);
	w.probe.answer = broken;
	await w.pass(4);
	assert.ok(w.problems.includes('no proxy'));
	assert.equal((await w.store.incidents({ limit: 9 })).length, 1);
	mood = 'hangs';
	const asked = w.probe.asked.length;
	await w.pass(2);
	assert.ok(w.probe.asked.length >= asked + 23);
	hang.resolve([]);
	await monitors.stop();
});

test(`in random weather every outage of three minutes has one incident with its start, and no other is opened (seed ${seed})`, async () => {
	const random = randomOf(seed);
	for (let history = 0; history < 6; history++) {
		const w = world();
		let monitors = w.watch();
		const outages: { readonly from: string; readonly to: string }[] = [];
		await w.pass(5);
		for (let i = 0; i < 2; i++) {
			w.breakDown();
			for (let minute = 3 + Math.floor(random() * 6); minute > 0; minute--) {
				await w.pass(1);
				if (random() < 0.2) {
					await monitors.stop();
					monitors = w.watch();
				}
				assert.ok((await w.store.incidents({ isOpen: true, limit: 9 })).length <= 1);
			}
			outages.push(w.mend());
			await w.pass(70 + Math.floor(random() * 20));
		}
		await monitors.stop();
		const incidents = (await w.store.incidents({ limit: 9 })).toReversed();
		assert.deepEqual(
			incidents.map((incident) => [incident.number, incident.impactStart, incident.impactEnd]),
			outages.map(({ from, to }, index) => [index + 1, from, to]),
			`seed ${seed}, history ${history}`,
		);
	}
});

function randomOf(first: number): () => number {
	let state = first >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}
