import { createHash } from 'node:crypto';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { Commit } from '#core/event.ts';
import { ok, type Result } from '#core/result.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import { type RolloutAction, rolloutMachine } from '#core/rollout/rollout.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import { applicationAt, trafficOf } from './application.ts';
import { type Driver, drive } from './driver.ts';
import type { Ports } from './ports.ts';
import { performRollout } from './rollout-actions.ts';
import { type ServiceHealer, serviceHealer } from './service-healer.ts';
import { superviseServices } from './service-supervisor.ts';
import { sweepTestEnvironments } from './test-environments.ts';
import { type EnvironmentTurns, environmentTurns } from './turns.ts';
import { readDeployment } from './version.ts';

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

/** Starts the driver of deployments, keeps live versions running, and ends what a Footbridge that was killed left of test environments. */
export async function startRollouts(ports: Ports): Promise<Rollouts> {
	await sweepTestEnvironments(ports);
	const turns = environmentTurns();
	const healer = serviceHealer(ports);
	const driver = await driveRollouts(ports, { turns, healer });
	const supervisor = superviseServices(ports, healer, turns.isTaken);
	return {
		deploy: (request) => requestDeployment(ports, request),
		stop: async () => {
			await supervisor.stop();
			await driver.stop();
		},
	};
}

interface RolloutLoop {
	readonly turns: EnvironmentTurns;
	readonly healer: ServiceHealer;
	readonly onBug?: (stream: string, error: unknown) => void;
}

/** The loop of deployments alone: every one goes its way when its turn in the environment has come. */
export async function driveRollouts(ports: Ports, { turns, healer, onBug }: RolloutLoop): Promise<Driver> {
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
			await performRollout({ ports, healer }, action, context);
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
	const { notes } = application.value;
	const traffic = trafficOf(application.value.application, environment);
	if (!traffic.ok) return traffic;
	const id = ports.newId();
	const digest = createHash('sha256')
		.update(JSON.stringify([sha, application.value.application, traffic.value]))
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
			application: application.value.application,
			traffic: traffic.value,
			changes: await changesOf(ports, project.path, live?.sha, sha),
			...(run === undefined ? {} : { run }),
			...(notes.length === 0 ? {} : { notes }),
		},
	]);
	return ok(id);
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
