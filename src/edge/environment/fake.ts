import type { Service } from '#core/compose/application.ts';
import type { Instance } from '#core/event.ts';
import type { Check, Environments, Listener, Route, Traffic, TrafficCount, Version } from './environment.ts';

/** Services that are only remembered; a test says what goes wrong. */
export interface FakeEnvironments extends Environments {
	/** Pids of the instances that run. */
	readonly running: Set<number>;
	/** Throw to fail a start. */
	onStart: (version: Version, service: Service) => void;
	onCheck: (version: Version, service: Service) => Check;
}

/** An environment without processes, for simulation; it passes the same contract. */
export function fakeEnvironments(): FakeEnvironments {
	let lastPid = 1000;
	const running = new Set<number>();
	const instances = new Map<string, Instance>();
	const keyOf = (version: Version, service: Service) => `${version.id}/${service.name}`;
	const fake: FakeEnvironments = {
		running,
		onStart: () => {},
		onCheck: () => ({ healthy: true, detail: 'passed' }),
		prepare: async () => {},
		start: async (version, service) => {
			const before = instances.get(keyOf(version, service));
			if (before !== undefined && running.has(before.pid)) return before;
			fake.onStart(version, service);
			lastPid += 1;
			running.add(lastPid);
			const ports = Object.fromEntries(service.ports.map((port, index) => [port, lastPid * 4 + index]));
			const instance = { pid: lastPid, startTime: 1, ports };
			instances.set(keyOf(version, service), instance);
			return instance;
		},
		check: async (version, service, instance) =>
			running.has(instance.pid) ? fake.onCheck(version, service) : { healthy: false, detail: 'it has ended' },
		isAlive: async (instance: Instance) => running.has(instance.pid),
		stop: async (version, service) => {
			running.delete(instances.get(keyOf(version, service))?.pid ?? 0);
		},
		tail: async () => [],
		remove: async () => {},
	};
	return fake;
}

/** Routes that are only remembered. */
export interface FakeTraffic extends Traffic {
	readonly routes: Map<string, Route>;
	/** Throw to fail a route. */
	onRoute: (listener: Listener, version: string) => void;
}

/** A proxy without a process, for simulation. */
export function fakeTraffic(): FakeTraffic {
	const routes = new Map<string, Route>();
	const fake: FakeTraffic = {
		routes,
		onRoute: () => {},
		ensure: async () => {},
		route: async (listener, version, target) => {
			fake.onRoute(listener, version);
			routes.set(listener.name, { listener: listener.name, port: listener.port || 40_000, version, target, open: 0 });
		},
		drain: async () => 0,
		observe: async () => [...routes.values()],
		collect: async (): Promise<readonly TrafficCount[]> => [],
		remove: async (listener) => {
			routes.delete(listener.name);
		},
	};
	return fake;
}
