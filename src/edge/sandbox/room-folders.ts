import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	realpathSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { runner } from '#core/isolation/accounts.ts';
import { isWithin, type MountRow, parseMountTable } from '#core/isolation/mount-table.ts';
import { devices, type Hidden, ownFolders } from '#core/isolation/room-mounts.ts';
import type { FileOwner } from './room-files.ts';
import type { RoomSpec } from './sandbox.ts';

/** As the kernel names them; empty when there is nothing to hide or show. */
export function realPath(path: string): readonly string[] {
	return existsSync(path) ? [realpathSync(path)] : [];
}

/** What is mounted on this machine and can be seen. */
export function mountedFolders(): readonly MountRow[] {
	const mounts = parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
	return mounts.filter(({ point }) => isFolder(point));
}

/** Whether a folder that can be seen is there. */
export function isFolder(path: string): boolean {
	try {
		return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
	} catch {
		return false;
	}
}

/** The folders that a room has for itself, with its devices' places. */
export function makeOwnFolders(directory: string): void {
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
export function makeFolder(path: string, mode = 0o755): void {
	mkdirSync(path);
	chmodSync(path, mode);
}

/** A folder with the rights of another one, and its owner where this process may say so. */
export function mkdirLike(path: string, model: string): void {
	makeFolder(path);
	const status = lstatSync(model, { throwIfNoEntry: false });
	if (status?.isDirectory() !== true) return;
	if (process.getuid?.() === 0) chownSync(path, status.uid, status.gid);
	chmodSync(path, status.mode & 0o7777);
}

/** home/runner with the workspace and the temporary folder in it, all the job's. */
export function makeJobFolders({ directory, repository }: RoomSpec, owner: FileOwner | undefined): void {
	const home = join(directory, runner.home);
	const work = join(home, 'work');
	for (const path of [home, work, join(work, repository), join(work, repository, repository), join(work, '_temp')]) {
		makeFolder(path);
		if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
	}
}

/** Of every folder that is lent: where it is shown to overlay, and what the job will have changed of it. */
export function makeLentFolders(directory: string, lent: readonly string[]): void {
	if (lent.length === 0) return;
	for (const name of ['lent', 'upper-lent', 'work-lent']) makeFolder(join(directory, name));
	for (const [index, path] of lent.entries()) {
		makeFolder(join(directory, `lent/${index}`));
		mkdirLike(join(directory, `upper-lent/${index}`), path);
		makeFolder(join(directory, `work-lent/${index}`));
	}
}

/** An existing one is left as it is: a wrong right there is for the user to see. */
export function makeToolCache(path: string, owner: FileOwner | undefined): string {
	if (!existsSync(path)) {
		mkdirSync(dirname(path), { recursive: true });
		makeFolder(path);
		if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
	}
	return realpathSync(path);
}

/** What is shown in the place of a path that is hidden. */
export function hide(path: string, index: number, directory: string): Hidden {
	if (!isFolder(path)) return { path, instead: '/dev/null' };
	const instead = join(directory, `hidden-${index}`);
	makeFolder(instead);
	return { path, instead };
}

/** Where a shown path is mounted: something must be there, and below a replaced folder nothing is. Whether it is below one. */
export function makeMountPoint(path: string, hidden: readonly Hidden[], directory: string): boolean {
	const replaced = [
		...ownFolders.map((folder) => ({ path: folder.path as string, instead: join(directory, folder.name) })),
		...hidden,
	].find((folder) => isWithin(path, folder.path));
	if (replaced === undefined) return false;
	if (path === replaced.path) return true;
	const target = `${replaced.instead}${path.slice(replaced.path.length)}`;
	if (isFolder(path)) {
		makeFolders(replaced.instead, target);
	} else {
		makeFolders(replaced.instead, dirname(target));
		writeFileSync(target, '');
	}
	return true;
}

/** Makes the folders below `from` that lead to `to`. */
export function makeFolders(from: string, to: string): void {
	let path = from;
	for (const part of to.slice(from.length).split('/').filter(Boolean)) {
		path = join(path, part);
		if (!existsSync(path)) makeFolder(path);
	}
}

/** The root of the room's mount namespace: where the machine has links to /usr, links; the names of the folders to be mounted. */
export function makeBase(directory: string): readonly string[] {
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
