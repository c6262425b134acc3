import type { Service } from '#core/compose/application.ts';
import { dependenciesOf, startOrder } from '#core/compose/compose-file.ts';
import type { Event, Instance } from '#core/event.ts';
import { type Deployment, evolve } from '#core/rollout/deployment.ts';
import type { Ports } from './ports.ts';
import { listenerOf, reachFor, readDeployment, targetOf, versionOf } from './version.ts';

/** Starts services of a live version again that ended, or that a reboot took. */
export interface ServiceHealer {
	/** Looks at a deployment once and starts what can be started now; asked again while it looks, it looks once. */
	heal(id: string): Promise<void>;
	/** Resolves when nothing is being done for a deployment. */
	settled(id: string): Promise<void>;
}

/** A service that ends again within this time is given more and more time before it is started once more. */
const steadyMs = 60_000;
const firstPauseMs = 2000;
const longestPauseMs = 300_000;

interface Starts {
	readonly at: number;
	/** Starts in a row after which it did not last. */
	readonly inVain: number;
}

/** Makes the healer of all live versions. */
export function serviceHealer(ports: Ports): ServiceHealer {
	const underWay = new Map<string, Promise<void>>();
	const starts = new Map<string, Starts>();
	return {
		heal: (id) => {
			const healing = underWay.get(id) ?? healOnce(id).finally(() => underWay.delete(id));
			underWay.set(id, healing);
			return healing;
		},
		settled: async (id) => {
			await underWay.get(id)?.catch(() => {});
		},
	};

	async function healOnce(id: string): Promise<void> {
		let deployment = await readDeployment(ports, id);
		if (deployment?.status !== 'live') return;
		for (const service of startOrder(deployment.application.services) ?? []) {
			const event = await healService(deployment, service);
			if (event === undefined) continue;
			const recorded = await ports.store.append(`deployment/${id}`, 'engine', [event]);
			deployment = recorded.reduce<Deployment | undefined>(evolve, deployment) ?? deployment;
		}
		await healRoute(deployment);
	}

	/** What was done for a service, if anything was. */
	async function healService(deployment: Deployment, service: Service): Promise<Event | undefined> {
		const version = versionOf(ports, deployment);
		const { instances, healthy, application } = deployment;
		const instance = instances[service.name];
		if (instance !== undefined && (await ports.environments.isAlive(instance))) {
			if (healthy.includes(service.name)) return undefined;
			const check = await ports.environments.check(version, service, instance);
			return check.healthy ? { kind: 'service-checked', service: service.name, ...check } : undefined;
		}
		const waits = service.dependsOn.some(
			(needed) => needed.condition === 'service_healthy' && !healthy.includes(needed.service),
		);
		if (waits || !isDue(`${deployment.id}/${service.name}`)) return undefined;
		const started = await ports.environments.start(version, service, reachFor(application, instances, service));
		// Before it is recorded: killed in between, it is found to be elsewhere again.
		if (isElsewhere(instance, started)) await stopDependents(deployment, service);
		return { kind: 'service-started', service: service.name, instance: started };
	}

	/** Who knows a service by ports that it does not have any more has to be started anew. */
	async function stopDependents(deployment: Deployment, moved: Service): Promise<void> {
		const { services } = deployment.application;
		for (const service of (startOrder(services) ?? []).toReversed()) {
			if (dependenciesOf(services, service.name).has(moved.name))
				await ports.environments.stop(versionOf(ports, deployment), service);
		}
	}

	/** Whether a service may be started now; the asking counts as a start. */
	function isDue(key: string): boolean {
		const now = ports.clock.monotonic();
		const before = starts.get(key);
		const pauseMs = before === undefined ? 0 : Math.min(firstPauseMs * 2 ** before.inVain, longestPauseMs);
		if (before !== undefined && now - before.at < pauseMs) return false;
		const hasLasted = before === undefined || now - before.at > pauseMs + steadyMs;
		starts.set(key, { at: now, inVain: hasLasted ? 0 : before.inVain + 1 });
		return true;
	}

	async function healRoute(deployment: Deployment): Promise<void> {
		const target = targetOf(deployment);
		if (target === undefined) return;
		const listener = listenerOf(deployment);
		const route = (await ports.traffic.observe()).find((other) => other.listener === listener.name);
		if (route?.target !== target || route.version !== deployment.id)
			await ports.traffic.route(listener, deployment.id, target);
	}
}

function isElsewhere(before: Instance | undefined, now: Instance): boolean {
	return before !== undefined && Object.entries(now.ports).some(([port, at]) => before.ports[port] !== at);
}
