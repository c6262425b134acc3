import { spawn } from 'node:child_process';
import {
	closeSync,
	constants,
	existsSync,
	fchmodSync,
	fchownSync,
	fstatSync,
	mkdirSync,
	openSync,
	readSync,
	renameSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Problem, ProblemError } from '#core/result.ts';
import { pinFolder } from './room-pins.ts';
import type { Room } from './sandbox.ts';

/** A folder of the room and the one on this machine that is behind it. */
export interface RoomFolder {
	readonly inside: string;
	readonly outside: string;
}

/** Whom the files of a job belong to; absent where the job is the same user as Footbridge. */
export interface FileOwner {
	readonly uid: number;
	readonly gid: number;
}

/** How the owner reads and writes in a room. */
export type RoomFiles = Pick<Room, 'hostPath' | 'put' | 'get' | 'own' | 'bring' | 'pin'>;

/**
 * Reads and writes of the owner in folders that a job can change at the same moment. Folders are opened one by one without following
 * links, and what is opened is what is used: a link that a job puts there meanwhile leads nowhere.
 * Rejects with a ProblemError FB2061 when there is a link, or something else than a file, at the path. `directory` is on the same file
 * system as the folders, and no job can reach it. `isKeptApart`: what the job may reach elsewhere is less than what its user may.
 */
export function roomFiles(
	folders: readonly RoomFolder[],
	owner: FileOwner | undefined,
	directory: string,
	isKeptApart = owner !== undefined,
): RoomFiles {
	const locate = (path: string): Located => {
		const normal = posix.normalize(path);
		const folder = folders.find(({ inside }) => normal === inside || normal.startsWith(`${inside}/`));
		if (folder === undefined) throw new Error(`${path} is in no folder of the room`);
		const parts = normal
			.slice(folder.inside.length)
			.split('/')
			.filter((part) => part !== '');
		return { root: folder.outside, parts, path };
	};
	return {
		hostPath(path) {
			const { root, parts } = locate(path);
			return [root, ...parts].join('/');
		},
		async put(path, content, mode = 0o644) {
			withParent(locate(path), owner ?? 'present user', (parent, name) =>
				write({ parent, name, content, mode, owner }),
			);
		},
		async get(path, limitBytes) {
			return withParent(locate(path), undefined, (parent, name) => read(`${parent}/${name}`, limitBytes));
		},
		async own(path) {
			if (owner === undefined) return;
			const located = locate(path);
			const { parts } = located;
			// Held open until chown is there: its working folder is the one that was looked at.
			const folder = refusing(path, () => openFolder({ ...located, parts: parts.slice(0, -1) }, undefined));
			try {
				await giveTo(owner, referTo(folder), `./${parts.at(-1) ?? ''}`);
			} finally {
				closeSync(folder.descriptor);
			}
		},
		async pin(path) {
			const located = locate(path);
			const plain = [located.root, ...located.parts].join('/');
			if (!isKeptApart) mkdirSync(plain, { recursive: true });
			// Nobody but this user can put anything in its place.
			if (!isKeptApart || located.parts.length === 0) return { path: plain, release: async () => undefined };
			if (owner === undefined) throw new ProblemError(notPinned(path));
			const folder = refusing(path, () => openFolder(located, owner));
			try {
				return await pinFolder(referTo(folder), directory);
			} finally {
				closeSync(folder.descriptor);
			}
		},
		async bring(path, fill) {
			const located = locate(path);
			const outside = await mkdtemp(join(directory, 'bring-'));
			try {
				const folder = join(outside, 'folder');
				await mkdir(folder, { mode: 0o755 });
				await fill(folder);
				if (owner !== undefined) await giveTo(owner, outside, './folder');
				// A rename follows no link, and puts nothing in the place of a folder that holds something.
				withParent(located, owner ?? 'present user', (parent, name) => renameSync(folder, `${parent}/${name}`));
			} finally {
				await rm(outside, { recursive: true, force: true });
			}
		},
	};
}

interface Located {
	readonly root: string;
	readonly parts: readonly string[];
	/** As the caller said it. */
	readonly path: string;
}

type Maker = FileOwner | 'present user' | undefined;

/** Undefined when a folder on the way is missing and nobody is to make it. */
function withParent<T>(located: Located, maker: Maker, use: (parent: string, name: string) => T): T | undefined {
	const name = located.parts.at(-1);
	if (name === undefined) throw new Error(`${located.path} is a folder`);
	let folder: OpenFolder;
	try {
		folder = openFolder({ ...located, parts: located.parts.slice(0, -1) }, maker);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return undefined;
		throw refusal(error, located.path);
	}
	try {
		return refusing(located.path, () => use(referTo(folder), name));
	} finally {
		closeSync(folder.descriptor);
	}
}

function refusing<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		throw refusal(error, path);
	}
}

interface OpenFolder {
	readonly descriptor: number;
	readonly path: string;
}

function openFolder({ root, parts }: Located, maker: Maker): OpenFolder {
	let folder: OpenFolder = { descriptor: openSync(root, folderFlags), path: root };
	for (const part of parts) {
		const next = `${referTo(folder)}/${part}`;
		try {
			const descriptor = openOrMake(next, maker);
			closeSync(folder.descriptor);
			folder = { descriptor, path: `${folder.path}/${part}` };
		} catch (error) {
			closeSync(folder.descriptor);
			throw error;
		}
	}
	return folder;
}

/** Most folders are there: looking first saves a failed mkdir a folder. */
function openOrMake(path: string, maker: Maker): number {
	try {
		return openSync(path, folderFlags | constants.O_NOFOLLOW);
	} catch (error) {
		if (maker === undefined || codeOf(error) !== 'ENOENT') throw error;
	}
	const isNew = makeFolder(path);
	const descriptor = openSync(path, folderFlags | constants.O_NOFOLLOW);
	if (isNew) fchmodSync(descriptor, 0o755);
	if (isNew && typeof maker === 'object') fchownSync(descriptor, maker.uid, maker.gid);
	return descriptor;
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY;

/** Below an open folder, whatever its name leads to by now. Without /proc only the `host` tier runs, where a job is the same user. */
function referTo({ descriptor, path }: OpenFolder): string {
	return hasDescriptors ? `/proc/${process.pid}/fd/${descriptor}` : path;
}

const hasDescriptors = existsSync('/proc/self/fd');

function makeFolder(path: string): boolean {
	try {
		mkdirSync(path, 0o755);
		return true;
	} catch (error) {
		if (codeOf(error) === 'EEXIST') return false;
		throw error;
	}
}

interface NewFile {
	readonly parent: string;
	readonly name: string;
	readonly content: string;
	readonly mode: number;
	readonly owner: FileOwner | undefined;
}

/** Always a new file: one that is there may be a link, or held open by a job. */
function write({ parent, name, content, mode, owner }: NewFile): void {
	const descriptor = createAnew(`${parent}/${name}`);
	try {
		writeFileSync(descriptor, content);
		if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
		fchmodSync(descriptor, mode);
	} finally {
		closeSync(descriptor);
	}
}

function createAnew(path: string): number {
	const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
	try {
		return openSync(path, flags, 0o600);
	} catch (error) {
		if (codeOf(error) !== 'EEXIST') throw error;
	}
	unlinkSync(path);
	return openSync(path, flags, 0o600);
}

function read(path: string, limitBytes: number): string | undefined {
	let descriptor: number;
	try {
		// Without O_NONBLOCK a FIFO would hold the whole process.
		descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return undefined;
		throw error;
	}
	try {
		const status = fstatSync(descriptor);
		if (!status.isFile()) throw Object.assign(new Error('it is no regular file'), { code: 'EFTYPE' });
		const buffer = Buffer.alloc(Math.min(limitBytes, status.size));
		let length = 0;
		while (length < buffer.length) {
			const bytes = readSync(descriptor, buffer, length, buffer.length - length, null);
			if (bytes === 0) break;
			length += bytes;
		}
		return buffer.toString('utf8', 0, length);
	} finally {
		closeSync(descriptor);
	}
}

/** `chown` walks the tree by descriptors, and never through a link. */
function giveTo({ uid, gid }: FileOwner, folder: string, name: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const args = ['-hR', `${uid}:${gid}`, '--', name];
		const child = spawn('chown', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: systemPath } });
		let complaint = '';
		child.stderr.on('data', (chunk) => {
			complaint += chunk;
		});
		child.once('error', reject);
		child.once('close', (code) =>
			code === 0 ? resolve() : reject(new Error(`chown ended with ${code}: ${complaint}`)),
		);
	});
}

const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

const reasons: { readonly [code: string]: string } = {
	ELOOP: 'a link is in the way, and links are not followed',
	ENOTDIR: 'something that is no folder is in the way',
	EISDIR: 'a folder is there',
	ENOTEMPTY: 'a folder that is not empty is there',
	EEXIST: 'a folder that is not empty is there',
	EPERM: 'a folder is there',
	ENXIO: 'it is no regular file',
	EFTYPE: 'it is no regular file',
};

function notPinned(path: string): Problem {
	return {
		code: 'FB2061',
		what: `${path} cannot be given to a container`,
		why: 'only root can hold a folder where it is while a job changes it, and Footbridge does not run as root',
		where: path,
	};
}

function refusal(error: unknown, path: string): unknown {
	const why = reasons[codeOf(error) ?? ''];
	if (why === undefined) return error;
	return new ProblemError({ code: 'FB2061', what: `${path} cannot be used`, why, where: path }, { cause: error });
}
