import { startOrder } from '#core/compose/compose-file.ts';
import { problemOf } from '#core/result.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import type { Ports } from './ports.ts';
import { listenerOf, reachOf, readDeployment, targetOf, versionOf } from './rollout-actions.ts';

const everyMs = 2000;

/**
 * Keeps what is live alive: a service that ended, or that a reboot took, is started again and gets its traffic back.
 * An environment in which a deployment is under way is left to that deployment.
 */
export function superviseServices(
	ports: Ports,
	isBusy: (project: string, environment: string) => boolean,
): { stop(): Promise<void> } {
	const stopping = new AbortController();
	const loop = watch();
	return {
		stop: async () => {
			stopping.abort();
			await loop;
		},
	};

	async function watch(): Promise<void> {
		while (!stopping.signal.aborted) {
			await look().catch((error: unknown) =>
				process.emitWarning(`could not look after services: ${problemOf(error).what}`),
			);
			await ports.clock.sleep(everyMs, stopping.signal).catch(() => {});
		}
	}

	async function look(): Promise<void> {
		for (const { deployment: id, project, environment } of await ports.store.deployments({
			status: ['live'],
			limit: 100,
		})) {
			if (stopping.signal.aborted) return;
			if (isBusy(project, environment)) continue;
			const deployment = await readDeployment(ports, id);
			if (deployment !== undefined) await heal(deployment);
		}
	}

	async function heal(deployment: Deployment): Promise<void> {
		let healed = deployment;
		for (const service of startOrder(deployment.application.services) ?? []) {
			const instance = deployment.instances[service.name];
			if (instance !== undefined && (await ports.environments.isAlive(instance))) continue;
			const started = await ports.environments.start(versionOf(ports, deployment), service, reachOf(healed));
			await ports.store.append(`deployment/${deployment.id}`, 'engine', [
				{ kind: 'service-started', service: service.name, instance: started },
			]);
			healed = { ...healed, instances: { ...healed.instances, [service.name]: started } };
		}
		const target = targetOf(healed);
		if (target === undefined) return;
		const listener = listenerOf(deployment);
		const route = (await ports.traffic.observe()).find((other) => other.listener === listener.name);
		if (route?.target !== target || route.version !== deployment.id)
			await ports.traffic.route(listener, deployment.id, target);
	}
}
