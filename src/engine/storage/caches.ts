import {
	type CacheEntry,
	type CacheQuery,
	type Caches,
	cacheKeyProblem,
	evolveCaches,
	findCache,
	savedCache,
} from '#core/cache/cache.ts';
import { evictions } from '#core/cache/cache-eviction.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { Blob, Upload } from '#edge/blob/blob.ts';
import { type Folded, foldStream } from './folded.ts';
import { cacheLimits, type StoragePorts } from './storage-ports.ts';

/** A cache before it is complete: nobody sees it yet. */
export interface CacheDraft extends NewCache {
	readonly blob: string;
	upload(): Promise<Upload>;
}

export type NewCache = Pick<CacheEntry, 'key' | 'version' | 'scope' | 'run' | 'job'>;

/** The caches of all projects. */
export interface CacheShelf {
	/** FB2084: the key is not allowed. FB2085: there is one of that key already. */
	begin(project: string, wanted: NewCache): Promise<Result<CacheDraft>>;
	/** Makes a complete content the cache. The first one wins: FB2085 for all others. FB2086: the content is missing or of another size. */
	finish(project: string, draft: NewCache & { readonly blob: string }, sizeBytes?: number): Promise<Result<CacheEntry>>;
	/** What would be restored; that it is used is recorded when its content is opened. */
	find(project: string, query: CacheQuery): Promise<CacheEntry | undefined>;
	content(project: string, entry: CacheEntry): Promise<Blob | undefined>;
	/** The cache that a content belongs to. */
	withBlob(project: string, blob: string): Promise<CacheEntry | undefined>;
	/** Removes what has to go; how many. */
	evict(project: string): Promise<number>;
	/** Ids of the contents that belong to caches. */
	blobs(project: string): Promise<readonly string[]>;
}

/** How old the record of the last use may be. */
const useMs = 3_600_000;

/** Opens the shelf: records are events of `cache/<project>`, contents are blobs. */
export function openCaches(ports: StoragePorts): CacheShelf {
	const streams = new Map<string, Folded<Caches>>();
	const of = (project: string) => {
		const known =
			streams.get(project) ??
			foldStream<Caches>(ports.store, `cache/${project}`, { initial: new Map(), evolve: evolveCaches });
		streams.set(project, known);
		return known;
	};
	const evict = async (project: string) => {
		const out = evictions(await of(project).state(), ports.clock.now());
		for (const { entry, why } of out) {
			await of(project).append({ kind: 'cache-removed', id: entry.id, why });
			await ports.blobs.remove(entry.blob);
		}
		return out.length;
	};
	return {
		async begin(project, wanted) {
			const problem = cacheKeyProblem(wanted.key);
			if (problem !== undefined || wanted.version.length > 512) return failed(badKey(wanted.key, problem));
			if (savedCache(await of(project).state(), wanted) !== undefined) return failed(reserved(wanted.key));
			const blob = ports.newId();
			return ok({ ...wanted, blob, upload: () => ports.blobs.upload(blob, cacheLimits) });
		},
		finish: (project, { key, version, scope, run, job, blob }, sizeBytes) =>
			of(project).alone(async () => {
				const content = await ports.blobs.open(blob);
				if (content === undefined) return failed(incomplete(key, 'its content was not uploaded completely'));
				const isOther = sizeBytes !== undefined && sizeBytes !== content.sizeBytes;
				const isLate = savedCache(await of(project).state(), { key, version, scope }) !== undefined;
				if (isOther || isLate) {
					await ports.blobs.remove(blob);
					const why = `${content.sizeBytes} bytes came instead of ${sizeBytes}`;
					return failed(isLate ? reserved(key) : incomplete(key, why));
				}
				const id = await ports.store.nextNumber('cache');
				const saved = { id, key, version, scope, blob, sizeBytes: content.sizeBytes, run, job };
				const state = await of(project).append({ kind: 'cache-saved', ...saved });
				await evict(project);
				const entry = state.get(id);
				return entry === undefined ? failed(incomplete(key, 'it was removed')) : ok(entry);
			}),
		find: async (project, query) => findCache(await of(project).state(), query),
		async content(project, entry) {
			const content = await ports.blobs.open(entry.blob);
			const isStale = ports.clock.now() - Date.parse(entry.usedAt) > useMs;
			if (content !== undefined && isStale) await of(project).append({ kind: 'cache-used', id: entry.id });
			return content;
		},
		withBlob: async (project, blob) => [...(await of(project).state()).values()].find((entry) => entry.blob === blob),
		evict: (project) => of(project).alone(() => evict(project)),
		blobs: async (project) => [...(await of(project).state()).values()].map(({ blob }) => blob),
	};
}

const badKey = (key: string, why = 'its version is too long') => ({
	code: 'FB2084',
	what: `${JSON.stringify(key.slice(0, 100))} cannot be the key of a cache`,
	why,
});
const reserved = (key: string) => ({
	code: 'FB2085',
	what: `there is a cache with the key ${key} already`,
	why: 'caches never change',
});
const incomplete = (key: string, why: string) => ({ code: 'FB2086', what: `the cache ${key} is not complete`, why });
