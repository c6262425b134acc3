import { msOf } from '../health/time.ts';
import type { CacheEntry, Caches } from './cache.ts';
import { isUntrustedScope } from './cache-scope.ts';

/** What caches of a project may take. */
export interface CacheBudget {
	readonly sizeBytes: number;
	/** The part of it that events of strangers may fill: they can only push out each other's. */
	readonly untrustedBytes: number;
	readonly unusedDays: number;
	readonly count: number;
}

const gibibyte = 1024 ** 3;

/** GitHub's: 10 GiB a repository, and what nobody used for a week goes. */
export const usualBudget: CacheBudget = {
	sizeBytes: 10 * gibibyte,
	untrustedBytes: gibibyte,
	unusedDays: 7,
	count: 10_000,
};

export interface Eviction {
	readonly entry: CacheEntry;
	readonly why: string;
}

/** What has to go: what was not used for long, then the least recently used until the rest fits. `now` is ms since the epoch. */
export function evictions(caches: Caches, now: number, budget: CacheBudget = usualBudget): readonly Eviction[] {
	const oldest = now - budget.unusedDays * 86_400_000;
	const byUse = [...caches.values()].sort((a, b) => msOf(a.usedAt) - msOf(b.usedAt) || a.id - b.id);
	const isOld = (entry: CacheEntry) => msOf(entry.usedAt) <= oldest;
	const out: Eviction[] = byUse
		.filter(isOld)
		.map((entry) => ({ entry, why: `it was not used for ${budget.unusedDays} days` }));
	const fit = (entries: readonly CacheEntry[], sizeBytes: number, count: number, why: string) => {
		let [size, left] = [entries.reduce((sum, entry) => sum + entry.sizeBytes, 0), entries.length];
		for (const entry of entries) {
			if (size <= sizeBytes && left <= count) return;
			out.push({ entry, why });
			size -= entry.sizeBytes;
			left -= 1;
		}
	};
	const fresh = byUse.filter((entry) => !isOld(entry));
	fit(
		fresh.filter((entry) => isUntrustedScope(entry.scope)),
		budget.untrustedBytes,
		budget.count,
		'events of strangers may not fill more',
	);
	const gone = new Set(out.map(({ entry }) => entry));
	const rest = fresh.filter((entry) => !gone.has(entry));
	fit(rest, budget.sizeBytes, budget.count, 'the caches of the project take more than they may');
	return out;
}
