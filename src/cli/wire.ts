import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runner } from '#core/isolation/accounts.ts';
import { type Problem, ProblemError } from '#core/result.ts';
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
import { masterKeys } from '#edge/vault/master-keys.ts';
import { sealedVault } from '#edge/vault/sealed.ts';
import { startEngine } from '#engine/engine.ts';
import type { Places, Ports } from '#engine/ports.ts';
import { openStorage } from '#engine/storage/storage.ts';
import { openAccess } from '#server/access/access.ts';
import { createApi, serve } from '#server/server.ts';
import { toolkitServices } from '#server/toolkit/toolkit.ts';
import { credentialFor, serverAddress } from './credentials.ts';
import { givenMasterKey } from './given-master-key.ts';
import { type RunningServer, readServerFile, removeServerFile, runningServer, writeServerFile } from './server-file.ts';

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
	/** The address of a server elsewhere; absent: FOOTBRIDGE_SERVER, else the data folder. */
	readonly server?: string | undefined;
}

/** The data folder: what was asked for, `FOOTBRIDGE_DATA`, else the user's usual place for data. */
export function dataFolder({ data }: Where): string {
	const asked = data ?? process.env['FOOTBRIDGE_DATA'];
	if (asked !== undefined && asked !== '') return resolve(asked);
	return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'footbridge');
}

/** Opens the API on a data folder. */
export async function openFootbridge(where: Where = {}): Promise<Footbridge> {
	const elsewhere = where.server ?? process.env['FOOTBRIDGE_SERVER'];
	if (elsewhere !== undefined && elsewhere !== '') return openElsewhere(serverAddress(elsewhere));
	const data = dataFolder(where);
	const running = await runningServer(data);
	if (running !== undefined) return { ...reached(running.url, running.key), fetch: throughRestarts(data, running) };
	const started = await startHere(data, { watch: false });
	return {
		url: undefined,
		fetch: async (path, init) => started.api.fetch(ownRequest(path, init, started.key)),
		close: started.close,
	};
}

function openElsewhere(server: string): Footbridge {
	const credential = credentialFor(server);
	if (credential !== undefined) return reached(server, credential.token);
	throw new ProblemError({
		code: 'FB0162',
		what: `nobody is signed in to ${server}`,
		next: `footbridge login ${server}; or put a token into FOOTBRIDGE_TOKEN`,
	});
}

/** A server, and what it lets us in with. */
function reached(url: string, key: string): Footbridge {
	return { url, fetch: (path, init) => fetch(new URL(path, url), withKey(init, key)), close: async () => {} };
}

/** A server that was started again has another key: it is read again, and the request sent once more. */
function throughRestarts(data: string, running: RunningServer): Footbridge['fetch'] {
	let { key } = running;
	return async (path, init) => {
		// Another request may have read the new one meanwhile.
		const used = key;
		const answer = await fetch(new URL(path, running.url), withKey(init, used));
		if (answer.status !== 401) return answer;
		const newer = await newerKey(data, used);
		if (newer === undefined) return answer;
		key = newer;
		return fetch(new URL(path, running.url), withKey(init, key));
	};
}

/** A server answers some moments before it has told its key. */
async function newerKey(data: string, key: string): Promise<string | undefined> {
	for (let looks = 0; looks < 40; looks += 1) {
		const now = readServerFile(data);
		if (now !== undefined && now.key !== key) return now.key;
		await sleep(50);
	}
	return undefined;
}

function withKey(init: RequestInit | undefined, key: string): RequestInit {
	const headers = new Headers(init?.headers);
	headers.set('authorization', `Bearer ${key}`);
	return { ...init, headers };
}

/** Starts a server on a data folder; rejects with a Problem when another process has it. */
export async function startServer(options: ServerOptions): Promise<Footbridge & { readonly url: string }> {
	const data = dataFolder(options);
	const started = await startHere(data, { watch: true, address: options.url });
	const host = options.host ?? '127.0.0.1';
	const server = await letIn(started, { ...options, host }, () =>
		serve(started.api, { port: options.port ?? 4455, host }),
	).catch(async (error: unknown) => {
		// A port that is taken must not leave an engine behind that nobody can reach.
		await started.close();
		throw error;
	});
	writeServerFile(data, { url: ownAddress(server.url), pid: process.pid, key: started.key });
	return {
		...reached(ownAddress(server.url), started.key),
		url: ownAddress(server.url),
		close: async () => {
			removeServerFile(data);
			await server.close();
			await started.close();
		},
	};
}

/** Where a server listens, and how it is reached from elsewhere. */
interface ServerOptions extends Where {
	readonly port?: number;
	/** Absent: this machine alone. */
	readonly host?: string | undefined;
	/** `https://ci.example.org` */
	readonly url?: string | undefined;
}

const loopback = ['127.0.0.1', '::1', 'localhost'];

/** Others may reach the server only once there is somebody who may let them in. */
async function letIn<T>(
	{ access }: Started,
	{ host = '', url }: Pick<ServerOptions, 'host' | 'url'>,
	listen: () => Promise<T>,
): Promise<T> {
	if (loopback.includes(host)) return listen();
	const hasPeople = (await access.people.list()).length > 0;
	if (hasPeople && url !== undefined) return listen();
	if (hasPeople) throw new ProblemError(unnamed(host));
	throw new ProblemError({
		code: 'FB6049',
		what: `without an account the server does not listen on ${host}`,
		why: 'the first who comes along from elsewhere could make it theirs',
		next: 'make the first account here: footbridge users add <name> --role admin',
	});
}

/** A server answers to its own name alone: a foreign one that leads to it is an attack. */
function unnamed(host: string): Problem {
	return {
		code: 'FB0130',
		what: `listening on ${host} needs --url`,
		why: 'the server answers only to the name that it is reached by',
		next: 'footbridge up --host <address> --url https://ci.example.org',
	};
}

/** A server that listens everywhere is asked by its own machine here. */
function ownAddress(url: string): string {
	return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

type Started = Awaited<ReturnType<typeof startHere>>;

async function startHere(
	data: string,
	{ watch, address }: { readonly watch: boolean; readonly address?: string | undefined },
) {
	const starter = processStarter();
	const ports = await openPorts(data, starter);
	const engine = await startEngine(ports, {
		capacity: Math.max(2, availableParallelism()),
		watch,
		platform: process.platform,
	});
	const key = randomBytes(32).toString('base64url');
	const access = openAccess({
		...ports,
		localKey: key,
		...(address === undefined ? {} : { url: serverAddress(address) }),
	});
	const api = createApi(engine, { access, web: fileURLToPath(new URL('../../dist/web', import.meta.url)) });
	return {
		...{ api, access, key },
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
	const vault = sealedVault(masterKeys(join(data, 'master.key'), givenMasterKey()));
	const storage = openStorage({ store, blobs: fileBlobs(join(data, 'blobs')), clock, newId });
	return {
		clock,
		places,
		newId,
		store,
		storage,
		vault,
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
function ownRequest(path: string, init: RequestInit | undefined, key: string): Request {
	const request = new Request(`http://localhost${path}`, withKey(init, key));
	request.headers.set('host', 'localhost');
	return request;
}
