import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import { fakeActions } from '#edge/action/fake.ts';
import { memoryBlobs } from '#edge/blob/memory.ts';
import { systemClock } from '#edge/clock/system.ts';
import { fakeEngine } from '#edge/container/fake.ts';
import type { Traffic } from '#edge/environment/environment.ts';
import { processEnvironments } from '#edge/environment/processes.ts';
import { proxyTraffic, stopProxy } from '#edge/environment/proxy-traffic.ts';
import { memoryLogs } from '#edge/log/memory.ts';
import { httpProbe } from '#edge/probe/http.ts';
import { gitSource } from '#edge/source/git.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import type { ProjectRow, Store } from '#edge/store/store.ts';
import { fakeToolchains } from '#edge/toolchain/fake.ts';
import type { Ports } from '#engine/ports.ts';
import { type Rollouts, startRollouts } from '#engine/rollouts.ts';
import { openStorage } from '#engine/storage/storage.ts';
import { readDeployment, versionOf } from '#engine/version.ts';

/** A real small web service: it answers with its version, slowly enough that a switch meets requests under way. */
const server = (version: string, isHealthy: boolean): string => `
const http = require('node:http');
const server = http.createServer((req, res) => {
	if (req.url === '/healthz') return res.writeHead(${isHealthy ? 200 : 500}).end(${isHealthy ? "'ok'" : "'no database'"});
	if (req.url === '/env') return res.end(process.env.STORE_URL);
	setTimeout(() => res.end(${JSON.stringify(version)}), 5);
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening, version ${version}'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const compose = `
services:
  web:
    command: [node, server.cjs]
    ports: ["3000"]
    stop_grace_period: 2s
    healthcheck:
      test: ["CMD-SHELL", "node -e \\"fetch('http://127.0.0.1:'+process.env.PORT+'/healthz').then(r=>{if(!r.ok){console.error('HTTP '+r.status);process.exit(1)}},e=>{console.error(e.message);process.exit(1)})\\""]
      interval: 500ms
      retries: 6
`;

/** Deployments on this machine: a repository, the record, the proxy and processes, all real, in a folder of their own. */
export interface DeployWorld {
	readonly ports: Ports;
	readonly store: Store;
	readonly traffic: Traffic;
	readonly environment: EnvironmentConfiguration;
	readonly repository: string;
	readonly project: ProjectRow;
	/** Commits a version of the service; answers with the commit. */
	commit(version: string, isHealthy?: boolean, composeText?: string): string;
	/** Deploys a commit and waits until it is over; answers with its status. */
	deploy(sha: string): Promise<string>;
	/** Where users reach it. */
	url(): Promise<string>;
	rollouts(): Rollouts;
	/** Waits until a deployment is over; answers with its status. */
	over(id: string): Promise<string>;
	/** Ends Footbridge and leaves everything that it started, as it does. */
	leave(): Promise<void>;
	/** Ends everything, and removes the folder. */
	[Symbol.asyncDispose](): Promise<void>;
}

/** A folder for a world, with its repository. */
export function deployFolder(below = tmpdir()): string {
	const folder = mkdtempSync(join(below, 'footbridge-deploy-'));
	mkdirSync(join(folder, 'shop'));
	mkdirSync(join(folder, 'data'));
	execFileSync('git', ['init', '-q', '-b', 'main', join(folder, 'shop')]);
	return folder;
}

/** Starts Footbridge's deployments on a folder, which may have been one's before. */
export async function deployWorld(folder = deployFolder()): Promise<DeployWorld> {
	const repository = join(folder, 'shop');
	const git = (...args: string[]) =>
		execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
			encoding: 'utf8',
		}).trim();
	const clock = systemClock();
	const data = join(folder, 'data');
	const store = await sqliteStore({ file: join(data, 'footbridge.db'), clock });
	const traffic = proxyTraffic({
		directory: join(data, 'proxy'),
		program: fileURLToPath(new URL('../../src/proxy/main.ts', import.meta.url)),
	});
	const ports: Ports = {
		clock,
		store,
		traffic,
		logs: memoryLogs(),
		source: gitSource(join(data, 'git')),
		actions: fakeActions(),
		planner: { plan: unused, action: unused, close: async () => {} },
		matchers: { open: () => assert.fail(), close: async () => {} },
		sandboxes: [],
		containers: fakeEngine(),
		environments: processEnvironments({ node: dirname(process.execPath), hidden: [data] }),
		probe: httpProbe(),
		traces: { available: unused, failures: unused, remove: unused },
		newId: () => randomUUIDv7(),
		storage: openStorage({ store, blobs: memoryBlobs(), clock, newId: () => randomUUIDv7() }),
		toolchains: fakeToolchains(),
		places: {
			data,
			rooms: join(data, 'rooms'),
			toolCache: join(data, 'cache'),
			environments: join(data, 'environments'),
			evidence: join(data, 'evidence'),
			node: dirname(process.execPath),
		},
	};
	const project = { project: 'shop', path: repository, defaultBranch: 'main' };
	if ((await store.projects()).length === 0)
		await store.append('project/shop', 'system', [{ kind: 'project-added', ...project }]);
	const environment: EnvironmentConfiguration = {
		name: 'production',
		lifetime: 'always',
		compose: 'compose.yaml',
		port: 0,
		env: {},
		objective: { name: 'availability', target: 0.99, windowDays: 28 },
		probePath: '/healthz',
		probeIntervalMs: 1000,
	};
	const rollouts = await startRollouts(ports);
	const over = async (id: string) => {
		for (;;) {
			const deployment = await readDeployment({ store }, id);
			if (deployment?.finishedAt !== undefined) return deployment.status;
			await clock.sleep(20);
		}
	};
	return {
		ports,
		store,
		traffic,
		environment,
		repository,
		project,
		commit: (version, isHealthy = true, composeText = compose) => {
			writeFileSync(join(repository, 'server.cjs'), server(version, isHealthy));
			writeFileSync(join(repository, 'compose.yaml'), composeText);
			git('add', '-A');
			git('commit', '-q', '-m', version);
			return git('rev-parse', 'HEAD');
		},
		deploy: async (sha) => {
			const asked = await rollouts.deploy({ project, environment, sha, purpose: 'release', by: 'system' });
			if (!asked.ok) throw new Error(JSON.stringify(asked.error));
			return over(asked.value);
		},
		url: async () => `http://127.0.0.1:${(await traffic.observe())[0]?.port}`,
		rollouts: () => rollouts,
		over,
		leave: async () => {
			await rollouts.stop();
			await store.close();
		},
		[Symbol.asyncDispose]: async () => {
			await rollouts.stop();
			for (const row of await store.deployments({ limit: 100 })) {
				const deployment = await readDeployment({ store }, row.deployment);
				for (const service of deployment?.application.services ?? []) {
					if (deployment !== undefined)
						await ports.environments.stop(versionOf(ports, deployment), { ...service, stopGraceMs: 100 });
				}
			}
			await stopProxy(join(data, 'proxy'));
			await store.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

const unused = () => Promise.reject(new Error('not used here'));

export interface Load {
	readonly requests: number;
	readonly failed: readonly string[];
	/** Versions that answered, in the order in which they were first seen. */
	readonly versions: readonly string[];
}

/** Sends requests over keep-alive connections, half of them with a body, until it is told to stop. */
export function load(url: string, connections: number): { stop(): Promise<Load> } {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const seen = { requests: 0, failed: [] as string[], versions: new Set<string>() };
	let isOn = true;
	const client = async (index: number) => {
		while (isOn) {
			seen.requests += 1;
			const answer = await ask(url, agent, index % 2 === 0 ? undefined : 'a body').catch((error: Error) => ({
				status: 0,
				text: error.message,
			}));
			if (answer.status === 200) seen.versions.add(answer.text);
			else seen.failed.push(`${answer.status} ${answer.text}`);
		}
	};
	const clients = Array.from({ length: connections }, (_, index) => client(index));
	return {
		stop: async () => {
			isOn = false;
			await Promise.all(clients);
			agent.destroy();
			return { requests: seen.requests, failed: seen.failed, versions: [...seen.versions] };
		},
	};
}

function ask(url: string, agent: Agent, body: string | undefined): Promise<{ status: number; text: string }> {
	return new Promise((resolve, reject) => {
		const out = request(url, { agent, method: body === undefined ? 'GET' : 'POST' }, (answer) => {
			let text = '';
			answer.setEncoding('utf8');
			answer.on('data', (chunk: string) => {
				text += chunk;
			});
			answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
			answer.on('error', reject);
		});
		out.on('error', reject);
		out.end(body);
	});
}
