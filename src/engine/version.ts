import { join } from 'node:path';
import type { Application, Service } from '#core/compose/application.ts';
import { dependenciesOf } from '#core/compose/compose-file.ts';
import type { Instance } from '#core/event.ts';
import { type Deployment, evolve } from '#core/rollout/deployment.ts';
import type { Listener, Reach, Version } from '#edge/environment/environment.ts';
import type { Ports } from './ports.ts';

/** A deployment as its stream tells it. */
export async function readDeployment(ports: Pick<Ports, 'store'>, id: string): Promise<Deployment | undefined> {
	return (await ports.store.read(`deployment/${id}`)).reduce<Deployment | undefined>(evolve, undefined);
}

/** The version that a deployment puts into its environment. */
export function versionOf(
	ports: Pick<Ports, 'places'>,
	deployment: Pick<Deployment, 'id' | 'project' | 'environment' | 'application'>,
): Version {
	const { id, project, environment, application } = deployment;
	const folder = join(ports.places.environments, project, environment);
	return { id, project, environment, application, directory: join(folder, 'versions', id), data: join(folder, 'data') };
}

/** Where users reach a deployment's environment. */
export function listenerOf({ project, environment, traffic }: Deployment): Listener {
	return { name: `${project}/${environment}`, port: traffic.port };
}

/** The ports of the services that one depends on: these are up when it starts, whatever the order of the others is. */
export function reachFor(
	application: Application,
	instances: { readonly [service: string]: Instance },
	service: Service,
): Reach {
	const needed = dependenciesOf(application.services, service.name);
	return Object.fromEntries(
		Object.entries(instances).flatMap(([name, { ports }]) => (needed.has(name) ? [[name, ports]] : [])),
	);
}

/** The port on loopback that answers users. */
export function targetOf({ traffic, application, instances }: Deployment): number | undefined {
	const service = application.services.find(({ name }) => name === traffic.service);
	const port = service?.ports[0];
	return service === undefined || port === undefined ? undefined : instances[service.name]?.ports[port];
}
