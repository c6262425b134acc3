import { createHash } from 'node:crypto';
import type { Application } from '#core/compose/application.ts';
import { parseCompose } from '#core/compose/compose-file.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { Commit, TrafficConfiguration } from '#core/event.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import { type RolloutAction, rolloutMachine } from '#core/rollout/rollout.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import { type Driver, drive } from './driver.ts';
import type { Ports } from './ports.ts';
import { performRollout, readDeployment } from './rollout-actions.ts';
import { superviseServices } from './service-supervisor.ts';
import { type EnvironmentTurns, environmentTurns } from './turns.ts';

/** What to put where. */
interface DeployRequest {
	readonly project: ProjectRow;
	readonly environment: EnvironmentConfiguration;
	readonly sha: string;
	readonly purpose: Deployment['purpose'];
	/** The run that it comes from. */
	readonly run?: string;
	readonly by: string;
}

export interface Rollouts {
	/** Records the request and answers with the deployment's id; it waits for its turn in the environment. */
	deploy(request: DeployRequest): Promise<Result<string>>;
	stop(): Promise<void>;
}

const changesLimit = 200;

/** Starts the driver of deployments and keeps live versions running. */
export async function startRollouts(ports: Ports): Promise<Rollouts> {
	const turns = environmentTurns();
	const driver = await driveRollouts(ports, turns);
	const supervisor = superviseServices(ports, turns.isTaken);
	return {
		deploy: (request) => requestDeployment(ports, request),
		stop: async () => {
			await supervisor.stop();
			await driver.stop();
		},
	};
}

/** The loop of deployments alone: every one goes its way when its turn in the environment has come. */
export async function driveRollouts(
	ports: Ports,
	turns: EnvironmentTurns,
	onBug?: (stream: string, error: unknown) => void,
): Promise<Driver> {
	// However a deployment ends, also by an action that broke, the next one has its turn.
	const unsubscribe = ports.store.subscribe(({ event, stream }) => {
		if (event.kind === 'deployment-finished') turns.give(stream.slice('deployment/'.length));
	});
	const driver = await drive<Deployment | undefined, RolloutAction>({
		store: ports.store,
		prefix: 'deployment/',
		machine: rolloutMachine,
		open: async () => {
			const open = await ports.store.deployments({ status: ['running'], limit: 1000 });
			// The order in which they were asked for is the order of their turns.
			return open.toSorted((a, b) => a.seq - b.seq).map(({ deployment }) => `deployment/${deployment}`);
		},
		perform: async (action, context) => {
			const deployment = context.state();
			if (deployment === undefined) return;
			await turns.take(deployment, context.signal);
			await performRollout(ports, action, context);
		},
		...(onBug === undefined ? {} : { onBug }),
	});
	return {
		go: driver.go,
		idle: driver.idle,
		stop: async () => {
			unsubscribe();
			await driver.stop();
		},
	};
}

async function requestDeployment(ports: Ports, request: DeployRequest): Promise<Result<string>> {
	const { project, environment, sha, purpose, run, by } = request;
	const application = await applicationAt(ports, project.path, sha, environment);
	if (!application.ok) return application;
	const traffic = trafficOf(application.value, environment);
	if (!traffic.ok) return traffic;
	const id = ports.newId();
	const digest = createHash('sha256')
		.update(JSON.stringify([sha, application.value, traffic.value]))
		.digest('hex');
	const number = await ports.store.nextNumber(`deployment/${project.project}/${environment.name}`);
	const live = await liveDeployment(ports, project.project, environment.name);
	await ports.store.append(`deployment/${id}`, by, [
		{
			kind: 'deployment-requested',
			project: project.project,
			environment: environment.name,
			number,
			purpose: live?.digest === digest ? 'redeploy' : purpose,
			sha,
			commit: await ports.source.commit(project.path, sha),
			digest,
			application: application.value,
			traffic: traffic.value,
			changes: await changesOf(ports, project.path, live?.sha, sha),
			...(run === undefined ? {} : { run }),
		},
	]);
	return ok(id);
}

/** The application of an environment at a commit, with the environment's own variables in every service. */
export async function applicationAt(
	ports: Pick<Ports, 'source'>,
	path: string,
	sha: string,
	environment: EnvironmentConfiguration,
): Promise<Result<Application>> {
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
	return ok({
		volumes,
		services: services.map((service) => ({ ...service, environment: { ...service.environment, ...environment.env } })),
	});
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

/** The deployment that is live in an environment, by the record. */
async function liveDeployment(
	ports: Pick<Ports, 'store'>,
	project: string,
	environment: string,
): Promise<Deployment | undefined> {
	const [row] = await ports.store.deployments({ project, environment, status: ['live'], limit: 1 });
	return row === undefined ? undefined : readDeployment(ports, row.deployment);
}

async function changesOf(ports: Ports, path: string, from: string | undefined, to: string): Promise<readonly Commit[]> {
	// A history that was rewritten has no way from the one to the other: then the commit stands for itself.
	return ports.source.commits(path, from, to, changesLimit).catch(() => ports.source.commits(path, undefined, to, 1));
}
