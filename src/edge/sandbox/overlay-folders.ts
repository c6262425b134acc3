import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	realpathSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
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
import { isWithin, parseMountTable } from '#core/isolation/mount-table.ts';
import {
	coveredPaths,
	devices,
	guarded,
	type Hidden,
	ownFolders,
	planBoundMounts,
	planRoomMounts,
	toolCachePath,
} from '#core/isolation/room-mounts.ts';
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
	makeJobFolders(spec);
	const hidden = hiddenPaths
		.filter((path) => isShownByLayers(layers, path))
		.map((path, index) => hide(path, index, place));
	for (const path of shown) makeMountPoint(path, hidden, place);
	const facts = {
		directory,
		layers,
		kernel: kernelVersion(),
		programs: makeBase(directory),
		existing: new Set(
			[...guarded.readOnly, ...guarded.emptyFiles, ...guarded.emptyFolders].filter((path) => existsSync(path)),
		),
		toolCache: makeToolCache(spec.toolCache),
		hidden,
		shown,
	};
	writeFileSync(join(directory, 'fstab'), fstab(planRoomMounts(facts)));
	writeFileSync(join(directory, 'fstab.optional'), fstab(planBoundMounts(facts)));
}

interface Place {
	readonly directory: string;
	readonly layers: Layers;
}

/** As the kernel names them; empty when there is nothing to hide or show. */
function realPath(path: string): readonly string[] {
	return existsSync(path) ? [realpathSync(path)] : [];
}

function outermost(paths: readonly string[]): readonly string[] {
	return [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));
}

function mountedFolders() {
	const mounts = parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
	return mounts.filter(({ point }) => isFolder(point));
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isShownByLayers(layers: Layers, path: string): boolean {
	const replaced = ['/proc', '/sys', ...ownFolders.map((folder) => folder.path), toolCachePath, ...layers.absent];
	return !replaced.some((folder) => isWithin(path, folder));
}

function makeOwnFolders(directory: string): void {
	for (const { name } of ownFolders) makeFolder(join(directory, name), name.endsWith('tmp') ? 0o1777 : 0o755);
	makeFolder(join(directory, 'empty'), 0o555);
	makeFolder(join(directory, 'run/lock'), 0o1777);
	const dev = join(directory, 'dev');
	for (const name of devices) writeFileSync(join(dev, name), '');
	for (const name of ['pts', 'shm']) makeFolder(join(dev, name));
	const links = { ptmx: 'pts/ptmx', fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' };
	for (const [name, target] of Object.entries(links)) symlinkSync(target, join(dev, name));
}

/** With exactly this mode, whatever the umask of Footbridge is. */
function makeFolder(path: string, mode = 0o755): void {
	mkdirSync(path);
	chmodSync(path, mode);
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

function mkdirLike(path: string, model: string): void {
	makeFolder(path);
	const status = lstatSync(model, { throwIfNoEntry: false });
	if (status?.isDirectory() !== true) return;
	chownSync(path, status.uid, status.gid);
	chmodSync(path, status.mode & 0o7777);
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

/** home/runner with the workspace and the temporary folder in it, all the runner's. */
function makeJobFolders({ directory, repository }: RoomSpec): void {
	const home = join(directory, runner.home);
	const work = join(home, 'work');
	for (const path of [home, work, join(work, repository), join(work, repository, repository), join(work, '_temp')]) {
		makeFolder(path);
		chownSync(path, runner.uid, runner.gid);
	}
}

/** An existing one is left as it is: a wrong right there is for the user to see. */
function makeToolCache(path: string): string {
	if (!existsSync(path)) {
		mkdirSync(dirname(path), { recursive: true });
		makeFolder(path);
		chownSync(path, runner.uid, runner.gid);
	}
	return realpathSync(path);
}

function hide(path: string, index: number, { directory }: Place): Hidden {
	if (!isFolder(path)) return { path, instead: '/dev/null' };
	const instead = join(directory, `hidden-${index}`);
	makeFolder(instead);
	return { path, instead };
}

/** Where a shown path is mounted: something must be there, and below a replaced folder nothing is. */
function makeMountPoint(path: string, hidden: readonly Hidden[], { directory }: Place): void {
	const replaced = [
		...ownFolders.map((folder) => ({ path: folder.path as string, instead: join(directory, folder.name) })),
		...hidden,
	].find((folder) => isWithin(path, folder.path));
	if (replaced === undefined || path === replaced.path) return;
	const target = `${replaced.instead}${path.slice(replaced.path.length)}`;
	if (isFolder(path)) {
		makeFolders(replaced.instead, target);
	} else {
		makeFolders(replaced.instead, dirname(target));
		writeFileSync(target, '');
	}
}

function makeFolders(from: string, to: string): void {
	let path = from;
	for (const part of to.slice(from.length).split('/').filter(Boolean)) {
		path = join(path, part);
		if (!existsSync(path)) makeFolder(path);
	}
}

/** The root of the room's mount namespace: where the machine has links to /usr, links; the names of the folders to be mounted. */
function makeBase(directory: string): readonly string[] {
	const base = join(directory, 'base');
	makeFolder(base);
	makeFolder(join(base, 'room'));
	// umount looks there.
	symlinkSync('room/proc', join(base, 'proc'));
	const folders: string[] = [];
	for (const path of ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
		const status = lstatSync(path, { throwIfNoEntry: false });
		if (status === undefined) continue;
		if (status.isSymbolicLink()) symlinkSync(readlinkSync(path), join(base, path));
		else if (status.isDirectory()) folders.push(path);
	}
	for (const path of folders) makeFolder(join(base, path));
	return folders;
}

function kernelVersion(): readonly [number, number] {
	const [major = 0, minor = 0] = release().split('.').map(Number);
	return [major, minor];
}
