import { bind, type MountEntry } from './fstab.ts';
import type { Layers } from './layers.ts';

/**
 * The folders of a room, below its directory on the machine:
 *
 *   base/        what becomes the root of the room's mount namespace: the machine's programs, read-only, and nothing else
 *   base/room/   the overlay of the machine: the root that jobs see (they are put there by chroot)
 *   upper/<n>/   what the job changed of layer n; work/<n>/ belongs to overlay
 *   lent/<n>/    a folder that is lent to the room, with upper-lent/<n>/ and work-lent/<n>/
 *   home, tmp, var-tmp, run, root, dev, empty   shown at their places in the room
 *
 * Programs that hold rights which the job must not have are only ever taken from `base`, where the job can change nothing:
 * it may replace /usr/bin/setpriv in its own copy, and gains nothing by that.
 */
export const roomRoot = 'base/room';

/** What the mounts of a room are planned from; every path is absolute and normal. */
export interface RoomMountFacts {
	/** The room's directory on the machine. */
	readonly directory: string;
	readonly layers: Layers;
	/** Major and minor version of the kernel. */
	readonly kernel: readonly [number, number];
	/** Folders of the machine's root that hold programs and libraries (`/usr`, and `/bin`, `/lib` ... where these are no links). */
	readonly programs: readonly string[];
	/** Which of `guarded` there are on the machine. */
	readonly existing: ReadonlySet<string>;
	readonly toolCache: string;
	readonly hidden: readonly Hidden[];
	/** Shown read-only at the same path. */
	readonly shown: readonly string[];
	/** Shown at the same path, each below an overlay of its own. */
	readonly lent: readonly string[];
}

/** A path that the room must not see, with what is shown instead: an empty folder of the room's, or nothing to read. */
export interface Hidden {
	readonly path: string;
	readonly instead: string;
}

/** The room's own folders and where it sees them. */
export const ownFolders = [
	{ name: 'home', path: '/home' },
	{ name: 'tmp', path: '/tmp' },
	{ name: 'var-tmp', path: '/var/tmp' },
	{ name: 'run', path: '/run' },
	{ name: 'root', path: '/root' },
	{ name: 'dev', path: '/dev' },
] as const;

/** Where a room sees the folder for tools and caches. */
export const toolCachePath = '/opt/hostedtoolcache';

/** Devices that a job may use. */
export const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const;

/** Files of the kernel by which root could reach the machine, or read of others. */
export const guarded = {
	readOnly: [
		'/proc/sys',
		'/proc/sysrq-trigger',
		'/proc/irq',
		'/proc/bus',
		'/proc/fs',
		'/proc/driver',
		'/proc/dynamic_debug',
		'/proc/mtrr',
	],
	emptyFiles: [
		'/proc/kcore',
		'/proc/keys',
		'/proc/key-users',
		'/proc/kmsg',
		'/proc/latency_stats',
		'/proc/sched_debug',
		'/proc/timer_list',
		'/proc/timer_stats',
		'/proc/vmallocinfo',
	],
	emptyFolders: ['/proc/acpi', '/proc/asound', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap'],
} as const;

/** Paths of the machine that a room replaces: what is mounted there or below is not shown. */
export function coveredPaths(directory: string, hidden: readonly string[]): readonly string[] {
	return ['/proc', '/sys', ...ownFolders.map(({ path }) => path), toolCachePath, directory, ...hidden];
}

/** Everything that a room needs mounted, in order. A failure of one of them must stop the room. */
export function planRoomMounts(facts: RoomMountFacts): readonly MountEntry[] {
	const { directory, layers, hidden, shown } = facts;
	const base = `${directory}/base`;
	const room = `${directory}/${roomRoot}`;
	return [
		bind(base, base, 'readOnly'),
		...facts.programs.map((path) => bind(path, `${base}${path}`, 'readOnly')),
		...layers.overlaid.map((point, index) =>
			overlay(`${room}${point === '/' ? '' : point}`, facts, {
				lower: point,
				upper: `upper/${index}`,
				work: `work/${index}`,
			}),
		),
		...ownFolders.map(({ name, path }) => bind(`${directory}/${name}`, `${room}${path}`, 'writable')),
		bind(facts.toolCache, `${room}${toolCachePath}`, 'writable'),
		...devices.map((name) => bind(`/dev/${name}`, `${room}/dev/${name}`, 'writable')),
		// Group 5 is tty everywhere.
		kernelMount('devpts', `${room}/dev/pts`, ['newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
		kernelMount('tmpfs', `${room}/dev/shm`, ['mode=1777', 'nosuid', 'nodev']),
		kernelMount('proc', `${room}/proc`, ['nosuid', 'nodev', 'noexec']),
		kernelMount('sysfs', `${room}/sys`, ['ro', 'nosuid', 'nodev', 'noexec']),
		...guards(facts, room),
		...hidden.map(({ path, instead }) => bind(instead, `${room}${path}`, 'readOnly')),
		...shown.map((path) => bind(path, `${room}${path}`, 'readOnly')),
		...facts.lent.flatMap((path, index) => lend(path, index, facts)),
	];
}

/** By a name of the room's own: that of the folder may hold what overlay's options cannot. */
function lend(path: string, index: number, facts: RoomMountFacts): readonly MountEntry[] {
	const { directory } = facts;
	return [
		bind(path, `${directory}/lent/${index}`, 'readOnly'),
		overlay(`${directory}/${roomRoot}${path}`, facts, {
			lower: `lent/${index}`,
			upper: `upper-lent/${index}`,
			work: `work-lent/${index}`,
		}),
	];
}

/** The machine's other file systems: a room works without one that cannot be shown. */
export function planBoundMounts(facts: Pick<RoomMountFacts, 'directory' | 'layers'>): readonly MountEntry[] {
	return facts.layers.bound.map((point) => bind(point, `${facts.directory}/${roomRoot}${point}`, 'readOnly'));
}

interface OverlayFolders {
	readonly lower: string;
	readonly upper: string;
	readonly work: string;
}

/** `upperdir` and `workdir` are relative to the room's directory, whose name may hold what overlay's options cannot. */
function overlay(
	target: string,
	{ kernel }: Pick<RoomMountFacts, 'kernel'>,
	{ lower, upper, work }: OverlayFolders,
): MountEntry {
	const [major, minor] = kernel;
	const options = ['nodev', `lowerdir=${lower}`, `upperdir=${upper}`, `workdir=${work}`, 'redirect_dir=on'];
	// Nothing of a room outlives a power cut: its writes need not wait for the disk.
	if (major > 5 || (major === 5 && minor >= 10)) options.push('volatile');
	return { source: 'overlay', target, type: 'overlay', options };
}

/** A file system that the kernel makes up. */
export function kernelMount(type: string, target: string, options: readonly string[]): MountEntry {
	return { source: type, target, type, options };
}

/** What keeps a room away from the files of the kernel. */
export function guards(
	{ directory, existing }: Pick<RoomMountFacts, 'directory' | 'existing'>,
	room: string,
): readonly MountEntry[] {
	const present = (paths: readonly string[]) => paths.filter((path) => existing.has(path));
	return [
		...present(guarded.readOnly).map((path) => bind(`${room}${path}`, `${room}${path}`, 'readOnly')),
		...present(guarded.emptyFiles).map((path) => bind('/dev/null', `${room}${path}`, 'writable')),
		...present(guarded.emptyFolders).map((path) => bind(`${directory}/empty`, `${room}${path}`, 'readOnly')),
	];
}
