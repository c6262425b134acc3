import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of an upload. */
export interface BlockFile {
	readonly file: string;
	readonly sizeBytes: number;
	readonly sha256: string;
}

/** What a block is known by on the disk: its name is a client's. */
export function blockHash(name: string): string {
	return createHash('sha256').update(name).digest('hex').slice(0, 40);
}

/** The whole blocks of a folder by the hash of their names; what was cut off is none. */
export async function readBlocks(folder: string): Promise<Map<string, BlockFile>> {
	const blocks = new Map<string, BlockFile>();
	for (const file of await readdir(folder)) {
		const [, hash, size, sha256] = /^([0-9a-f]{40})\.(\d+)\.([0-9a-f]{64})$/.exec(file) ?? [];
		if (hash === undefined || size === undefined || sha256 === undefined) continue;
		blocks.set(hash, { file, sizeBytes: Number(size), sha256 });
	}
	return blocks;
}

/** Bytes that are written at once. */
const batchBytes = 1024 * 1024;

/** Writes a block to the disk; under its own name only when it is whole and durable. */
export async function saveBlock(folder: string, hash: string, content: AsyncIterable<Uint8Array>): Promise<BlockFile> {
	const draft = join(folder, `draft-${randomUUID()}`);
	const sha256 = createHash('sha256');
	let sizeBytes = 0;
	const handle = await open(draft, 'wx', 0o600);
	try {
		let batch: Uint8Array[] = [];
		let waiting = 0;
		for await (const chunk of content) {
			sha256.update(chunk);
			batch.push(chunk);
			waiting += chunk.length;
			sizeBytes += chunk.length;
			if (waiting < batchBytes) continue;
			await writeAll(handle, batch);
			batch = [];
			waiting = 0;
		}
		await writeAll(handle, batch);
		await handle.datasync();
		await handle.close();
		const block = { file: `${hash}.${sizeBytes}.${sha256.digest('hex')}`, sizeBytes };
		await rename(draft, join(folder, block.file));
		return { ...block, sha256: block.file.slice(-64) };
	} catch (error) {
		await handle.close().catch(() => {});
		await rm(draft, { force: true });
		throw error;
	}
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
	const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
	if (total === 0) return;
	const { bytesWritten } = await handle.writev(chunks);
	// A short write: what is left goes in one piece.
	for (let written = bytesWritten; written < total; ) {
		const rest = Buffer.concat(chunks).subarray(written);
		written += (await handle.write(rest)).bytesWritten;
	}
}

/** The bytes of blocks in their order, `start` up to, not including, `end`. */
export async function* readParts(
	folder: string,
	parts: readonly BlockFile[],
	{ start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
	let offset = 0;
	for (const part of parts) {
		const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, part.sizeBytes)];
		offset += part.sizeBytes;
		if (from < to) yield* readFile(join(folder, part.file), from, to);
	}
}

const readBytes = 1024 * 1024;

async function* readFile(path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
	const handle = await open(path, 'r');
	try {
		for (let position = from; position < to; ) {
			const length = Math.min(readBytes, to - position);
			const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
			if (bytesRead === 0) throw new Error(`${path} is shorter than it was`);
			yield buffer.subarray(0, bytesRead);
			position += bytesRead;
		}
	} finally {
		await handle.close();
	}
}

/** Writes a small file of which a crash leaves all or nothing. */
export async function writeDurably(path: string, text: string): Promise<void> {
	const draft = `${path}.draft`;
	const handle = await open(draft, 'w', 0o600);
	try {
		await handle.writeFile(text);
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(draft, path);
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
