import { createHash } from 'node:crypto';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extract, type ReadEntry } from 'tar';
import { openPromise as openZip } from 'yauzl';
import { ProblemError } from '#core/result.ts';
import { notAsSaid } from './toolchain-problems.ts';

/** What an archive may hold. */
export interface ArchiveLimits {
	readonly files: number;
	readonly bytes: number;
}

const usualLimits: ArchiveLimits = { files: 100_000, bytes: 4 * 1024 ** 3 };

interface Unpacking {
	/** As people read it. */
	readonly what: string;
	readonly limits?: ArchiveLimits;
}

/** Looks at every entry before anything of it is written; the first that is refused ends it. */
class Guard {
	#files = 0;
	#bytes = 0;
	readonly #what: string;
	readonly #limits: ArchiveLimits;

	constructor({ what, limits = usualLimits }: Unpacking) {
		this.#what = what;
		this.#limits = limits;
	}

	check(path: string, kind: string, bytes: number): void {
		this.#files += 1;
		this.#bytes += bytes;
		const isOutside = path.startsWith('/') || path.includes('\\') || path.split('/').includes('..');
		if (kind !== 'file' && kind !== 'folder') this.#refuse(`it holds a ${kind}: ${path}`);
		if (isOutside) this.#refuse(`it holds a path that leads out of its folder: ${path}`);
		if (this.#files > this.#limits.files) this.#refuse(`it holds more than ${this.#limits.files} files`);
		if (this.#bytes > this.#limits.bytes) this.#refuse(`it holds more than ${this.#limits.bytes} bytes`);
	}

	#refuse(why: string): never {
		throw new ProblemError(notAsSaid(this.#what, why));
	}
}

const tarKinds: { readonly [type: string]: string } = {
	...{ File: 'file', OldFile: 'file', ContiguousFile: 'file', Directory: 'folder', GNUDumpDir: 'folder' },
	...{ SymbolicLink: 'link', Link: 'link' },
};

/** Unpacks a tar file, without the first `strip` parts of its paths. Throws FB2092 on anything but files and folders. */
export async function unpackTar(
	file: string,
	folder: string,
	{ strip, ...unpacking }: Unpacking & { readonly strip: number },
): Promise<void> {
	const guard = new Guard(unpacking);
	await mkdir(folder, { recursive: true });
	let refusal: unknown;
	await extract({
		file,
		cwd: folder,
		strip,
		// What the archive says of owners and of rights beyond these is of no use here.
		noMtime: true,
		umask: 0o022,
		filter(path, entry) {
			if (refusal !== undefined) return false;
			try {
				const { type, size } = entry as ReadEntry;
				guard.check(path, tarKinds[type] ?? type, size);
				return true;
			} catch (error) {
				refusal = error;
				return false;
			}
		},
	}).catch((error: unknown) => {
		throw new ProblemError(notAsSaid(unpacking.what, error instanceof Error ? error.message : String(error)));
	});
	if (refusal !== undefined) throw refusal;
}

/** Unpacks a zip file, without the prefix that all of its paths have; the sha256 of every file by its whole path. */
export async function unpackZip(
	file: string,
	folder: string,
	{
		prefix,
		isExecutable = () => false,
		...unpacking
	}: Unpacking & { readonly prefix: string; readonly isExecutable?: (path: string) => boolean },
): Promise<ReadonlyMap<string, string>> {
	const guard = new Guard(unpacking);
	const hashes = new Map<string, string>();
	const made = new Set<string>();
	try {
		const zip = await openZip(file, { validateEntrySizes: true });
		for await (const entry of zip.eachEntry()) {
			const mode = entry.externalFileAttributes >>> 16;
			const path = entry.fileName;
			guard.check(path, kindOf(path, mode), entry.uncompressedSize);
			if (path.endsWith('/')) continue;
			if (!path.startsWith(prefix)) throw new ProblemError(notAsSaid(unpacking.what, `it holds ${path}`));
			const target = join(folder, path.slice(prefix.length));
			if (!made.has(dirname(target))) await mkdir(dirname(target), { recursive: true });
			made.add(dirname(target));
			hashes.set(path, await writeHashed(await zip.openReadStreamPromise(entry), target));
			const isProgram = (mode & 0o111) !== 0 || isExecutable(path.slice(prefix.length));
			if (isProgram) await chmod(target, 0o755);
		}
	} catch (error) {
		if (error instanceof ProblemError) throw error;
		throw new ProblemError(notAsSaid(unpacking.what, error instanceof Error ? error.message : String(error)));
	}
	return hashes;
}

/** Writes a new file; the sha256 of what is in it. */
async function writeHashed(source: AsyncIterable<Uint8Array>, target: string): Promise<string> {
	const hash = createHash('sha256');
	const file = await open(target, 'wx');
	try {
		for await (const chunk of source) {
			hash.update(chunk);
			await file.write(chunk);
		}
	} finally {
		await file.close();
	}
	return hash.digest('hex');
}

function kindOf(path: string, mode: number): string {
	const type = mode & 0o170000;
	if (type === 0o120000) return 'link';
	if (type !== 0 && type !== 0o100000 && type !== 0o040000) return 'special file';
	return path.endsWith('/') ? 'folder' : 'file';
}
