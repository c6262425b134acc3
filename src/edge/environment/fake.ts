import type { Service } from '#core/compose/application.ts';
import type { Instance } from '#core/event.ts';
import type { Check, Environments, Listener, Reach, Route, Traffic, TrafficCount, Version } from './environment.ts';

/** Services that are only remembered; a test says what goes wrong. */
export interface FakeEnvironments extends Environments {
	/** Pids of the instances that run. */
	readonly running: Set<number>;
	/** Whether something runs that listens on the port. */
	listens(port: number): boolean;
	/** Ends an instance from outside. */
	kill(pid: number): void;
	/** Throw to fail a start. */
	onStart: (version: Version, service: Service, reach: Reach) => void;
	/** Whether another program took the ports of a service that is started again. */
	isTaken: () => boolean;
	onCheck: (version: Version, service: Service) => Check;
}

/** An environment without processes, for simulation; it passes the same contract. */
export function fakeEnvironments(): FakeEnvironments {
	let lastPid = 1000;
	const running = new Set<number>();
	const instances = new Map<string, Instance>();
	let lastPort = 20_000;
	const listeners = new Map<number, number>();
	const places = new Map<number, string>();
	const keyOf = (version: Version, service: Service) => `${version.id}/${service.name}`;
	const nextPort = () => {
		lastPort += 1;
		return lastPort;
	};
	const fake: FakeEnvironments = {
		running,
		listens: (port) => running.has(listeners.get(port) ?? 0),
		kill: (pid) => void running.delete(pid),
		onStart: () => {},
		isTaken: () => false,
		onCheck: () => ({ healthy: true, detail: 'passed' }),
		prepare: async () => {},
		start: async (version, service, reach) => {
			const before = instances.get(keyOf(version, service));
			if (before !== undefined && running.has(before.pid)) return before;
			fake.onStart(version, service, reach);
			lastPid += 1;
			running.add(lastPid);
			places.set(lastPid, version.directory);
			const kept = before === undefined || fake.isTaken() ? undefined : before.ports;
			const ports = kept ?? Object.fromEntries(service.ports.map((port) => [port, nextPort()]));
			for (const port of Object.values(ports)) listeners.set(port, lastPid);
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
		sweep: async (folder) => {
			for (const [pid, directory] of places) if (directory.startsWith(`${folder}/`)) running.delete(pid);
		},
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
