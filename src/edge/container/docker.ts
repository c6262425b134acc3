import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Container } from '#core/container/container.ts';
import { fullName, imageReference } from '#core/container/image-reference.ts';
import { PullProgress } from '#core/container/pull-progress.ts';
import { ProblemError } from '#core/result.ts';
import type { Building, ContainerEngine, ContainerState, Image, Pulling } from './container.ts';
import { type EngineAddress, engineAddresses, whyNoEngine } from './docker-address.ts';
import { answers } from './docker-answers.ts';
import { engineRefused, isMissing, messageOf, notBuilt, notPulled } from './docker-problems.ts';
import { createRequest } from './docker-request.ts';
import { startContainer } from './docker-start.ts';

/** Which engine is meant. */
export interface DockerOptions {
	/** `unix:///run/docker.sock`; absent: `DOCKER_HOST`, else the first of the usual sockets that answers. */
	readonly host?: string | undefined;
	readonly env?: NodeJS.ProcessEnv;
}

/** Docker's engine, or Podman's, by the API that both speak. Nothing is loaded and nobody is asked before it is used. */
export function dockerEngine(options: DockerOptions = {}): ContainerEngine {
	const connection = new Connection(engineAddresses(options.env ?? process.env, options.host));
	const client = () => connection.client();
	return {
		available: () => connection.whyNot(),
		version: async () => {
			const { Version = '', Components = [] } = await asked('tell its version', async () => (await client()).version());
			const isPodman = Components.some(({ Name }) => /podman/i.test(Name));
			return `${isPodman ? 'Podman' : 'Docker'} ${Version}`;
		},
		image: async (name) => imageOf(await client(), name),
		pull: async (name, pulling) => pullImage(await client(), name, pulling),
		build: async (building) => buildImage(await client(), building),
		create: async (container) => create(await client(), container),
		start: async (id, output) => {
			const docker = await client();
			return asked('start a container', () => startContainer(docker.getContainer(id), output));
		},
		state: async (id) =>
			stateOf(await (await client()).getContainer(id).inspect().catch(refusedTo('tell of a container'))),
		logs: async (id, lines) => {
			const container = (await client()).getContainer(id);
			const said = await asked('tell what a container said', () =>
				container.logs({ stdout: true, stderr: true, tail: lines, follow: false }),
			);
			return plainText(said);
		},
		signal: async (id, name) => quietly((await client()).getContainer(id).kill({ signal: name })),
		remove: async (id) => removeContainer(await client(), id),
		createNetwork: async (name, labels) => {
			const docker = await client();
			const made = await asked('make a network', () =>
				docker.createNetwork({ Name: name, Labels: { ...labels }, CheckDuplicate: true }),
			);
			return made.id;
		},
		removeNetwork: async (id) => quietly((await client()).getNetwork(id).remove()),
		removeVolume: async (name) => quietly((await client()).getVolume(name).remove({ force: true })),
		sweep: async (label) => sweep(await client(), label),
		close: () => connection.close(),
	};
}

/** The first of the addresses that answers, found when it is first needed. */
class Connection {
	readonly #addresses: readonly EngineAddress[];
	#found: Promise<Docker | undefined> | undefined;
	#complaints: readonly string[] = [];

	constructor(addresses: readonly EngineAddress[]) {
		this.#addresses = addresses;
	}

	async whyNot(): Promise<string | undefined> {
		return (await this.#find()) === undefined ? whyNoEngine(this.#complaints) : undefined;
	}

	async client(): Promise<Docker> {
		const found = await this.#find();
		if (found === undefined) throw new ProblemError(engineRefused('answer', whyNoEngine(this.#complaints)));
		return found;
	}

	close(): void {
		this.#found = undefined;
	}

	async #find(): Promise<Docker | undefined> {
		this.#found ??= this.#connect();
		const found = await this.#found;
		// It may be started in the meantime.
		if (found === undefined) this.#found = undefined;
		return found;
	}

	async #connect(): Promise<Docker | undefined> {
		const complaints: string[] = [];
		for (const { shown, options } of this.#addresses) {
			const { default: Client } = await import('dockerode');
			try {
				await new Client({ ...options, timeout: 5000 }).ping();
				return new Client({ ...options });
			} catch (error) {
				complaints.push(`${shown}: ${messageOf(error)}`);
			}
		}
		this.#complaints = complaints;
		return undefined;
	}
}

/** Asks the engine; what it refuses is a problem. */
async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
	try {
		return await ask();
	} catch (error) {
		throw error instanceof ProblemError
			? error
			: new ProblemError(engineRefused(what, messageOf(error)), { cause: error });
	}
}

function refusedTo(what: string): (error: unknown) => never {
	return (error) => {
		throw new ProblemError(engineRefused(what, messageOf(error)), { cause: error });
	};
}

/** What is gone already, or ends at the moment, is no failure of an end. */
async function quietly(work: Promise<unknown>): Promise<void> {
	try {
		await work;
	} catch (error) {
		if (!isMissing(error)) refusedTo('remove what it made')(error);
	}
}

/** Podman does not remove what is ending at that moment. */
async function removeContainer(docker: Docker, id: string): Promise<void> {
	for (let tries = 0; ; tries += 1) {
		try {
			await docker.getContainer(id).remove({ force: true, v: true });
			return;
		} catch (error) {
			if (isMissing(error)) return;
			if (!/state improper/.test(messageOf(error)) || tries >= mostTries) refusedTo('remove a container')(error);
			await sleep(100);
		}
	}
}

const mostTries = 50;

async function imageOf(docker: Docker, name: string): Promise<Image | undefined> {
	try {
		const { Id, RepoDigests, Config } = await docker.getImage(fullName(name)).inspect();
		const repository = imageReference(name)?.repository;
		const digests = RepoDigests ?? [];
		const digest = digests.find((one) => imageReference(one)?.repository === repository) ?? digests[0];
		const variables = (Config.Env ?? []).map((text) => {
			const at = text.indexOf('=');
			return [text.slice(0, at), text.slice(at + 1)] as const;
		});
		const list = (value: string | readonly string[] | null | undefined) =>
			typeof value === 'string' ? [value] : (value ?? []);
		return {
			id: Id.startsWith('sha256:') ? Id : `sha256:${Id}`,
			...(digest === undefined ? {} : { digest }),
			env: Object.fromEntries(variables),
			user: Config.User ?? '',
			entrypoint: list(Config.Entrypoint),
			command: list(Config.Cmd),
		};
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw new ProblemError(engineRefused('tell of an image', messageOf(error)), { cause: error });
	}
}

async function pullImage(docker: Docker, name: string, { credentials, platform, say, signal }: Pulling): Promise<void> {
	const registry = imageReference(name)?.registry ?? 'docker.io';
	const serveraddress = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
	const progress = new PullProgress();
	try {
		const stream = await docker.pull(fullName(name), {
			...(credentials === undefined ? {} : { authconfig: { ...credentials, serveraddress } }),
			...(platform === undefined ? {} : { platform }),
			abortSignal: signal,
		});
		for await (const message of answers(stream)) {
			if (message.error !== undefined) throw new Error(message.error);
			for (const line of progress.take(message)) say(line);
		}
	} catch (error) {
		throw new ProblemError(notPulled(name, registry, messageOf(error)), { cause: error });
	}
}

async function buildImage(docker: Docker, { name, context, dockerfile, labels, say, signal }: Building): Promise<void> {
	try {
		const stream = await docker.buildImage(Readable.from([Buffer.from(context)]), {
			t: name,
			dockerfile,
			labels: { ...labels },
			rm: true,
			forcerm: true,
			abortSignal: signal,
		});
		for await (const message of answers(stream)) {
			if (message.error !== undefined) throw new Error(message.error);
			const text = (message.stream ?? '').trimEnd();
			if (text !== '') for (const line of text.split('\n')) say(line);
		}
	} catch (error) {
		throw new ProblemError(notBuilt(messageOf(error)), { cause: error });
	}
}

async function create(docker: Docker, container: Container): Promise<string> {
	return asked('make a container', async () => (await docker.createContainer(createRequest(container))).id);
}

function stateOf({ State, NetworkSettings }: Docker.ContainerInspectInfo): ContainerState {
	const ports = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) => {
		const host = Number(bindings?.[0]?.HostPort);
		return host > 0 ? [[port, host] as const] : [];
	});
	const status = State.Health?.Status ?? '';
	const isRunning = State.Running === true || State.Status === 'running';
	return {
		isRunning,
		exitCode: isRunning || State.Status === 'created' ? null : State.ExitCode,
		isOutOfMemory: State.OOMKilled === true,
		health: status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none',
		healthOutput: State.Health?.Log?.at(-1)?.Output?.trim() ?? '',
		ports: Object.fromEntries(ports),
	};
}

async function sweep(docker: Docker, label: string): Promise<void> {
	const filters = { label: [label] };
	for (const { Id } of await docker.listContainers({ all: true, filters })) await removeContainer(docker, Id);
	for (const { Id } of await docker.listNetworks({ filters })) await quietly(docker.getNetwork(Id).remove());
	const { Volumes } = await docker.listVolumes({ filters });
	for (const { Name } of Volumes ?? []) await quietly(docker.getVolume(Name).remove({ force: true }));
}

/** What was said, without the frames that tell the two streams apart. */
function plainText(said: Buffer): string {
	const parts: Buffer[] = [];
	for (let at = 0; at + 8 <= said.length; ) {
		const length = said.readUInt32BE(at + 4);
		parts.push(said.subarray(at + 8, at + 8 + length));
		at += 8 + length;
	}
	return Buffer.concat(parts).toString();
}
