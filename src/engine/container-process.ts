import { type ContainerSettings, plainSettings } from '#core/container/container.ts';
import type { ProcessEnd, RoomProcess } from '#edge/sandbox/sandbox.ts';
import type { RunningJob } from './running-job.ts';

/** A container beside the job that does the work of one process. */
export interface ProcessContainer {
	/** Of an image that is here. */
	readonly image: string;
	readonly entrypoint?: readonly string[];
	readonly command?: readonly string[];
	/** What the step itself says of PATH; absent: the image's. */
	readonly ownPath: string | undefined;
	readonly settings: ContainerSettings;
}

/** Where a container action finds the job's folders, as on GitHub. */
const places = {
	workspace: '/github/workspace',
	home: '/github/home',
	workflow: '/github/workflow',
	commands: '/github/file_commands',
	temp: '/github/runner_temp',
};

/** Runs a process of the job in a container of its own, with the job's folders mounted; what it leaves there is the job's afterwards. */
export async function runInContainer(
	job: RunningJob,
	process: RoomProcess,
	made: ProcessContainer,
): Promise<ProcessEnd> {
	const { room, containers, ports } = job;
	const { engine, network, labels } = containers;
	const began = ports.clock.monotonic();
	const folders = foldersOf(job);
	const pinned = [];
	let id: string | undefined;
	try {
		for (const { path, target } of folders) pinned.push({ folder: await room.pin(path), target });
		const { ownPath, ...request } = made;
		const env = inside(process.env, folders, ownPath);
		id = await engine.create({
			...request,
			labels,
			env,
			volumes: pinned.map(({ folder, target }) => ({ kind: 'folder', source: folder.path, target, isReadOnly: false })),
			ports: [],
			...(network === undefined ? {} : { network: { name: network, aliases: [] } }),
			settings: { ...made.settings, workdir: places.workspace },
		});
		const started = await engine.start(id, process.output);
		const stopped = stopWith(job, id, process.signal);
		const exitCode = await started.ended;
		const state = await engine.state(id);
		const end = { exitCode: stopped.signal === undefined ? exitCode : null, signal: stopped.signal ?? null };
		stopped.release();
		const limit = state.isOutOfMemory ? { limit: 'memory' } : {};
		return { ...end, ...limit, durationMs: ports.clock.monotonic() - began };
	} finally {
		if (id !== undefined) await engine.remove(id);
		for (const { folder } of pinned) await folder.release();
		for (const { path } of folders) await room.own(path);
		await giveBack(job, made.image, folders);
	}
}

/** A user who is not root gets back what root of the container made there, by the image's own `chown`. */
async function giveBack(
	{ room, containers: { engine, labels }, log }: RunningJob,
	image: string,
	folders: readonly Shared[],
) {
	const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
	if (uid === 0 || room.tier !== 'host') return;
	const id = await engine.create({
		image,
		labels,
		env: {},
		entrypoint: ['chown', '-hR', `${uid}:${gid}`, ...folders.map(({ target }) => target)],
		command: [],
		volumes: folders.map(({ path, target }) => ({
			kind: 'folder',
			source: room.hostPath(path),
			target,
			isReadOnly: false,
		})),
		ports: [],
		settings: { ...plainSettings, user: '0' },
	});
	try {
		const exitCode = await (await engine.start(id, () => undefined)).ended.catch(() => 127);
		if (exitCode !== 0)
			log.say("Warning: files that the container made as root stay root's, for its image has no chown");
	} finally {
		await engine.remove(id);
	}
}

interface Shared {
	/** As the job sees it. */
	readonly path: string;
	/** As the container sees it. */
	readonly target: string;
}

function foldersOf({ room: { workspace, temp } }: RunningJob): readonly Shared[] {
	return [
		{ path: workspace, target: places.workspace },
		{ path: `${temp}/_github_home`, target: places.home },
		{ path: `${temp}/_github_workflow`, target: places.workflow },
		{ path: `${temp}/_runner_file_commands`, target: places.commands },
		{ path: temp, target: places.temp },
	];
}

/** The variables of the process with the paths of the container. Its PATH is the image's own. */
function inside(env: RoomProcess['env'], folders: readonly Shared[], ownPath: string | undefined): RoomProcess['env'] {
	const translated = Object.entries(env).flatMap(([name, value]) => {
		if (name === 'PATH') return ownPath === undefined ? [] : [[name, ownPath] as const];
		if (!/^(?:GITHUB|RUNNER)_/.test(name)) return [[name, value] as const];
		const folder = folders.find(({ path }) => value === path || value.startsWith(`${path}/`));
		return [[name, folder === undefined ? value : `${folder.target}${value.slice(folder.path.length)}`] as const];
	});
	return { ...Object.fromEntries(translated), HOME: places.home };
}

/** Ends the container when the step is to end, as any other process of a job is ended. */
function stopWith(
	{ containers: { engine }, ports: { clock } }: RunningJob,
	id: string,
	abort: AbortSignal | undefined,
) {
	const over = new AbortController();
	const stopped: { signal: string | undefined; release: () => void } = {
		signal: undefined,
		release: () => {
			over.abort();
			abort?.removeEventListener('abort', stop);
		},
	};
	const stop = async () => {
		for (const [name, ms] of ladder) {
			if (over.signal.aborted) return;
			stopped.signal = name;
			await engine.signal(id, name).catch(() => undefined);
			await clock.sleep(ms, over.signal).catch(() => undefined);
		}
	};
	abort?.addEventListener('abort', stop, { once: true });
	if (abort?.aborted === true) void stop();
	return stopped;
}

const ladder = [
	['SIGINT', 7500],
	['SIGTERM', 2500],
	['SIGKILL', 0],
] as const;
