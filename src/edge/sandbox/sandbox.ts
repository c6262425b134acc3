import type { ContainerSettings } from '#core/container/container.ts';
import type { PortMapping } from '#core/container/port-mapping.ts';
import type { Volume } from '#core/container/volume.ts';
import type { Tier, Usage } from '#core/event.ts';

/**
 * Where a job's steps run.
 *
 * Life cycle: `available` at start -> `prepare` once a job attempt -> `run` one step after another -> `destroy`, always, also
 * after a failure. Two rooms at once never see each other. After `destroy` nothing is left: no process, mount, file or cgroup.
 * `sweep` at start removes what rooms of a killed Footbridge left.
 */
export interface Sandbox {
	readonly tier: Tier;
	/** Undefined when it works here, else one sentence why not. */
	available(): Promise<string | undefined>;
	prepare(spec: RoomSpec): Promise<Room>;
	/** Ends everything that earlier processes of Footbridge left in `directory`; the names of rooms that were found. */
	sweep(directory: string): Promise<readonly string[]>;
}

export interface RoomSpec {
	/** Unique; safe as a file name. */
	readonly id: string;
	/** Folder on this machine that holds everything of this room; made by `prepare`, removed by `destroy`. */
	readonly directory: string;
	/** Last two parts of the workspace's path, as on GitHub: the repository's name. */
	readonly repository: string;
	/** Folder on this machine that outlives jobs, for tools and caches: the job sees it as `room.toolCache`. */
	readonly toolCache: string;
	/** Paths that the room must not see (Footbridge's data, the user's secrets). */
	readonly hidden: readonly string[];
	/** What all processes of the room together may take; absent: what the machine has. */
	readonly limits?: Limits;
	/** `private`: a loopback of its own and nothing else. Absent: the machine's network. */
	readonly network?: 'shared' | 'private';
	/** Unix sockets or folders on this machine to show at the same path, read-only. */
	readonly shown?: readonly string[];
	/** Folders on this machine to show at the same path. What the job changes of them its own room sees, and nobody else: `host` cannot keep that promise, `container` shows them read-only. */
	readonly lent?: readonly string[];
	/** What the tier `container` makes the room of; the others do not look at it. */
	readonly container?: RoomContainer;
}

/** The container that a room is. */
export interface RoomContainer {
	/** Name or id of an image that is here. */
	readonly image: string;
	/** Over those of the image. */
	readonly env: { readonly [name: string]: string };
	readonly volumes: readonly Volume[];
	readonly ports: readonly PortMapping[];
	readonly settings: ContainerSettings;
	readonly network?: { readonly name: string; readonly aliases: readonly string[] };
	readonly labels: { readonly [name: string]: string };
}

/** Limits that the kernel keeps, where Footbridge may set them. */
export interface Limits {
	readonly memoryBytes?: number;
	/** Processor cores; 1.5 is one and a half. */
	readonly cpus?: number;
	readonly processes?: number;
}

/** Paths are as the job sees them. */
export interface Room {
	readonly tier: Tier;
	/** `GITHUB_WORKSPACE`. Exists and is empty after `prepare`. */
	readonly workspace: string;
	/** `RUNNER_TEMP`. */
	readonly temp: string;
	readonly toolCache: string;
	readonly home: string;
	/** Variables that every process of the room starts from (PATH, HOME, USER, LANG ...). */
	readonly env: { readonly [name: string]: string };
	/** Limits that were asked for and that nobody keeps here; absent: none. */
	readonly unkept?: readonly (keyof Limits)[];
	/** Id of the container that it is. */
	readonly container?: string;
	/** Makes a port of this machine's loopback answer at the room's own; absent where the room has this machine's. */
	reach?(port: number): Promise<void>;
	/** The folder on this machine behind a path of the room; for the owner's own reads and writes. */
	hostPath(path: string): string;
	/** Writes a file that the job's user owns. Parents are made. */
	put(path: string, content: string, mode?: number): Promise<void>;
	/** Reads a file a job may have written: regular files only, no links followed, at most `limitBytes`; undefined when missing. */
	get(path: string, limitBytes: number): Promise<string | undefined>;
	/** Gives the job's user everything below a path (after the owner has put files there). */
	own(path: string): Promise<void>;
	/**
	 * Moves a folder into the room, and gives it to the job's user: `fill` writes it, empty at first, where no job can reach it.
	 * Nothing, or an empty folder, may be at the path. Rejects with FB2061 when something else is, or a link is on the way.
	 */
	bring(path: string, fill: (folder: string) => Promise<void>): Promise<void>;
	/**
	 * Holds a folder of the room, which is made when it is missing, at a path of this machine that means this folder whatever a job does
	 * meanwhile: a container can be given it. Rejects with FB2061 when a link is on the way.
	 */
	pin(path: string): Promise<PinnedFolder>;
	/** Starts one process tree and resolves when it has ended and its output is drained. */
	run(process: RoomProcess): Promise<ProcessEnd>;
	/** Ends every process that is left; how many there were. */
	destroy(): Promise<{ readonly leftovers: number }>;
}

/** A folder of a room that somebody else is given. */
export interface PinnedFolder {
	/** On this machine. */
	readonly path: string;
	release(): Promise<void>;
}

export interface RoomProcess {
	readonly argv: readonly string[];
	/** Added to (and over) `room.env`. Never put on a command line. */
	readonly env: { readonly [name: string]: string };
	readonly cwd: string;
	/** Raw bytes as they come, stdout and stderr in order. Awaited: slow readers slow the process. */
	readonly output: (chunk: Uint8Array) => void | Promise<void>;
	/** SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL, to the whole tree. */
	readonly signal?: AbortSignal;
	/** Writes an strace of the whole tree to this path on this machine (where `strace` is there). */
	readonly trace?: string;
}

export interface ProcessEnd {
	/** Null when a signal ended it. */
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly durationMs: number;
	/** What the tree took, as far as the platform tells. */
	readonly usage?: Usage;
	/** The limit that ended it: "memory limit 4 GiB". */
	readonly limit?: string;
	/** Set when it could not be started at all. */
	readonly error?: string;
}
