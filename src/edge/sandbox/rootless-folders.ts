import {
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	realpathSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { groupWithRunner, passwdWithRunner } from '#core/isolation/accounts.ts';
import { fstab } from '#core/isolation/fstab.ts';
import { isWithin, outermost } from '#core/isolation/mount-table.ts';
import { guarded, ownFolders, roomRoot, toolCachePath } from '#core/isolation/room-mounts.ts';
import {
	linksOfMachine,
	planLentOverlays,
	planRootlessMounts,
	type RootlessMountFacts,
	shownOfMachine,
} from '#core/isolation/rootless-mounts.ts';
import {
	hide,
	isFolder,
	makeBase,
	makeFolders,
	makeJobFolders,
	makeLentFolders,
	makeMountPoint,
	makeOwnFolders,
	makeToolCache,
	mountedFolders,
	realPath,
} from './room-folders.ts';
import type { RoomSpec } from './sandbox.ts';

/**
 * Fills the directory of a room that an ordinary user makes. Nothing can be mounted where nothing is, and the machine's folders cannot
 * be added to: the room's root is an own folder, in which the machine's are shown one by one.
 */
export function makeRootlessFolders(spec: RoomSpec): void {
	const { directory } = spec;
	const room = join(directory, roomRoot);
	makeOwnFolders(directory);
	const programs = makeBase(directory);
	makeJobFolders(spec, undefined);
	const hiddenPaths = outermost([directory, homedir(), ...spec.hidden].flatMap(realPath));
	const parts = shownOfMachine
		.flatMap((path) => showPart(path, room))
		.filter((path) => !hiddenPaths.some((folder) => isWithin(path, folder)));
	for (const path of linksOfMachine) if (isLink(path)) copyLink(path, room);
	for (const path of points) makePoint(path, room, 'folder');
	const hidden = hiddenPaths
		.filter((path) => parts.some((part) => isWithin(path, part)))
		.map((path, index) => hide(path, index, directory));
	const [shown, lent] = [spec.shown, spec.lent].map((paths) => (paths ?? []).flatMap(realPath)) as [string[], string[]];
	for (const path of [...shown, ...lent]) {
		if (makeMountPoint(path, hidden, directory) || parts.some((part) => isWithin(path, part))) continue;
		makePoint(path, room, isFolder(path) ? 'folder' : 'file');
	}
	makeLentFolders(directory, lent);
	const facts: RootlessMountFacts = {
		directory,
		parts,
		replaced: makeReplaced(directory, parts),
		mounts: mountedFolders(),
		programs,
		existing: new Set(
			[...guarded.readOnly, ...guarded.emptyFiles, ...guarded.emptyFolders].filter((path) => existsSync(path)),
		),
		toolCache: makeToolCache(spec.toolCache, undefined),
		hidden,
		shown,
		lent,
	};
	writeFileSync(join(directory, 'fstab'), fstab(planRootlessMounts(facts)));
	writeFileSync(join(directory, 'fstab.optional'), fstab(planLentOverlays(facts)));
}

/** Where the room's own folders are. */
const points = ['/proc', '/sys', ...ownFolders.map(({ path }) => path), toolCachePath];

/** Makes the place of a file or folder of the machine in the room's root; the paths to be mounted there. */
function showPart(path: string, room: string): readonly string[] {
	const status = lstatSync(path, { throwIfNoEntry: false });
	if (status === undefined || points.includes(path)) return [];
	if (status.isSymbolicLink()) {
		copyLink(path, room);
		return [];
	}
	if (status.isFile()) {
		makePoint(path, room, 'file');
		return [path];
	}
	if (!status.isDirectory()) return [];
	makePoint(path, room, 'folder');
	// In it something of the room's will be: it is shown entry by entry.
	const isOpened = points.some((point) => isWithin(point, path) && !isPlainFolder(point));
	return isOpened ? readdirSync(path).flatMap((name) => showPart(join(path, name), room)) : [path];
}

function isPlainFolder(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isLink(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function copyLink(path: string, room: string): void {
	makeFolders(room, join(room, dirname(path)));
	symlinkSync(readlinkSync(path), join(room, path));
}

function makePoint(path: string, room: string, kind: 'folder' | 'file'): void {
	const target = join(room, path);
	makeFolders(room, kind === 'folder' ? target : dirname(target));
	if (kind === 'file' && !existsSync(target)) writeFileSync(target, '');
}

/** Accounts with the runner; and the resolver's file, which is often a link into a folder that the room has for itself. */
function makeReplaced(directory: string, parts: readonly string[]): RootlessMountFacts['replaced'] {
	const folder = join(directory, 'accounts');
	mkdirSync(folder);
	const [resolver] = realPath('/etc/resolv.conf');
	if (resolver !== undefined && !parts.some((part) => isWithin(resolver, part))) {
		const own = ownFolders.find(({ path }) => isWithin(resolver, path));
		const outer = own === undefined ? join(directory, roomRoot) : join(directory, own.name);
		const target = own === undefined ? resolver : resolver.slice(own.path.length);
		makePoint(target, outer, 'file');
		writeFileSync(join(outer, target), readFileSync(resolver));
	}
	const shell = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
	const contents = [
		['/etc/passwd', (text: string) => passwdWithRunner(text, shell)],
		['/etc/group', groupWithRunner],
	] as const;
	return contents.flatMap(([path, write]) => {
		if (!existsSync(path) || realpathSync(path) !== path) return [];
		const by = join(folder, path.replaceAll('/', '-'));
		writeFileSync(by, write(readFileSync(path, 'utf8')), { mode: 0o644 });
		return [{ path, by }];
	});
}
