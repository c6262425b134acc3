import type { Container } from '#core/container/container.ts';
import { ProblemError } from '#core/result.ts';
import type { ContainerEngine, ContainerOutput, ContainerState, Image } from './container.ts';
import { engineRefused, notPulled } from './docker-problems.ts';

/** What a container of the fake does. */
export interface FakeProgram {
	readonly output?: readonly string[];
	/** Absent: it runs until somebody ends it. */
	readonly exitCode?: number;
	/** What it gives back of what is written to it; once nobody writes any more, it ends. */
	readonly isEcho?: boolean;
	readonly health?: ContainerState['health'];
}

export interface FakeEngine extends ContainerEngine {
	/** Everything that is there at the moment, by ids and names. */
	readonly left: readonly string[];
}

/** An engine in memory: `images` are here, `registry` can be pulled from, and `program` says what a container does. */
export function fakeEngine({
	images = [],
	registry = [],
	program = () => ({ exitCode: 0 }),
	whyNot,
}: {
	readonly images?: readonly string[];
	readonly registry?: readonly string[];
	readonly program?: (container: Container) => FakeProgram;
	readonly whyNot?: string;
} = {}): FakeEngine {
	const here = new Set(images);
	const containers = new Map<string, FakeContainer>();
	const networks = new Map<string, { readonly name: string; readonly labels: Labels }>();
	let made = 0;
	const find = (id: string): FakeContainer => {
		const found = containers.get(id);
		if (found === undefined) throw new ProblemError(engineRefused('find the container', id));
		return found;
	};
	const imageOf = (name: string): Image => ({ id: `sha256:${name}`, env: {}, user: '', entrypoint: [], command: [] });
	const remove = async (id: string) => {
		containers.get(id)?.end(137);
		containers.delete(id);
	};
	return {
		get left() {
			return [...containers.keys(), ...[...networks.values()].map(({ name }) => name)];
		},
		available: async () => whyNot,
		version: async () => 'Docker 0',
		image: async (name) => (here.has(name.replace(/^sha256:/, '')) ? imageOf(name.replace(/^sha256:/, '')) : undefined),
		pull: async (name, { say }) => {
			if (!registry.includes(name)) throw new ProblemError(notPulled(name, 'docker.io', 'not found'));
			say(`latest: Pulling from ${name}`);
			here.add(name);
		},
		build: async ({ name }) => void here.add(name),
		create: async (container) => {
			if (!here.has(container.image.replace(/^sha256:/, '')))
				throw new ProblemError(engineRefused('make a container', `No such image: ${container.image}`));
			made += 1;
			const id = `container-${made}`;
			containers.set(id, new FakeContainer(container, program(container), () => containers.delete(id)));
			return id;
		},
		start: async (id, output) => find(id).start(output),
		state: async (id) => find(id).state,
		logs: async (id, lines) =>
			find(id)
				.said.split('\n')
				.slice(-lines - 1)
				.join('\n'),
		signal: async (id) => containers.get(id)?.end(137),
		remove,
		createNetwork: async (name, labels) => {
			networks.set(name, { name, labels });
			return name;
		},
		removeNetwork: async (id) => void networks.delete(id),
		removeVolume: async () => undefined,
		sweep: async (label) => {
			const [name = '', value] = label.split('=');
			const isMeant = (labels: Labels) => labels[name] !== undefined && (value === undefined || labels[name] === value);
			for (const [id, { container }] of containers) if (isMeant(container.labels)) await remove(id);
			for (const [id, { labels }] of networks) if (isMeant(labels)) networks.delete(id);
		},
		close: () => undefined,
	};
}

type Labels = { readonly [name: string]: string };

class FakeContainer {
	readonly container: Container;
	said = '';
	readonly #program: FakeProgram;
	readonly #forget: () => void;
	readonly #ended = Promise.withResolvers<number>();
	#exitCode: number | null = null;
	#isStarted = false;

	constructor(container: Container, program: FakeProgram, forget: () => void) {
		this.container = container;
		this.#program = program;
		this.#forget = forget;
	}

	get state(): ContainerState {
		const ports = this.container.ports.map((port, index) => [
			`${port.container}/${port.protocol}`,
			port.host ?? 49_152 + index,
		]);
		return {
			isRunning: this.#isStarted && this.#exitCode === null,
			exitCode: this.#exitCode,
			isOutOfMemory: false,
			health: this.#program.health ?? 'none',
			healthOutput: '',
			ports: this.#isStarted ? Object.fromEntries(ports) : {},
		};
	}

	async start(output: ContainerOutput | undefined) {
		this.#isStarted = true;
		const say = (text: string) => {
			this.said += text;
			return output?.(Buffer.from(text), 'stdout');
		};
		for (const text of this.#program.output ?? []) await say(text);
		if (this.#program.exitCode !== undefined) this.end(this.#program.exitCode);
		return {
			write: (text: string) => void (this.#program.isEcho === true && say(text)),
			close: () => this.end(0),
			ended: this.#ended.promise,
		};
	}

	end(code: number): void {
		this.#exitCode ??= code;
		this.#ended.resolve(this.#exitCode);
		if (this.container.isFleeting === true) this.#forget();
	}
}
