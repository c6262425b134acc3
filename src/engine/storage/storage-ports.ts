import type { Blobs } from '#edge/blob/blob.ts';
import type { Clock } from '#edge/clock/clock.ts';
import type { Store } from '#edge/store/store.ts';

/** The ports that storage needs. */
export interface StoragePorts {
	readonly store: Store;
	readonly blobs: Blobs;
	readonly clock: Clock;
	readonly newId: () => string;
}

const gibibyte = 1024 ** 3;

/** What one job may keep as artifacts. */
export const artifactLimits = { count: 500, content: { sizeBytes: 10 * gibibyte, blocks: 50_000 } } as const;
/** What one cache may be. */
export const cacheLimits = { sizeBytes: 10 * gibibyte, blocks: 50_000 } as const;
/** An upload with which nobody went on for so long is given up. */
export const abandonedMs = 86_400_000;
