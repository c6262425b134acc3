import type { EnvironmentView } from '#core/api.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';
import { readDeployment } from './version.ts';

const listed = 20;

/** An environment as it is now: the record beside what really runs and what the proxy really serves. */
export async function environmentView(
	ports: Ports,
	{ project }: ProjectRow,
	configuration: EnvironmentConfiguration,
): Promise<EnvironmentView> {
	const environment = configuration.name;
	const name = `${project}/${environment}`;
	const [deployments, incidents, routes, health] = await Promise.all([
		ports.store.deployments({ project, environment, limit: listed }),
		ports.store.incidents({ project, environment, isOpen: true, limit: 1 }),
		ports.traffic.observe(),
		ports.store.read(`environment/${name}`),
	]);
	const route = routes.find((other) => other.listener === name);
	const row = deployments.find((other) => other.status === 'live');
	const live = row === undefined ? undefined : await readDeployment(ports, row.deployment);
	const lastHealth = health.findLast(({ event }) => event.kind === 'health-changed')?.event;
	const known = lastHealth?.kind === 'health-changed' && live !== undefined ? lastHealth : undefined;
	return {
		project,
		environment,
		url: route === undefined ? null : `http://127.0.0.1:${route.port}`,
		deploys: configuration.deploys ?? null,
		live:
			row === undefined || live === undefined
				? null
				: { ...row, application: live.application, instances: await checked(ports, live.instances) },
		serving: route?.version ?? null,
		healthy: known?.healthy ?? null,
		healthDetail: known?.detail ?? null,
		deployments,
		openIncident: incidents[0] ?? null,
	};
}

type Instances = NonNullable<EnvironmentView['live']>['instances'];

async function checked(
	ports: Ports,
	instances: { readonly [service: string]: Omit<Instances[string], 'alive'> },
): Promise<Instances> {
	const entries = Object.entries(instances).map(
		async ([service, instance]) =>
			[service, { ...instance, alive: await ports.environments.isAlive(instance) }] as const,
	);
	return Object.fromEntries(await Promise.all(entries));
}
