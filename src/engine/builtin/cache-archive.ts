import { createHash, randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { type CacheEntry, cacheKeyProblem, cacheLimits } from '#core/cache/cache.ts';
import { cacheScopes } from '#core/cache/cache-scope.ts';
import { readPatterns, searchPaths } from '../hash-files-program.ts';
import type { RunningJob } from '../running-job.ts';
import { listFiles } from './list-files.ts';
import { readFromRoom, writeToRoom } from './room-stream.ts';
import { guardedTar } from './tar-guard.ts';

/** What a step of a cache is about. */
export interface CacheStep {
	readonly paths: readonly string[];
	readonly key: string;
	readonly restoreKeys: readonly string[];
	readonly timeout: AbortSignal;
}

/** Throws with the original's words when the keys or the paths cannot be used. */
export function checkCacheStep({ paths, key, restoreKeys }: CacheStep): void {
	if (key === '') throw new Error('Input required and not supplied: key');
	if (paths.length === 0) throw new Error('Input required and not supplied: path');
	if (restoreKeys.length + 1 > cacheLimits.keys)
		throw new Error(`Key Validation Error: Keys are limited to a maximum of ${cacheLimits.keys}.`);
	for (const one of [key, ...restoreKeys]) {
		const problem = cacheKeyProblem(one);
		if (problem !== undefined) throw new Error(`Key Validation Error: ${one.slice(0, 100)}: ${problem}`);
	}
}

/** As the toolkits reckon it, so that what they saved is found here, and the other way round. */
function versionOf(paths: readonly string[]): string {
	return createHash('sha256')
		.update([...paths, 'zstd-without-long', '1.0'].join('|'))
		.digest('hex');
}

/** The cache that the step would restore. */
export function findCacheEntry(
	job: RunningJob,
	{ paths, key, restoreKeys }: CacheStep,
): Promise<CacheEntry | undefined> {
	const { run, trigger, repository } = job.request;
	const scopes = cacheScopes(trigger, repository.defaultBranch).read;
	const query = { keys: [key, ...restoreKeys], version: versionOf(paths), scopes };
	return job.ports.storage.caches.find(run.project, query);
}

/** Unpacks a cache where it was packed, as the job's user; only into what the step names. */
export async function unpackCache(job: RunningJob, { paths, timeout }: CacheStep, entry: CacheEntry): Promise<void> {
	const content = await job.ports.storage.caches.content(job.request.run.project, entry);
	if (content === undefined) throw new Error('Cache not found.');
	job.log.say(`Cache Size: ~${Math.round(entry.sizeBytes / 1024 ** 2)} MB (${entry.sizeBytes} B)`);
	const { workspace, home } = job.room;
	const folders = searchPaths(readPatterns(paths, workspace, home).filter(({ isImplicit }) => !isImplicit));
	const source = Readable.from(content.read(), { objectMode: false, highWaterMark: chunkBytes });
	const unpacked = createZstdDecompress({ chunkSize: chunkBytes });
	source.on('error', (error) => unpacked.destroy(error));
	try {
		await writeToRoom(
			job,
			{ script: 'exec tar -x -B -P --no-same-owner -C "$2" -f -', args: [workspace], cwd: workspace, timeout },
			guardedTar(source.pipe(unpacked), { folders: folders.map((folder) => posix.normalize(folder)), cwd: workspace }),
		);
	} finally {
		source.destroy();
		unpacked.destroy();
	}
}

const chunkBytes = 512 * 1024;
/** The disk is near: half as small at twice the speed is better than smaller. */
const level = -3;

/** `saved`, or why not: in words for the log. */
export type Saved =
	| { readonly saved: true; readonly sizeBytes: number }
	| { readonly saved: false; readonly why: string };

/** Packs what the step names, as the job's user, and saves it under the key. Throws when there is nothing to pack. */
export async function packCache(job: RunningJob, { paths, key, timeout }: CacheStep): Promise<Saved> {
	const { caches } = job.ports.storage;
	const { run, trigger, repository } = job.request;
	const wanted = {
		key,
		version: versionOf(paths),
		scope: cacheScopes(trigger, repository.defaultBranch).write,
		run: run.id,
		job: job.request.job.key,
	};
	const found = await listFiles(job, { patterns: paths.join('\n'), kind: 'cache', skipsHidden: false }, timeout);
	if (!found.ok) throw new Error(found.error[0]?.why ?? 'the files could not be found');
	if (found.value.count === 0)
		throw new Error(
			'Path Validation Error: Path(s) specified in the action for caching do(es) not exist, hence no cache is being saved.',
		);
	const begun = await caches.begin(run.project, wanted);
	if (!begun.ok)
		return { saved: false, why: `Unable to reserve cache with key ${key}, another job may be creating this cache.` };
	const block = randomUUID();
	try {
		const upload = await begun.value.upload();
		await upload.write(block, compressed(job, { list: found.value.list, cwd: found.value.root, timeout }));
		await upload.commit([block]);
	} catch (error) {
		await job.ports.storage.abandon(begun.value.blob);
		throw error;
	}
	const done = await caches.finish(run.project, begun.value);
	return done.ok
		? { saved: true, sizeBytes: done.value.sizeBytes }
		: { saved: false, why: `Unable to reserve cache with key ${key}, another job may be creating this cache.` };
}

async function* compressed(
	job: RunningJob,
	{ list, cwd, timeout }: { readonly list: string; readonly cwd: string; readonly timeout: AbortSignal },
): AsyncGenerator<Uint8Array> {
	const script = 'exec tar -c -P --format=pax -C "$3" --null -T "$2" -f -';
	const archive = Readable.from(readFromRoom(job, { script, args: [list, cwd], cwd, timeout }), {
		objectMode: false,
		highWaterMark: chunkBytes,
	});
	const packed = createZstdCompress({
		chunkSize: chunkBytes,
		params: { [constants.ZSTD_c_compressionLevel]: level },
	});
	archive.on('error', (error) => packed.destroy(error));
	try {
		yield* archive.pipe(packed) as AsyncIterable<Uint8Array>;
	} finally {
		archive.destroy();
		packed.destroy();
	}
}
