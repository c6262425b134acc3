import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import {
	aptSettings,
	groupWithRunner,
	passwdWithRunner,
	runner,
	runnerShadow,
	shadowWithoutPasswords,
	sudoers,
} from '#core/isolation/accounts.ts';
import { fstab } from '#core/isolation/fstab.ts';
import { type Layers, layerOf, planLayers } from '#core/isolation/layers.ts';
import { isWithin, outermost } from '#core/isolation/mount-table.ts';
import {
	coveredPaths,
	guarded,
	ownFolders,
	planBoundMounts,
	planRoomMounts,
	toolCachePath,
} from '#core/isolation/room-mounts.ts';
import {
	hide,
	makeBase,
	makeFolder,
	makeJobFolders,
	makeLentFolders,
	makeMountPoint,
	makeOwnFolders,
	makeToolCache,
	mkdirLike,
	mountedFolders,
	realPath,
} from './room-folders.ts';
import type { RoomSpec } from './sandbox.ts';

/** Fills the directory of a disposable room with all that `holdRoom` mounts: the folders, the accounts, and the lists of mounts. */
export function makeOverlayFolders(spec: RoomSpec): void {
	const { directory } = spec;
	const hiddenPaths = outermost([directory, ...spec.hidden.flatMap(realPath)]);
	const shown = (spec.shown ?? []).flatMap(realPath);
	const layers = planLayers(mountedFolders(), coveredPaths(directory, hiddenPaths));
	const place: Place = { directory, layers };
	makeOwnFolders(directory);
	makeLayers(place);
	makeAccounts(place);
	makeJobFolders(spec, runner);
	const hidden = hiddenPaths
		.filter((path) => isShownByLayers(layers, path))
		.map((path, index) => hide(path, index, directory));
	const lent = (spec.lent ?? []).flatMap(realPath);
	for (const path of [...shown, ...lent]) makeMountPoint(path, hidden, directory);
	makeLentFolders(directory, lent);
	const facts = {
		directory,
		layers,
		kernel: kernelVersion(),
		programs: makeBase(directory),
		existing: new Set(
			[...guarded.readOnly, ...guarded.emptyFiles, ...guarded.emptyFolders].filter((path) => existsSync(path)),
		),
		toolCache: makeToolCache(spec.toolCache, runner),
		hidden,
		shown,
		lent,
	};
	writeFileSync(join(directory, 'fstab'), fstab(planRoomMounts(facts)));
	writeFileSync(join(directory, 'fstab.optional'), fstab(planBoundMounts(facts)));
}

interface Place {
	readonly directory: string;
	readonly layers: Layers;
}

function isShownByLayers(layers: Layers, path: string): boolean {
	const replaced = ['/proc', '/sys', ...ownFolders.map((folder) => folder.path), toolCachePath, ...layers.absent];
	return !replaced.some((folder) => isWithin(path, folder));
}

/** The folders of every overlay, and in them the places where the room's own folders are mounted. */
function makeLayers(place: Place): void {
	const { directory, layers } = place;
	for (const name of ['upper', 'work']) makeFolder(join(directory, name));
	for (const [index, point] of layers.overlaid.entries()) {
		mkdirLike(join(directory, `upper/${index}`), point);
		makeFolder(join(directory, `work/${index}`));
	}
	for (const path of ['/proc', '/sys', ...ownFolders.map((folder) => folder.path), toolCachePath])
		makeInRoom(place, path);
}

/** A folder of the room, made before there is one: in the upper folder of the layer that it is on. The path behind it here. */
function makeInRoom({ directory, layers }: Place, path: string): string {
	const point = layerOf(layers, path);
	let upper = join(directory, `upper/${layers.overlaid.indexOf(point)}`);
	let lower = point;
	for (const part of path.slice(point.length).split('/').filter(Boolean)) {
		upper = join(upper, part);
		lower = join(lower, part);
		if (!existsSync(upper)) mkdirLike(upper, lower);
	}
	return upper;
}

function makeAccounts(place: Place): void {
	const shell = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
	const put = (path: string, content: string, mode?: number) => writeInRoom(place, path, content, mode);
	put('/etc/passwd', passwdWithRunner(textOf('/etc/passwd') ?? '', shell));
	put('/etc/group', groupWithRunner(textOf('/etc/group') ?? ''));
	put('/etc/shadow', shadowWithoutPasswords(textOf('/etc/shadow') ?? '') + runnerShadow);
	const groups = textOf('/etc/gshadow');
	if (groups !== undefined) put('/etc/gshadow', shadowWithoutPasswords(groups));
	if (existsSync('/etc/sudoers')) put('/etc/sudoers', sudoers, 0o440);
	if (existsSync('/etc/apt/apt.conf.d')) put('/etc/apt/apt.conf.d/90footbridge', aptSettings, 0o644);
	// Often a link into /run, which the room has for itself.
	const resolver = textOf('/etc/resolv.conf');
	if (resolver !== undefined) put('/etc/resolv.conf', resolver, 0o644);
	for (const name of hostKeys()) put(`/etc/ssh/${name}`, '', 0o600);
}

function hostKeys(): readonly string[] {
	if (!existsSync('/etc/ssh')) return [];
	return readdirSync('/etc/ssh').filter((name) => /^ssh_host_.*_key$/.test(name));
}

function textOf(path: string): string | undefined {
	return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function writeInRoom(place: Place, path: string, content: string, mode?: number): void {
	const target = join(makeInRoom(place, dirname(path)), path.slice(path.lastIndexOf('/')));
	const model = lstatSync(path, { throwIfNoEntry: false });
	writeFileSync(target, content);
	if (model !== undefined) chownSync(target, model.uid, model.gid);
	chmodSync(target, mode ?? (model === undefined ? 0o644 : model.mode & 0o777));
}

function kernelVersion(): readonly [number, number] {
	const [major = 0, minor = 0] = release().split('.').map(Number);
	return [major, minor];
}
