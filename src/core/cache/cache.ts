import type { Recorded } from '../event.ts';

/** A cache that a job saved. Its content never changes. */
export interface CacheEntry {
	/** Counts all caches of this Footbridge. */
	readonly id: number;
	readonly key: string;
	/** What the client makes of paths and compression: entries of other versions are not seen. */
	readonly version: string;
	readonly scope: string;
	/** Id of the content. */
	readonly blob: string;
	readonly sizeBytes: number;
	/** Who saved it. */
	readonly run: string;
	readonly job: string;
	/** ISO 8601. */
	readonly savedAt: string;
	readonly usedAt: string;
}

/** The caches of a project that are there, by their ids, oldest first. */
export type Caches = ReadonlyMap<number, CacheEntry>;

/** Folds one event of a project's caches. */
export function evolveCaches(caches: Caches, { event, at }: Recorded): Caches {
	if (event.kind === 'cache-saved') {
		const { kind: _, ...facts } = event;
		return new Map(caches).set(event.id, { ...facts, savedAt: at, usedAt: at });
	}
	if (event.kind === 'cache-used') {
		const entry = caches.get(event.id);
		return entry === undefined ? caches : new Map(caches).set(event.id, { ...entry, usedAt: at });
	}
	if (event.kind !== 'cache-removed') return caches;
	const next = new Map(caches);
	next.delete(event.id);
	return next;
}

/** GitHub's limits. */
export const cacheLimits = { keyLength: 512, keys: 10, versionLength: 512 } as const;

/** What is wrong with a key, with GitHub's rule. */
export function cacheKeyProblem(key: string): string | undefined {
	if (key === '') return 'it is empty';
	if (key.length > cacheLimits.keyLength) return `it is longer than ${cacheLimits.keyLength} characters`;
	if (key.includes(',')) return 'it has a comma';
	for (const character of key) if (character < ' ' || character === '\u007f') return 'it has a control character';
	return undefined;
}

export interface CacheQuery {
	/** The first is the key itself, the others are beginnings of keys. */
	readonly keys: readonly string[];
	readonly version: string;
	/** Scopes that may be read, in their order. */
	readonly scopes: readonly string[];
}

/**
 * The cache that is restored: scope by scope; in each the key itself, then whatever begins with a key, key by key, the newest first.
 */
export function findCache(caches: Caches, { keys, version, scopes }: CacheQuery): CacheEntry | undefined {
	const [key = ''] = keys;
	for (const scope of scopes) {
		const seen = [...caches.values()]
			.filter((entry) => entry.scope === scope && entry.version === version)
			.sort((a, b) => b.id - a.id);
		const exact = seen.find((entry) => entry.key === key);
		if (exact !== undefined) return exact;
		for (const start of keys) {
			const found = seen.find((entry) => entry.key.startsWith(start));
			if (found !== undefined) return found;
		}
	}
	return undefined;
}

/** The entry that stands in the way of saving: caches never change. */
export function savedCache(
	caches: Caches,
	{ key, version, scope }: Pick<CacheEntry, 'key' | 'version' | 'scope'>,
): CacheEntry | undefined {
	return [...caches.values()].find((entry) => entry.key === key && entry.version === version && entry.scope === scope);
}
