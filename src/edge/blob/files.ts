import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import type { Blob, BlobFacts, BlobLimits, Blobs, Upload } from './blob.ts';
import {
	type BlockFile,
	blockHash,
	readBlocks,
	readParts,
	saveBlock,
	syncFolder,
	writeDurably,
} from './block-files.ts';
import { blobProblems, checkFacts, checkId } from './problems.ts';

/**
 * Contents as files below a folder that only Footbridge's user can enter:
 *
 *   uploads/<id>/   the blocks of an upload, a file each, named after their name, size and hash
 *   kept/<id>/      the same folder once it is complete, with `content.json`: which files, in which order
 *
 * Completing a content moves a folder and copies nothing.
 */
export function fileBlobs(directory: string): Blobs {
	const place = (part: 'uploads' | 'kept', id: string) => join(directory, part, checkId(id));
	for (const part of ['uploads', 'kept']) mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
	const open = new Map<string, Promise<OpenUpload>>();

	return {
		async upload(id, limits) {
			if (await exists(place('kept', id))) throw blobProblems.exists();
			const known = open.get(id) ?? openUpload(place('uploads', id));
			open.set(id, known);
			known.catch(() => open.delete(id));
			return uploadOf(await known, limits, {
				kept: place('kept', id),
				done: () => open.delete(id),
			});
		},
		open: (id) => openKept(place('kept', id)),
		async remove(id) {
			open.delete(id);
			// Out of sight first: a crash on the way leaves an upload that the next sweep finds.
			await rename(place('kept', id), place('uploads', id)).catch(ifMissing);
			await rm(place('uploads', id), { recursive: true, force: true });
		},
		list: () => readdir(join(directory, 'kept')),
		async sweep(olderThanMs) {
			const limit = Date.now() - olderThanMs;
			let count = 0;
			for (const id of await readdir(join(directory, 'uploads'))) {
				const folder = join(directory, 'uploads', id);
				if ((await stat(folder)).mtimeMs > limit) continue;
				open.delete(id);
				await rm(folder, { recursive: true, force: true });
				count += 1;
			}
			return count;
		},
	};
}

interface OpenUpload {
	readonly folder: string;
	/** By the hash of their names. */
	readonly blocks: Map<string, BlockFile>;
	/** Of all blocks, those too that are being written. */
	sizeBytes: number;
	isDone: boolean;
}

async function openUpload(folder: string): Promise<OpenUpload> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const blocks = await readBlocks(folder);
	const sizeBytes = [...blocks.values()].reduce((sum, block) => sum + block.sizeBytes, 0);
	return { folder, blocks, sizeBytes, isDone: false };
}

function uploadOf(
	upload: OpenUpload,
	limits: BlobLimits,
	{ kept, done }: { readonly kept: string; readonly done: () => void },
): Upload {
	return {
		async write(name, content) {
			const hash = blockHash(name);
			const block = await saveBlock(upload.folder, hash, counted(upload, limits, hash, content)).catch(
				(error: unknown) => {
					throw upload.isDone ? blobProblems.exists() : diskProblem(error);
				},
			);
			const old = upload.blocks.get(hash);
			upload.blocks.set(hash, block);
			if (old !== undefined && old.file !== block.file) await rm(join(upload.folder, old.file), { force: true });
			if (old !== undefined) upload.sizeBytes -= old.sizeBytes;
			return block.sizeBytes;
		},
		sizeOf: async (name) => upload.blocks.get(blockHash(name))?.sizeBytes,
		async commit(names, expected = {}) {
			if (upload.isDone) throw blobProblems.exists();
			const blocks = names.map((name) => upload.blocks.get(blockHash(name)));
			if (blocks.some((block) => block === undefined)) throw blobProblems.missing();
			const parts = blocks.filter((block) => block !== undefined);
			upload.isDone = true;
			try {
				const facts = await factsOf(upload.folder, parts);
				checkFacts(facts, expected);
				await complete(upload, parts, facts, kept);
				done();
				return facts;
			} catch (error) {
				upload.isDone = false;
				throw diskProblem(error);
			}
		},
	};
}

/** Counts what comes, and breaks off where a limit is passed; what did not become a block is taken off again. */
async function* counted(
	upload: OpenUpload,
	limits: BlobLimits,
	hash: string,
	content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
	if (upload.isDone) throw blobProblems.exists();
	const old = upload.blocks.get(hash);
	if (old === undefined && upload.blocks.size >= limits.blocks) throw blobProblems.tooLarge(`${limits.blocks} blocks`);
	let own = 0;
	let isWhole = false;
	try {
		for await (const chunk of content) {
			own += chunk.length;
			upload.sizeBytes += chunk.length;
			if (upload.sizeBytes - (old?.sizeBytes ?? 0) > limits.sizeBytes)
				throw blobProblems.tooLarge(`${limits.sizeBytes} bytes`);
			yield chunk;
		}
		isWhole = true;
	} finally {
		if (!isWhole) upload.sizeBytes -= own;
	}
}

/** A content of one block is what the block is; else all blocks are read once. */
async function factsOf(folder: string, parts: readonly BlockFile[]): Promise<BlobFacts> {
	const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
	const [only] = parts;
	if (only !== undefined && parts.length === 1) return { sizeBytes, sha256: only.sha256 };
	const hash = createHash('sha256');
	for await (const chunk of readParts(folder, parts, { start: 0, end: sizeBytes })) hash.update(chunk);
	return { sizeBytes, sha256: hash.digest('hex') };
}

async function complete(
	upload: OpenUpload,
	parts: readonly BlockFile[],
	facts: BlobFacts,
	kept: string,
): Promise<void> {
	const wanted = new Set(parts.map(({ file }) => file));
	for (const name of await readdir(upload.folder))
		if (!wanted.has(name)) await rm(join(upload.folder, name), { force: true });
	const record: KeptRecord = { ...facts, parts };
	await writeDurably(join(upload.folder, recordName), JSON.stringify(record));
	await syncFolder(upload.folder);
	await rename(upload.folder, kept);
	await syncFolder(join(kept, '..'));
}

const recordName = 'content.json';

interface KeptRecord extends BlobFacts {
	readonly parts: readonly BlockFile[];
}

async function openKept(folder: string): Promise<Blob | undefined> {
	const text = await readFile(join(folder, recordName), 'utf8').catch(ifMissing);
	if (text === undefined) return undefined;
	const { sizeBytes, sha256, parts } = JSON.parse(text) as KeptRecord;
	return {
		sizeBytes,
		sha256,
		read: (range = { start: 0, end: sizeBytes }) => readParts(folder, parts, range),
	};
}

async function exists(path: string): Promise<boolean> {
	return (await stat(path).catch(ifMissing)) !== undefined;
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === 'ENOENT') return undefined;
	throw error;
}

function diskProblem(error: unknown): unknown {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
	return new ProblemError(
		{ code: 'FB7024', what: 'there is no space left for artifacts and caches', next: 'free space on the disk' },
		{ cause: error },
	);
}
