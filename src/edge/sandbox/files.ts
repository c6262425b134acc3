import { constants } from 'node:fs';
import { chown, lchown, mkdir, open, readdir, readlink, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** A folder that the job sees at `inside` and that is at `host` on this machine. */
export interface Place {
	readonly inside: string;
	readonly host: string;
}

export interface Owner {
	readonly uid: number;
	readonly gid: number;
}

/** The path on this machine behind a path of the room. Throws for a path that the room does not share. */
export function hostPathOf(places: readonly Place[], path: string): string {
	const place = places.find(({ inside }) => path === inside || path.startsWith(`${inside}/`));
	if (place === undefined) throw new Error(`${path} is not one of the room's own folders`);
	const host = join(place.host, path.slice(place.inside.length));
	if (host !== place.host && !host.startsWith(place.host + sep)) throw new Error(`${path} leaves the room's folders`);
	return host;
}

/** Writes a file that `owner` owns, with its missing parents below `base`. */
export async function putFile(
	base: string,
	path: string,
	file: { content: string; mode: number; owner: Owner | undefined },
): Promise<void> {
	const made = await mkdir(dirname(path), { recursive: true });
	await insideOf(base, await realpath(dirname(path)));
	await writeFile(path, file.content, {
		mode: file.mode,
		flag: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
	});
	if (file.owner === undefined) return;
	await lchown(path, file.owner.uid, file.owner.gid);
	for (let folder = dirname(path); made !== undefined && folder.length >= made.length; folder = dirname(folder))
		await chown(folder, file.owner.uid, file.owner.gid);
}

/**
 * Reads what a job may have written: a regular file below `base`, no link followed on the way, at most `limitBytes`.
 * Undefined when it is not there; throws for anything else, so that a link to a secret of this machine reads as an error.
 */
export async function getFile(base: string, path: string, limitBytes: number): Promise<string | undefined> {
	let file: Awaited<ReturnType<typeof open>>;
	try {
		file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw error;
	}
	try {
		const found = await file.stat();
		if (!found.isFile()) throw new Error(`${path} is not a regular file`);
		// What is open is asked, not the path: a folder on the way may have become a link meanwhile.
		await insideOf(
			base,
			process.platform === 'linux' ? await readlink(`/proc/self/fd/${file.fd}`) : await realpath(path),
		);
		if (found.size > limitBytes) throw new Error(`${path} is larger than ${limitBytes} bytes`);
		const buffer = Buffer.alloc(Math.min(found.size, limitBytes));
		let length = 0;
		while (length < buffer.length) {
			const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
			if (bytesRead === 0) break;
			length += bytesRead;
		}
		return buffer.toString('utf8', 0, length);
	} finally {
		await file.close();
	}
}

/** Gives everything below a path to `owner`; links themselves, never what they point to. */
export async function ownTree(path: string, owner: Owner): Promise<void> {
	await lchown(path, owner.uid, owner.gid);
	const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
	await Promise.all(
		entries.map((entry) => {
			const inner = join(path, entry.name);
			return entry.isDirectory() ? ownTree(inner, owner) : lchown(inner, owner.uid, owner.gid);
		}),
	);
}

async function insideOf(base: string, path: string): Promise<void> {
	const way = relative(await realpath(base), path);
	if (way === '..' || way.startsWith(`..${sep}`)) throw new Error(`${path} is outside of ${base}`);
}

function isMissing(error: unknown): boolean {
	const { code } = error as NodeJS.ErrnoException;
	return code === 'ENOENT' || code === 'ENOTDIR';
}
