import type { Container } from '#core/container/container.ts';
import type { Credentials } from '#core/container/definition.ts';

/**
 * The containers of an engine on this machine: Docker's, or one that speaks as it does.
 *
 * Life cycle: `available` whenever somebody asks for a container -> `pull` or `build` -> `create` -> `start` -> `state`, `logs`,
 * `signal` -> `remove`, always, also after a failure; a network the same. Everything bears a label of who made it, and `sweep` removes
 * what a killed Footbridge left by that. Every method rejects with a ProblemError FB2103 when the engine refuses.
 */
export interface ContainerEngine {
	/** Undefined when it answers, else one sentence why not. */
	available(): Promise<string | undefined>;
	/** "Docker 20.10.24" */
	version(): Promise<string>;
	/** The image of that name, as far as it is here. */
	image(name: string): Promise<Image | undefined>;
	/** Brings an image here from its registry. FB2104: it cannot be had. */
	pull(name: string, pulling: Pulling): Promise<void>;
	/** Makes an image of a folder with a Dockerfile. FB2105: it fails. */
	build(building: Building): Promise<void>;
	/** Its id. The image must be here. */
	create(container: Container): Promise<string>;
	/** Starts what was created. With `output`, everything that it says is handed over from its first byte on. */
	start(id: string, output?: ContainerOutput): Promise<Started>;
	state(id: string): Promise<ContainerState>;
	/** The last lines that it said. */
	logs(id: string, lines: number): Promise<string>;
	/** Sends a signal to its first process; nothing happens when that is gone. */
	signal(id: string, name: string): Promise<void>;
	/** Ends and removes it with its volumes without a name; nothing happens when it is gone. */
	remove(id: string): Promise<void>;
	/** Makes a network of its own, in which containers find each other by name; its id. */
	createNetwork(name: string, labels: { readonly [name: string]: string }): Promise<string>;
	removeNetwork(id: string): Promise<void>;
	removeVolume(name: string): Promise<void>;
	/** Removes every container, network and volume with this label, whatever its value, or with this value: `name` or `name=value`. */
	sweep(label: string): Promise<void>;
	close(): void;
}

/** An image that is here. */
export interface Image {
	/** `sha256:...` of its configuration. */
	readonly id: string;
	/** `name@sha256:...`: what a registry calls it; absent for one that was made here. */
	readonly digest?: string;
	readonly env: { readonly [name: string]: string };
	/** Empty: root. */
	readonly user: string;
	readonly entrypoint: readonly string[];
	readonly command: readonly string[];
}

export interface Pulling {
	/** Reach the registry and nobody else. */
	readonly credentials?: Credentials;
	/** `linux/arm64`; absent: the machine's. */
	readonly platform?: string;
	/** What happens, in lines worth reading. */
	readonly say: (line: string) => void;
	readonly signal: AbortSignal;
}

export interface Building {
	/** Name that the image gets. */
	readonly name: string;
	/** A tar of the folder that its Dockerfile may use. */
	readonly context: Uint8Array;
	/** From the folder. */
	readonly dockerfile: string;
	readonly labels: { readonly [name: string]: string };
	readonly say: (line: string) => void;
	readonly signal: AbortSignal;
}

/** Takes what a container says; awaited: who is slow slows the container. */
export type ContainerOutput = (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void | Promise<void>;

export interface Started {
	/** To its standard input, where it has one. */
	write(text: string): void;
	/** Lets go of its standard input. */
	close(): void;
	/** Resolves when it has ended and everything that it said was handed over. Rejects with what `output` threw. */
	readonly ended: Promise<number>;
}

export interface ContainerState {
	readonly isRunning: boolean;
	/** Null while it runs. */
	readonly exitCode: number | null;
	/** The memory limit ended it. */
	readonly isOutOfMemory: boolean;
	/** `none`: nobody looks. */
	readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
	/** What the last look at its health said. */
	readonly healthOutput: string;
	/** Ports of this machine's loopback by those of the container: `5432/tcp` -> 49153. */
	readonly ports: { readonly [port: string]: number };
}
