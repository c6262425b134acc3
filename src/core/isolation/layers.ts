import { isWithin, type Mount } from './mount-table.ts';

/** What a room shows of the machine's file systems. */
export interface Layers {
	/** Shown through an overlay: readable, and writable without the machine noticing. Outer ones first, `/` is the first. */
	readonly overlaid: readonly string[];
	/** Shown read-only, as they are. Outer ones first. */
	readonly bound: readonly string[];
	/** Not shown: what is seen there is the empty folder below the mount. */
	readonly absent: readonly string[];
}

/**
 * Decides for every mount of the machine how a room shows it: disks through an overlay, other file systems with files read-only,
 * and what the kernel or another container makes up not at all. Mounts below `covered` are the room's own business.
 */
export function planLayers(mounts: readonly Mount[], covered: readonly string[]): Layers {
	const overlaid = ['/'];
	const bound: string[] = [];
	const absent: string[] = [];
	const visible = new Map(mounts.map((mount) => [mount.point, mount]));
	const outerFirst = [...visible.values()].sort((a, b) => (a.point < b.point ? -1 : 1));
	for (const { point, type } of outerFirst) {
		if (point === '/' || [...covered, ...absent].some((folder) => isWithin(point, folder))) continue;
		// A colon, comma or backslash means something in overlay's options.
		if (disks.has(type) && !/[:,\\]/.test(point)) overlaid.push(point);
		else if (disks.has(type) || holdsFiles(type)) bound.push(point);
		else absent.push(point);
	}
	return { overlaid, bound, absent };
}

const disks = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'zfs', 'bcachefs', 'jfs', 'reiserfs']);

const others = new Set(['squashfs', 'erofs', 'iso9660', 'vfat', 'exfat', 'ntfs3', 'tmpfs', 'virtiofs', '9p', 'ceph']);

function holdsFiles(type: string): boolean {
	return others.has(type) || type.startsWith('nfs') || type.startsWith('cifs') || type.startsWith('fuse');
}

/** The layer that a path of the machine is on: the innermost overlaid mount around it. */
export function layerOf(layers: Layers, path: string): string {
	return layers.overlaid.findLast((point) => isWithin(path, point)) ?? '/';
}
