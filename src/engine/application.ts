import type { Application } from '#core/compose/application.ts';
import { type ComposeFile, parseCompose } from '#core/compose/compose-file.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { TrafficConfiguration } from '#core/event.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { Ports } from './ports.ts';

/** The application of an environment at a commit, with the environment's own variables in every service. */
export async function applicationAt(
	ports: Pick<Ports, 'source'>,
	path: string,
	sha: string,
	environment: EnvironmentConfiguration,
): Promise<Result<ComposeFile>> {
	const text = await ports.source.file(path, sha, environment.compose);
	if (text === undefined) {
		return failed({
			code: 'FB3004',
			what: `${environment.compose} is not there`,
			why: `environment ${environment.name} starts the services of that file, and commit ${sha.slice(0, 8)} does not have it`,
			where: 'footbridge.yaml',
			next: 'write the file, or name another one with `compose:`',
		});
	}
	const file = parseCompose(text, environment.compose, environment.env);
	if (!file.ok) return file;
	const { services, volumes } = file.value.application;
	const withEnv = services.map((service) => ({
		...service,
		environment: { ...service.environment, ...environment.env },
	}));
	return ok({ application: { volumes, services: withEnv }, notes: file.value.notes });
}

/** Which service of the application users reach, and where. */
export function trafficOf(
	application: Application,
	environment: EnvironmentConfiguration,
): Result<TrafficConfiguration> {
	const { service: wanted, port, probePath } = environment;
	const service =
		wanted === undefined
			? application.services.find(({ ports }) => ports.length > 0)
			: application.services.find(({ name }) => name === wanted);
	if (wanted !== undefined && (service === undefined || service.ports.length === 0)) {
		return failed({
			code: 'FB3005',
			what: service === undefined ? `there is no service ${wanted}` : `service ${wanted} has no port`,
			why: `environment ${environment.name} sends its traffic to it`,
			where: environment.compose,
			next: `give ${wanted} a port in ${environment.compose}, or name another service in footbridge.yaml`,
		});
	}
	return ok({ port, probePath, ...(service === undefined ? {} : { service: service.name }) });
}
