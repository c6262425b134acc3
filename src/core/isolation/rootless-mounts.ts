import { bind, type MountEntry } from './fstab.ts';
import { isWithin, type MountRow, mountOf, outermost } from './mount-table.ts';
import {
	devices,
	guards,
	kernelMount,
	ownFolders,
	type RoomMountFacts,
	roomRoot,
	toolCachePath,
} from './room-mounts.ts';

/**
 * What a room shows of the machine that an ordinary user makes: folders of programs, and what these read. A job has that user's rights to
 * files there: what the user keeps elsewhere, or reaches as a member of a group (sockets of container engines), is left out with the rest.
 */
export const shownOfMachine = [
	...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/opt', '/nix', '/gnu'],
	...['/var/lib/dpkg', '/var/lib/apt', '/var/lib/rpm', '/var/lib/pacman', '/var/lib/ca-certificates'],
	'/var/cache/fontconfig',
] as const;

/** Shown where they are links; as folders they hold sockets and locks of the machine. */
export const linksOfMachine = ['/var/run', '/var/lock'] as const;

/** What the mounts of such a room are planned from; every path is absolute and normal. */
export interface RootlessMountFacts extends Omit<RoomMountFacts, 'layers' | 'kernel'> {
	/** Files and folders of the machine that are shown read-only at the same path, with all that is mounted below. */
	readonly parts: readonly string[];
	/** Files of the room that are shown in the place of the machine's. */
	readonly replaced: readonly { readonly path: string; readonly by: string }[];
	/** What is mounted on the machine. */
	readonly mounts: readonly MountRow[];
}

/** Everything that such a room needs mounted, in order. A failure of one of them must stop the room. */
export function planRootlessMounts(facts: RootlessMountFacts): readonly MountEntry[] {
	const { directory, hidden, lent, mounts, parts, programs, replaced, shown } = facts;
	const base = `${directory}/base`;
	const room = `${directory}/${roomRoot}`;
	const below = (folder: string) =>
		mounts.map(({ point }) => point).filter((point) => point !== folder && isWithin(point, folder));
	const show = (path: string) => [
		bind(path, `${room}${path}`, 'readOnly'),
		...below(path).map((point) => bind(point, `${room}${point}`, 'readOnly')),
	];
	const planned = [
		bind(base, base, 'readOnly'),
		...programs.map((path) => bind(path, `${base}${path}`, 'readOnly')),
		...parts.flatMap(show),
		...replaced.map(({ path, by }) => bind(by, `${room}${path}`, 'readOnly')),
		...ownFolders.map(({ name, path }) => bind(`${directory}/${name}`, `${room}${path}`, 'writable')),
		bind(facts.toolCache, `${room}${toolCachePath}`, 'writable'),
		...devices.map((name) => bind(`/dev/${name}`, `${room}/dev/${name}`, 'writable')),
		kernelMount('devpts', `${room}/dev/pts`, ['newinstance', 'ptmxmode=0666', 'mode=0620']),
		kernelMount('tmpfs', `${room}/dev/shm`, ['mode=1777', 'nosuid', 'nodev']),
		kernelMount('proc', `${room}/proc`, ['nosuid', 'nodev', 'noexec']),
		bind('/sys', `${room}/sys`, 'readOnly'),
		...outermost(below('/sys')).map((point) => bind(`${directory}/empty`, `${room}${point}`, 'readOnly')),
		...guards(facts, room),
		...hidden.map(({ path, instead }) => bind(instead, `${room}${path}`, 'readOnly')),
		...[...shown, ...lent].flatMap(show),
	];
	return planned.map((entry) => asUser(entry, facts));
}

/**
 * Lets the job change what is lent to it, where the kernel (5.11) and the file system have overlays of ordinary users: elsewhere
 * these stay read-only.
 */
export function planLentOverlays({ directory, lent, mounts }: RootlessMountFacts): readonly MountEntry[] {
	return lent.flatMap((path, index) => [
		asUser(bind(path, `${directory}/lent/${index}`, 'readOnly'), { directory, mounts }),
		{
			source: 'overlay',
			target: `${directory}/${roomRoot}${path}`,
			type: 'overlay',
			options: [
				...['nodev', 'userxattr', 'volatile'],
				...[`lowerdir=lent/${index}`, `upperdir=upper-lent/${index}`, `workdir=work-lent/${index}`],
			],
		},
	]);
}

/**
 * A bind as the kernel allows it to an ordinary user: with all that is mounted below, which nobody may uncover, and with the restrictions
 * of the mount that it comes from, which nobody may lift.
 */
function asUser(
	entry: MountEntry,
	{ directory, mounts }: Pick<RootlessMountFacts, 'directory' | 'mounts'>,
): MountEntry {
	if (entry.type !== 'none' || isWithin(entry.source, `${directory}/${roomRoot}`)) return entry;
	const [, ...access] = entry.options;
	const kept = mountOf(mounts, entry.source)?.options.filter((option) => restrictions.has(option)) ?? [];
	return { ...entry, options: ['rbind', ...access, ...(access.includes('ro') ? kept : [])] };
}

const restrictions = new Set(['nosuid', 'nodev', 'noexec']);
