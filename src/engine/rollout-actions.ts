import { join } from 'node:path';
import type { Service } from '#core/compose/application.ts';
import { startOrder } from '#core/compose/compose-file.ts';
import { startLimitMs } from '#core/compose/start-limit.ts';
import type { Instance } from '#core/event.ts';
import { type Problem, ProblemError } from '#core/result.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import type { RolloutAction } from '#core/rollout/rollout.ts';
import type { Check, Version } from '#edge/environment/environment.ts';
import type { Context } from './driver.ts';
import type { Ports } from './ports.ts';
import type { ServiceHealer } from './service-healer.ts';
import { listenerOf, reachFor, readDeployment, targetOf, versionOf } from './version.ts';

const drainMs = 30_000;
const pollMs = 200;
const verifyTries = 10;
const routeBackTries = 10;
const settleMs = 1000;
/** Tries between two looks at the version that serves. */
const healEvery = 10;
/** Versions that failed and whose code and log are kept. */
const keptFailures = 5;
const logLines = 12;

type RolloutContext = Context<Deployment | undefined>;

export interface RolloutTools {
	readonly ports: Ports;
	readonly healer: ServiceHealer;
}

/** Does one action of a deployment. Whatever it throws makes the deployment fail, and the way back begins. */
export async function performRollout(
	{ ports, healer }: RolloutTools,
	action: RolloutAction,
	context: RolloutContext,
): Promise<void> {
	const deployment = context.state();
	if (deployment === undefined) return;
	switch (action.do) {
		case 'prepare':
			return prepare(ports, deployment, context);
		case 'start-service':
			return startService(ports, deployment, serviceOf(deployment, action.service), context);
		case 'await-health':
			return awaitHealth({ ports, healer }, serviceOf(deployment, action.service), context);
		case 'switch':
			return switchTo(ports, deployment, context);
		case 'verify':
			return verify(ports, deployment, context);
		case 'route-back':
			return routeBack(ports, deployment, action.to, context);
		case 'drain': {
			const open =
				deployment.traffic.service === undefined
					? 0
					: await ports.traffic.drain(listenerOf(deployment), action.version, drainMs);
			return context.append({ kind: 'version-drained', deployment: action.version, open });
		}
		case 'stop':
			await healer.settled(action.version);
			return stopVersion(ports, deployment, action.version, context);
		case 'finish':
			return finish(ports, deployment, action.isGood, context);
	}
}

async function prepare(ports: Ports, deployment: Deployment, context: RolloutContext): Promise<void> {
	const version = versionOf(ports, deployment);
	const project = (await ports.store.projects()).find((row) => row.project === deployment.project);
	if (project === undefined)
		throw new ProblemError({
			code: 'FB2001',
			what: `there is no project ${deployment.project}`,
			next: 'footbridge project add <path>',
		});
	// A half-made copy of a Footbridge that was killed.
	await ports.environments.remove(version);
	await ports.source.checkout(project.path, deployment.sha, join(version.directory, 'code'), { depth: 1, git: false });
	await ports.environments.prepare(version);
	await removeOldFailures(ports, deployment);
	await context.append({ kind: 'version-prepared', directory: version.directory });
}

async function removeOldFailures(ports: Ports, { project, environment }: Deployment): Promise<void> {
	const status = ['failed', 'rolled-back'];
	const failures = await ports.store.deployments({ project, environment, status, limit: keptFailures + 5 });
	for (const { deployment: id } of failures.slice(keptFailures))
		await ports.environments.remove(
			versionOf(ports, { id, project, environment, application: { services: [], volumes: [] } }),
		);
}

/** Starts of each deployment that are under way in this process: a version is stopped only after the last of them. */
const starting = new Map<string, Set<Promise<unknown>>>();

async function startService(
	ports: Ports,
	deployment: Deployment,
	service: Service,
	context: RolloutContext,
): Promise<void> {
	if (deployment.failing !== undefined) return;
	const starts = starting.get(deployment.id) ?? new Set();
	starting.set(deployment.id, starts);
	const reach = reachFor(deployment.application, deployment.instances, service);
	const start = ports.environments.start(versionOf(ports, deployment), service, reach);
	starts.add(start);
	try {
		await context.append({ kind: 'service-started', service: service.name, instance: await start });
	} finally {
		starts.delete(start);
		if (starts.size === 0) starting.delete(deployment.id);
	}
}

/** Checks a service until it is healthy; gives the deployment up when it ends or its time is over. */
async function awaitHealth({ ports, healer }: RolloutTools, service: Service, context: RolloutContext): Promise<void> {
	const deadline = ports.clock.monotonic() + startLimitMs(service);
	for (let tries = 0; ; tries += 1) {
		const deployment = context.state();
		const instance = deployment?.instances[service.name];
		// Another service gave the deployment up meanwhile: nobody waits for this one any more.
		if (deployment === undefined || instance === undefined || deployment.failing !== undefined) return;
		const version = versionOf(ports, deployment);
		const check = await ports.environments.check(version, service, instance);
		if (check.healthy && (await hasSettled(ports, service, instance, context.signal)))
			return context.append({ kind: 'service-checked', service: service.name, ...check });
		const isAlive = await ports.environments.isAlive(instance);
		if (!isAlive || ports.clock.monotonic() >= deadline)
			return giveUp(ports, { version, service, why: whyNot(service, isAlive, check) }, context);
		if (tries % healEvery === 0) await healServing(ports, healer, deployment);
		await ports.clock.sleep(Math.min(pollMs, service.healthcheck?.intervalMs ?? pollMs), context.signal);
	}
}

/** A service that nothing can be asked of, a worker, is healthy when it did not end at once. */
async function hasSettled(ports: Ports, service: Service, instance: Instance, signal: AbortSignal): Promise<boolean> {
	if (service.healthcheck !== undefined || service.ports.length > 0) return true;
	await ports.clock.sleep(settleMs, signal);
	return ports.environments.isAlive(instance);
}

/** As long as traffic has not been switched, the version that serves is kept alive: a deployment may wait for minutes. */
async function healServing(ports: Ports, healer: ServiceHealer, deployment: Deployment): Promise<void> {
	const live = await serving(ports, deployment);
	// What cannot be mended now is tried again, and is no fault of the new version.
	if (live !== undefined) await healer.heal(live).catch(() => {});
}

function whyNot(service: Service, isAlive: boolean, check: Check): string {
	if (!isAlive) return 'it ended before it was healthy';
	if (service.healthcheck !== undefined) return `its healthcheck did not pass: ${check.detail}`;
	return `${check.detail}; it has to listen on the port that it finds in PORT`;
}

async function giveUp(
	ports: Ports,
	unhealthy: { readonly version: Version; readonly service: Service; readonly why: string },
	context: RolloutContext,
): Promise<void> {
	const { version, service, why } = unhealthy;
	const lines = await ports.environments.tail(version, service.name, logLines);
	const reason: Problem = {
		code: 'FB3020',
		what: `${service.name} did not get healthy`,
		why: lines.length === 0 ? `${why}; it wrote nothing` : `${why}; the last it wrote:\n${lines.join('\n')}`,
		where: `service ${service.name}, ${join(version.directory, 'log', `${service.name}.log`)}`,
		next: `mend the service and deploy again; try its healthcheck by hand first`,
	};
	await context.append(
		{ kind: 'service-checked', service: service.name, healthy: false, detail: why },
		{ kind: 'deployment-failing', reason },
	);
}

async function switchTo(ports: Ports, deployment: Deployment, context: RolloutContext): Promise<void> {
	for (const service of deployment.application.services) {
		const instance = deployment.instances[service.name];
		if (instance !== undefined && (await ports.environments.isAlive(instance))) continue;
		const why = 'it was healthy, and ended before it got traffic';
		return giveUp(ports, { version: versionOf(ports, deployment), service, why }, context);
	}
	const target = targetOf(deployment);
	const live = await serving(ports, deployment);
	if (target !== undefined) await ports.traffic.route(listenerOf(deployment), deployment.id, target);
	await context.append({ kind: 'traffic-switched', to: deployment.id, ...(live === undefined ? {} : { from: live }) });
}

/** The version that is live now; after a crash between the switch and its record the proxy may say our own already. */
async function serving(ports: Ports, { project, environment, id }: Deployment): Promise<string | undefined> {
	const live = await ports.store.deployments({ project, environment, status: ['live'], limit: 1 });
	return live.find((row) => row.deployment !== id)?.deployment;
}

async function verify(ports: Ports, deployment: Deployment, context: RolloutContext): Promise<void> {
	if (deployment.traffic.service === undefined)
		return context.append({ kind: 'traffic-verified', detail: 'no service takes traffic' });
	const { name } = listenerOf(deployment);
	let seen = 'the proxy has no route';
	for (let tries = 0; tries < verifyTries; tries += 1) {
		const route = (await ports.traffic.observe()).find((other) => other.listener === name);
		if (route?.version === deployment.id) {
			const answer = await ports.probe.ask(`http://127.0.0.1:${route.port}${deployment.traffic.probePath}`, 2000);
			seen = answer.detail;
			if (answer.good)
				return context.append({
					kind: 'traffic-verified',
					detail: `${deployment.traffic.probePath} answers ${answer.detail}`,
				});
		}
		await ports.clock.sleep(pollMs, context.signal);
	}
	throw new ProblemError({
		code: 'FB3021',
		what: 'the new version does not answer through the proxy',
		why: `${deployment.traffic.probePath}: ${seen}`,
		where: `${name}`,
		next: 'check `probe: { path: ... }` in footbridge.yaml and what the service answers there',
	});
}

async function routeBack(
	ports: Ports,
	deployment: Deployment,
	to: string | undefined,
	context: RolloutContext,
): Promise<void> {
	const before = to === undefined ? undefined : await readDeployment(ports, to);
	const target = before === undefined ? undefined : targetOf(before);
	// It may have been reached at another port.
	const listener = listenerOf(before ?? deployment);
	await insistently(ports, context.signal, async () => {
		if (before === undefined) await ports.traffic.remove(listener);
		else if (target !== undefined) await ports.traffic.route(listener, before.id, target);
	});
	await context.append({ kind: 'traffic-switched', to: to ?? 'none', from: deployment.id });
}

/** Users must not be left with a version that failed: a proxy that refuses is asked again. */
async function insistently(ports: Ports, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
	for (let tries = 1; ; tries += 1) {
		try {
			return await act();
		} catch (error) {
			if (tries >= routeBackTries || signal.aborted) throw error;
			await ports.clock.sleep(pollMs, signal);
		}
	}
}

/** Stops a version's services, the last started first, and removes its copy of the code; its environment's data stays. */
async function stopVersion(ports: Ports, deployment: Deployment, id: string, context: RolloutContext): Promise<void> {
	await Promise.allSettled(starting.get(id) ?? []);
	// Killed between the switch and its record, a version has traffic that its stream does not know of.
	const listener = listenerOf(deployment).name;
	const route = (await ports.traffic.observe()).find((other) => other.listener === listener);
	if (id === deployment.id && route?.version === id)
		await routeBack(ports, deployment, await serving(ports, deployment), context);
	const version = id === deployment.id ? deployment : await readDeployment(ports, id);
	if (version !== undefined) {
		for (const service of (startOrder(version.application.services) ?? []).toReversed()) {
			await ports.environments.stop(versionOf(ports, version), service);
		}
		// The log of a version that failed is what people want to read.
		if (id !== deployment.id) await ports.environments.remove(versionOf(ports, version));
	}
	await context.append({ kind: 'version-stopped', deployment: id });
}

async function finish(ports: Ports, deployment: Deployment, isGood: boolean, context: RolloutContext): Promise<void> {
	const { exposed, failing } = deployment;
	if (!isGood) {
		const isServed = (await serving(ports, deployment)) !== undefined;
		return context.append({
			kind: 'deployment-finished',
			outcome: isServed ? 'rolled-back' : 'failed',
			exposed,
			...(failing === undefined ? {} : { reason: failing }),
		});
	}
	// First the others: killed in between, this one is still to be finished, and never are two live.
	const live = await ports.store.deployments({
		project: deployment.project,
		environment: deployment.environment,
		status: ['live'],
		limit: 100,
	});
	for (const { deployment: id } of live) {
		if (id !== deployment.id)
			await ports.store.append(`deployment/${id}`, 'engine', [{ kind: 'deployment-superseded', by: deployment.id }]);
	}
	await context.append({ kind: 'deployment-finished', outcome: 'live', exposed });
}

function serviceOf(deployment: Deployment, name: string): Service {
	const service = deployment.application.services.find((other) => other.name === name);
	if (service === undefined) throw new Error(`the application has no service ${name}`);
	return service;
}
