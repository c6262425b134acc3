import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '#core/container/container.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import type { HeldContainer } from './container-session.ts';
import type { RoomContainer, RoomSpec } from './sandbox.ts';

/** What the tier needs of a container engine. */
export interface RoomEngine {
	available(): Promise<string | undefined>;
	image(name: string): Promise<{ readonly env: Texts; readonly user: string } | undefined>;
	create(container: Container): Promise<string>;
	start(id: string, output: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void): Promise<HeldContainer>;
	remove(id: string): Promise<void>;
	sweep(label: string): Promise<void>;
}

type Texts = { readonly [name: string]: string };

/** A folder of the room, and the one on this machine behind it. */
export interface Folder {
	readonly inside: string;
	readonly outside: string;
}

/** Where a job in a container finds its folders, as on GitHub. */
export const inside = { temp: '/__w/_temp', toolCache: '/__t', home: '/github/home', pipes: '/__e/pipes' };

/**
 * Makes the folders of a room, each of them mounted by itself: a job can put nothing in the place of what is mounted, so that on this
 * machine each stays what it is.
 */
export function roomFolders({ repository, toolCache }: RoomSpec, directory: string): readonly Folder[] {
	const own = [
		{ inside: `/__w/${repository}/${repository}`, outside: join(directory, 'workspace') },
		{ inside: `${inside.temp}/_runner_file_commands`, outside: join(directory, 'file-commands') },
		{ inside: `${inside.temp}/_github_workflow`, outside: join(directory, 'workflow') },
		{ inside: inside.temp, outside: join(directory, 'temp') },
		{ inside: inside.home, outside: join(directory, 'home') },
		{ inside: '/__w', outside: join(directory, 'work') },
	];
	for (const { outside } of own) {
		mkdirSync(outside, { recursive: true });
		// Both users write there; nobody else gets into the room's folder on this machine.
		if (process.getuid?.() !== 0) chmodSync(outside, 0o777);
	}
	// An engine would make these, as root.
	const mountPoints = [
		`work/${repository}/${repository}`,
		'work/_temp',
		'temp/_runner_file_commands',
		'temp/_github_workflow',
	];
	for (const path of mountPoints) mkdirSync(join(directory, path), { recursive: true });
	mkdirSync(toolCache, { recursive: true });
	const workflow = { inside: '/github/workflow', outside: join(directory, 'workflow') };
	return [...own, workflow, { inside: inside.toolCache, outside: realpathSync(toolCache) }];
}

interface Making {
	readonly spec: RoomSpec;
	readonly container: RoomContainer;
	readonly folders: readonly Folder[];
	readonly runtime: ContainerRuntime;
	/** Variables of the image. */
	readonly image: Texts;
}

/** The container that a room is, and the variables that its programs start from. */
export function roomContainer({ spec, container, folders, runtime, image }: Making): {
	readonly request: Container;
	readonly env: Texts;
} {
	const { settings, network } = container;
	const { memoryBytes, cpus, processes } = spec.limits ?? {};
	const shown = [...(spec.shown ?? []), ...(spec.lent ?? [])].map(
		(path) => ({ kind: 'folder', source: path, target: path, isReadOnly: true }) as const,
	);
	const mounted = folders
		.toReversed()
		.map(({ inside: target, outside: source }) => ({ kind: 'folder', source, target, isReadOnly: false }) as const);
	const pipes = {
		kind: 'folder',
		source: join(spec.directory, 'pipes'),
		target: inside.pipes,
		isReadOnly: true,
	} as const;
	const env = {
		PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
		...image,
		...proxies(process.env),
		...Object.fromEntries(settings.env.map(variable)),
		...container.env,
		HOME: inside.home,
	};
	const isAlone = spec.network === 'private';
	return {
		env,
		request: {
			image: container.image,
			labels: container.labels,
			env: {},
			entrypoint: runtime.holder,
			command: [],
			volumes: [...runtime.volumes, ...mounted, pipes, ...shown, ...container.volumes],
			ports: isAlone ? [] : container.ports,
			...(network === undefined || isAlone ? {} : { network }),
			settings: {
				...withoutStart(settings),
				user: '0',
				workdir: '/',
				health: false,
				hasInit: true,
				...(memoryBytes === undefined ? {} : { memoryBytes }),
				...(cpus === undefined ? {} : { cpus }),
				...(processes === undefined ? {} : { processes }),
				...(isAlone ? { network: 'none' } : {}),
			},
			hasInput: true,
			isFleeting: true,
		},
	};
}

/** What starts in the container is Footbridge's own, and its variables are the steps'. */
function withoutStart({ entrypoint: _, env: __, ...settings }: RoomContainer['settings']): RoomContainer['settings'] {
	return { ...settings, env: [] };
}

function variable(text: string): readonly [string, string] {
	const at = text.indexOf('=');
	// Variables of Footbridge itself are nobody's.
	return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** A proxy on this machine's own loopback is none that a container could reach. */
function proxies(own: NodeJS.ProcessEnv): Texts {
	const names = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
	const isNear = (value: string) => /^(?:\w+:\/\/)?(?:[^@/]*@)?(?:localhost|127\.|\[::1\])/.test(value);
	return Object.fromEntries(
		names.flatMap((name) => {
			const value = own[name];
			return value === undefined || isNear(value) ? [] : [[name, value] as const];
		}),
	);
}
