import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { Commit, Event } from '#core/event.ts';
import { failed, ok } from '#core/result.ts';
import { fileLogs } from '#edge/log/files.ts';
import type { Logs } from '#edge/log/log.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import type { Store } from '#edge/store/store.ts';
import type { Engine } from '#engine/engine.ts';
import { environmentView } from '#engine/environment-view.ts';
import { metricsOf } from '#engine/metrics.ts';
import type { Ports } from '#engine/ports.ts';
import { ciJobs, commits, plan, requested } from './seed-events.ts';

/** A record on disk with a life in it, and an engine that answers from it. */
export interface Seeded {
	readonly store: Store;
	readonly logs: Logs;
	readonly engine: Engine;
	/** What the engine was asked to do. */
	readonly asked: string[];
	/** Appends now. */
	append(stream: string, ...events: readonly Event[]): Promise<void>;
	close(): Promise<void>;
}

/** A record while it is filled: `at` sets its clock, in ms since the epoch; 0 is now. */
export interface Seeding extends Seeded {
	at(ms: number): void;
}

/** An empty record. */
export async function emptyRecord(): Promise<Seeding> {
	const directory = await mkdtemp(join(tmpdir(), 'footbridge-seed-'));
	let shift: number | undefined;
	const clock = {
		now: () => shift ?? Date.now(),
		monotonic: () => performance.now(),
		sleep: () => Promise.reject(new Error('nobody waits here')),
	};
	const store = await sqliteStore({ file: join(directory, 'footbridge.db'), clock });
	const logs = fileLogs(join(directory, 'logs'));
	const asked: string[] = [];
	const append = async (stream: string, ...events: readonly Event[]) => {
		await store.append(stream, 'system', events);
	};
	const ports = {
		store,
		logs,
		clock: { ...clock, now: () => Date.now() },
		traffic: { observe: async () => routes },
		environments: { isAlive: async ({ pid }: { readonly pid: number }) => pid !== 4242 },
	} as unknown as Ports;
	return {
		...{ store, logs, asked, append },
		at: (ms) => {
			shift = ms === 0 ? undefined : ms;
		},
		engine: engineOn(ports, asked, append),
		async close() {
			await store.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
}

const routes = [
	{ listener: 'shop/production', port: 8080, version: 'd3', target: 43_117 },
	{ listener: 'shop/staging', port: 8081, version: 'd9', target: 43_190 },
];

function engineOn(ports: Ports, asked: string[], append: Seeded['append']): Engine {
	const shop = { project: 'shop', path: '/srv/git/shop.git', defaultBranch: 'main' };
	const views = async () =>
		(await ports.store.projects()).length === 0
			? []
			: Promise.all(configurations.map((configuration) => environmentView(ports, shop, configuration)));
	return {
		ports,
		async addProject(path) {
			if (!path.startsWith('/')) {
				return failed({ code: 'FB2002', what: `${path} is no git repository`, next: 'git init' });
			}
			await append('project/shop', { kind: 'project-added', ...shop, path });
			return ok({ ...shop, path });
		},
		plan: async () =>
			ok({
				plans: [plan(ciJobs)],
				forecasts: {},
				notPlanned: [{ workflow: 'nightly.yml', why: 'not on push' }],
				broken: [],
			}),
		async startRuns(request) {
			if (request.project !== 'shop') {
				return failed({
					code: 'FB2001',
					what: `there is no project ${request.project}`,
					next: 'footbridge project add <path>',
				});
			}
			asked.push(`run ${request.at}`);
			return ok({ runs: ['r1'], notPlanned: [], sha: 'a'.repeat(40), isDirty: false });
		},
		async rerun(run, { failed: isFailedOnly }) {
			asked.push(`rerun ${run}${isFailedOnly ? ' failed' : ''}`);
			return ok(undefined);
		},
		async cancelRun(run, why) {
			asked.push(`cancel ${run}: ${why}`);
			await append(`run/${run}`, { kind: 'cancel-requested', why });
			return ok(undefined);
		},
		async deploy(request) {
			asked.push(`deploy ${request.at} to ${request.environment}`);
			if (request.at === 'nowhere') {
				return failed({
					code: 'FB2003',
					what: 'nowhere is no commit of shop',
					why: 'git does not know it',
					next: 'git log',
				});
			}
			await append('deployment/new', requested(4, commits[0] as Commit, request.environment));
			return ok({ deployment: 'new' });
		},
		environments: async (project) =>
			(await views()).filter((view) => project === undefined || view.project === project),
		async metrics(project, environment, days) {
			const configuration = configurations.find(({ name }) => name === environment);
			if (project !== 'shop' || configuration === undefined) {
				return failed({ code: 'FB3001', what: `${project} has no environment ${environment}` });
			}
			return ok(await metricsOf(ports, shop, configuration, days));
		},
		stop: async () => {},
	};
}

const configuration = {
	lifetime: 'always',
	compose: 'compose.yaml',
	env: {},
	objective: { name: 'availability', target: 0.995, windowDays: 28 },
	probePath: '/healthz',
	probeIntervalMs: 10_000,
} as const;
const configurations: readonly EnvironmentConfiguration[] = [
	{ ...configuration, name: 'production', port: 8080 },
	{ ...configuration, name: 'staging', port: 8081, deploys: 'main' },
];
