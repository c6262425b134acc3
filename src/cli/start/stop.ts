import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, evolve } from '#core/rollout/deployment.ts';
import { systemClock } from '#edge/clock/system.ts';
import { stopProxy } from '#edge/environment/proxy-traffic.ts';
import { isAlive, killTree, signal } from '#edge/process.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';

const stopGraceMs = 5000;

/** Stops the server of a data folder, what is deployed from it, and its proxy; a line for each thing that was stopped. */
export async function stopEverything(data: string): Promise<readonly string[]> {
	const told: string[] = [];
	const server = serverPid(data);
	if (server !== undefined && signal(server, 'SIGTERM')) {
		for (const end = Date.now() + 2 * stopGraceMs; signal(server, 0) && Date.now() < end; ) await sleep(50);
		told.push(`the server, pid ${server}`);
	}
	const services = await liveServices(data);
	await stopProxy(join(data, 'proxy'));
	for (const { name, instance } of services) {
		if (!isAlive(instance)) continue;
		await killTree(instance, stopGraceMs);
		told.push(`${name}, pid ${instance.pid}`);
	}
	return told;
}

function serverPid(data: string): number | undefined {
	try {
		return (JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { pid: number }).pid;
	} catch {
		return undefined;
	}
}

/** Read from the record itself: an engine would start again what does not run. */
async function liveServices(data: string) {
	const store = await sqliteStore({ file: join(data, 'footbridge.db'), clock: systemClock() });
	try {
		const live = await store.deployments({ status: ['live'], limit: 200 });
		const folded = await Promise.all(
			live.map(async (row) =>
				(await store.read(`deployment/${row.deployment}`)).reduce<Deployment | undefined>(evolve, undefined),
			),
		);
		return folded.flatMap((deployment) =>
			Object.entries(deployment?.instances ?? {}).map(([service, instance]) => ({
				name: `${service} of ${deployment?.project}/${deployment?.environment}`,
				instance,
			})),
		);
	} finally {
		await store.close();
	}
}
