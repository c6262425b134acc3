import { join } from 'node:path';
import type { Application, Service } from '#core/compose/application.ts';
import { startOrder } from '#core/compose/compose-file.ts';
import { reachVariables, variableName } from '#core/compose/service-environment.ts';
import { startLimitMs } from '#core/compose/start-limit.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { Instance } from '#core/event.ts';
import { failed, ok, type Problem, problemOf, type Result } from '#core/result.ts';
import type { Version } from '#edge/environment/environment.ts';
import { applicationAt, trafficOf } from './application.ts';
import type { Ports } from './ports.ts';
import { reachFor } from './version.ts';

export interface TestEnvironmentRequest {
	/** Unique; also the name of a folder. */
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
	/** What of the Compose file has no effect, one sentence each. */
	readonly notes: readonly string[];
	/** Ends and removes everything of it. */
	stop(): Promise<void>;
}

const pollMs = 100;
const stopGraceMs = 2000;
const logLines = 12;

/** Ends and removes the test environments of a Footbridge that was killed: nothing survives its job. */
export function sweepTestEnvironments(ports: Pick<Ports, 'environments' | 'places'>): Promise<void> {
	return ports.environments.sweep(folderOf(ports));
}

/** Starts the services of the Compose file at a commit for one job, and answers when all are healthy. */
export async function startTestEnvironment(
	ports: Ports,
	request: TestEnvironmentRequest,
): Promise<Result<TestEnvironment>> {
	const file = await applicationAt(ports, request.repositoryPath, request.sha, request.environment);
	if (!file.ok) return file;
	const { application, notes } = file.value;
	const traffic = trafficOf(application, request.environment);
	if (!traffic.ok) return traffic;
	const version = versionOf(ports, request, application);
	const order = (startOrder(application.services) ?? []).map((service) => ({
		...service,
		stopGraceMs: Math.min(service.stopGraceMs, stopGraceMs),
	}));
	const stop = async () => {
		for (const service of order.toReversed()) await ports.environments.stop(version, service);
		await ports.environments.remove(version);
	};
	try {
		const instances = await startAll(ports, request, { version, order });
		if (!instances.ok) {
			await stop();
			return instances;
		}
		const reach = Object.fromEntries(Object.entries(instances.value).map(([name, { ports: at }]) => [name, at]));
		const env: { [name: string]: string } = reachVariables(reach);
		const url = traffic.value.service === undefined ? undefined : env[`${variableName(traffic.value.service)}_URL`];
		return ok({ env: { ...env, ...(url === undefined ? {} : { FOOTBRIDGE_ENVIRONMENT_URL: url }) }, notes, stop });
	} catch (error) {
		await stop();
		return failed(problemOf(error));
	}
}

/** Every service's instance, when all are healthy. */
async function startAll(
	ports: Ports,
	request: TestEnvironmentRequest,
	{ version, order }: { readonly version: Version; readonly order: readonly Service[] },
): Promise<Result<{ readonly [service: string]: Instance }>> {
	const instances: { [service: string]: Instance } = {};
	await ports.source.checkout(request.repositoryPath, request.sha, join(version.directory, 'code'), {
		depth: 1,
		git: false,
	});
	await ports.environments.prepare(version);
	for (const service of order) {
		request.signal.throwIfAborted();
		const reach = reachFor(version.application, instances, service);
		const instance = await ports.environments.start(version, service, reach);
		instances[service.name] = instance;
		const problem = await untilHealthy(ports, { version, service, instance, signal: request.signal });
		if (problem !== undefined) return failed(problem);
	}
	return ok(instances);
}

interface Waiting {
	readonly version: Version;
	readonly service: Service;
	readonly instance: Instance;
	readonly signal: AbortSignal;
}

/** Undefined when it is healthy. */
async function untilHealthy(
	ports: Ports,
	{ version, service, instance, signal }: Waiting,
): Promise<Problem | undefined> {
	const deadline = ports.clock.monotonic() + startLimitMs(service);
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

/** No project has a name like this. */
const folderOf = ({ places }: Pick<Ports, 'places'>): string => join(places.environments, '.jobs');

/** Code and data in one folder: both go with the job. */
function versionOf(ports: Ports, request: TestEnvironmentRequest, application: Application): Version {
	const directory = join(folderOf(ports), request.id);
	const { id, project, environment } = request;
	return { id, project, environment: environment.name, application, directory, data: join(directory, 'data') };
}
