import { join } from 'node:path';
import type { Application, Service } from '#core/compose/application.ts';
import { startOrder } from '#core/compose/compose-file.ts';
import { reachVariables } from '#core/compose/service-environment.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { Instance } from '#core/event.ts';
import { failed, ok, type Problem, problemOf, type Result } from '#core/result.ts';
import type { Reach, Version } from '#edge/environment/environment.ts';
import type { Ports } from './ports.ts';
import { applicationAt, trafficOf } from './rollouts.ts';

export interface TestEnvironmentRequest {
	/** Unique. */
	readonly id: string;
	readonly project: string;
	readonly repositoryPath: string;
	readonly sha: string;
	readonly environment: EnvironmentConfiguration;
	readonly signal: AbortSignal;
}

export interface TestEnvironment {
	/** Where its services are, for the job. */
	readonly env: { readonly [name: string]: string };
	/** Ends and removes everything of it. */
	stop(): Promise<void>;
}

const pollMs = 100;
const startLimitMs = 60_000;
const stopGraceMs = 2000;
const logLines = 12;

/** Starts the services of the Compose file at a commit for one job, and answers when all are healthy. */
export async function startTestEnvironment(
	ports: Ports,
	request: TestEnvironmentRequest,
): Promise<Result<TestEnvironment>> {
	const application = await applicationAt(ports, request.repositoryPath, request.sha, request.environment);
	if (!application.ok) return application;
	const traffic = trafficOf(application.value, request.environment);
	if (!traffic.ok) return traffic;
	const version = versionOf(ports, request, application.value);
	const order = (startOrder(application.value.services) ?? []).map((service) => ({
		...service,
		stopGraceMs: Math.min(service.stopGraceMs, stopGraceMs),
	}));
	const instances = new Map<string, Instance>();
	const stop = async () => {
		for (const service of order.toReversed()) await ports.environments.stop(version, service);
		await ports.environments.remove({ ...version, directory: folderOf(ports, request) });
	};
	try {
		await ports.source.checkout(request.repositoryPath, request.sha, join(version.directory, 'code'), {
			depth: 1,
			git: false,
		});
		await ports.environments.prepare(version);
		for (const service of order) {
			instances.set(service.name, await ports.environments.start(version, service, reachOf(instances)));
			const problem = await untilHealthy(ports, {
				version,
				service,
				instance: instances.get(service.name),
				signal: request.signal,
			});
			if (problem === undefined) continue;
			await stop();
			return failed(problem);
		}
	} catch (error) {
		await stop();
		return failed(problemOf(error));
	}
	const reach = reachOf(instances);
	const { service } = traffic.value;
	const main =
		service === undefined
			? {}
			: {
					FOOTBRIDGE_ENVIRONMENT_URL:
						reachVariables({ [service]: reach[service] ?? {} })[`${upper(service)}_URL`] ?? '',
				};
	return ok({ env: { ...reachVariables(reach), ...main }, stop });
}

interface Waiting {
	readonly version: Version;
	readonly service: Service;
	readonly instance: Instance | undefined;
	readonly signal: AbortSignal;
}

/** Undefined when it is healthy. */
async function untilHealthy(
	ports: Ports,
	{ version, service, instance, signal }: Waiting,
): Promise<Problem | undefined> {
	if (instance === undefined) return undefined;
	const deadline = ports.clock.monotonic() + startLimitMs;
	for (;;) {
		const check = await ports.environments.check(version, service, instance);
		if (check.healthy) return undefined;
		const isAlive = await ports.environments.isAlive(instance);
		if (!isAlive || ports.clock.monotonic() >= deadline || signal.aborted) {
			const lines = await ports.environments.tail(version, service.name, logLines);
			return {
				code: 'FB3030',
				what: `service ${service.name} of the test environment did not get healthy`,
				why: `${isAlive ? check.detail : 'it ended'}${lines.length === 0 ? '' : `; the last it wrote:\n${lines.join('\n')}`}`,
				where: `service ${service.name}`,
				next: 'start the service by hand with the same command and environment',
			};
		}
		await ports.clock.sleep(pollMs, signal).catch(() => {});
	}
}

function folderOf(ports: Ports, { project, environment, id }: TestEnvironmentRequest): string {
	return join(ports.places.environments, project, environment.name, id);
}

/** Code and data in one folder: both go with the job. */
function versionOf(ports: Ports, request: TestEnvironmentRequest, application: Application): Version {
	const folder = folderOf(ports, request);
	const { id, project, environment } = request;
	return {
		id,
		project,
		environment: environment.name,
		application,
		directory: join(folder, 'version'),
		data: join(folder, 'data'),
	};
}

const reachOf = (instances: ReadonlyMap<string, Instance>): Reach =>
	Object.fromEntries([...instances].map(([name, { ports }]) => [name, ports]));
const upper = (service: string): string => service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
