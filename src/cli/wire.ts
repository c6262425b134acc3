import { randomUUIDv7 } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from '#core/isolation/accounts.ts';
import type { Actions } from '#edge/action/action.ts';
import { gitActions } from '#edge/action/git.ts';
import { fileBlobs } from '#edge/blob/files.ts';
import { systemClock } from '#edge/clock/system.ts';
import { dockerEngine } from '#edge/container/docker.ts';
import { processEnvironments } from '#edge/environment/processes.ts';
import { proxyTraffic } from '#edge/environment/proxy-traffic.ts';
import { fileLogs } from '#edge/log/files.ts';
import { workerMatchers } from '#edge/matcher/worker-matchers.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import { httpProbe } from '#edge/probe/http.ts';
import { type ProcessStarter, processStarter } from '#edge/process-starter.ts';
import { containerSandbox } from '#edge/sandbox/container.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import { gitSource } from '#edge/source/git.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import { fetchedToolchains } from '#edge/toolchain/fetched-toolchains.ts';
import type { Toolchains } from '#edge/toolchain/toolchain.ts';
import { straceTraces } from '#edge/trace/strace.ts';
import { startEngine } from '#engine/engine.ts';
import type { Places, Ports } from '#engine/ports.ts';
import { openStorage } from '#engine/storage/storage.ts';
import { createApi, serve } from '#server/server.ts';
import { toolkitServices } from '#server/toolkit/toolkit.ts';

/** Footbridge as a command sees it: the API, wherever it runs. */
export interface Footbridge {
	/** `/api/v1/...`: over HTTP when a server has this data folder, else in this process. */
	readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
	/** Where the pages are, when a server has this data folder. */
	readonly url: string | undefined;
	close(): Promise<void>;
}

export interface Where {
	/** The data folder; see `dataFolder`. */
	readonly data?: string | undefined;
}

/** The data folder: what was asked for, `FOOTBRIDGE_DATA`, else the user's usual place for data. */
export function dataFolder({ data }: Where): string {
	const asked = data ?? process.env['FOOTBRIDGE_DATA'];
	if (asked !== undefined && asked !== '') return resolve(asked);
	return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'footbridge');
}

/** Opens the API on a data folder. */
export async function openFootbridge(where: Where = {}): Promise<Footbridge> {
	const data = dataFolder(where);
	const url = await serverOf(data);
	if (url !== undefined) return { url, fetch: (path, init) => fetch(new URL(path, url), init), close: async () => {} };
	const started = await startHere(data, { watch: false });
	return {
		url: undefined,
		fetch: async (path, init) => started.api.fetch(ownRequest(path, init)),
		close: started.close,
	};
}

/** Starts a server on a data folder; rejects with a Problem when another process has it. */
export async function startServer(
	options: Where & { readonly port?: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
	const data = dataFolder(options);
	const started = await startHere(data, { watch: true });
	const server = await serve(started.api, { port: options.port ?? 4455, host: '127.0.0.1' }).catch(
		async (error: unknown) => {
			// A port that is taken must not leave an engine behind that nobody can reach.
			await started.close();
			throw error;
		},
	);
	writeFileSync(serverFile(data), JSON.stringify({ url: server.url, pid: process.pid }));
	return {
		url: server.url,
		close: async () => {
			rmSync(serverFile(data), { force: true });
			await server.close();
			await started.close();
		},
	};
}

async function startHere(data: string, { watch }: { readonly watch: boolean }) {
	const starter = processStarter();
	const ports = await openPorts(data, starter);
	const engine = await startEngine(ports, {
		capacity: Math.max(2, availableParallelism()),
		watch,
		platform: process.platform,
	});
	const api = createApi(engine, { web: fileURLToPath(new URL('../../dist/web', import.meta.url)) });
	return {
		api,
		close: async () => {
			await engine.stop();
			await ports.services?.close();
			starter.close();
			await ports.planner.close();
			await ports.matchers.close();
			await ports.store.close();
		},
	};
}

/** The actions of a data folder; FOOTBRIDGE_ACTIONS_URL says where they come from, whatever a project says. */
export function openActions(where: Where = {}): Actions {
	const from = process.env['FOOTBRIDGE_ACTIONS_URL'];
	return gitActions(join(dataFolder(where), 'actions'), from === undefined || from === '' ? {} : { from });
}

/** Given to the user that jobs are in their rooms: each may change its own copy. */
function openToolchains(data: string): Toolchains {
	return fetchedToolchains(join(data, 'toolchains'), process.getuid?.() === 0 ? { owner: runner } : {});
}

async function openPorts(data: string, starter: ProcessStarter): Promise<Ports> {
	const places: Places = {
		data,
		rooms: join(data, 'rooms'),
		toolCache: join(data, 'tool-cache'),
		environments: join(data, 'environments'),
		evidence: join(data, 'evidence'),
		node: dirname(process.execPath),
	};
	for (const place of [places.rooms, places.environments, places.evidence]) mkdirSync(place, { recursive: true });
	const clock = systemClock();
	const newId = () => randomUUIDv7();
	const store = await sqliteStore({ file: join(data, 'footbridge.db'), clock });
	const source = gitSource(join(data, 'git'));
	const containers = dockerEngine();
	const storage = openStorage({ store, blobs: fileBlobs(join(data, 'blobs')), clock, newId });
	return {
		clock,
		places,
		newId,
		store,
		storage,
		services: toolkitServices({ storage, store, source, clock, keyFile: join(data, 'identity-key.pem') }),
		logs: fileLogs(join(data, 'logs')),
		source,
		actions: openActions({ data }),
		planner: workerPlanner(),
		matchers: workerMatchers(),
		sandboxes: [
			disposableSandbox({ rooms: places.rooms, starter }),
			isolatedSandbox({ rooms: places.rooms, starter }),
			hostSandbox({ starter }),
			containerSandbox({ engine: containers, folder: join(data, 'containers') }),
		],
		containers,
		environments: processEnvironments({ node: places.node, hidden: [data] }),
		traffic: proxyTraffic({
			directory: join(data, 'proxy'),
			program: fileURLToPath(new URL('../proxy/main.ts', import.meta.url)),
		}),
		probe: httpProbe(),
		traces: straceTraces(),
		toolchains: openToolchains(data),
	};
}

/** A request as a server of this machine would get it. */
function ownRequest(path: string, init: RequestInit | undefined): Request {
	const request = new Request(`http://localhost${path}`, init);
	request.headers.set('host', 'localhost');
	return request;
}

/** The server that has this data folder, when it answers. */
async function serverOf(data: string): Promise<string | undefined> {
	try {
		const { url } = JSON.parse(readFileSync(serverFile(data), 'utf8')) as { url: string };
		const answer = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(2000) });
		return answer.ok ? url : undefined;
	} catch {
		return undefined;
	}
}

const serverFile = (data: string): string => join(data, 'server.json');
