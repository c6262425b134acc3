/**
 * Large contents that Footbridge keeps: artifacts of runs, caches of jobs. Nobody but Footbridge can write where they are.
 *
 * Life cycle: `upload` an id of the caller's -> `write` blocks, in any order, beside each other, and again after a crash -> `commit`
 * them in their order: from then on the content can be opened, is durable, and never changes -> `remove`. What was not committed
 * is seen by nobody; `sweep` removes what nobody goes on with. An id is 1 to 64 of a-z, 0-9 and `-`; anything else is a bug.
 */
export interface Blobs {
	/** Begins an upload, or goes on with one. Rejects with FB7020 when the id has a content already. */
	upload(id: string, limits: BlobLimits): Promise<Upload>;
	/** Undefined when nothing was committed under the id. */
	open(id: string): Promise<Blob | undefined>;
	/** Removes a content, or an upload; nothing when there is neither. */
	remove(id: string): Promise<void>;
	/** Ids of all contents, in no order. */
	list(): Promise<readonly string[]>;
	/** Removes uploads to which nothing was written for as long; how many. */
	sweep(olderThanMs: number): Promise<number>;
}

export interface BlobLimits {
	/** Of all blocks together. */
	readonly sizeBytes: number;
	readonly blocks: number;
}

/** A content that is being put together. */
export interface Upload {
	/**
	 * Writes a block; one of the same name is replaced. Nothing of it is kept unless `content` comes to its end; what it gave
	 * is not changed any more. Resolves with its
	 * size, durable. Rejects with FB7022 when a limit is passed.
	 */
	write(block: string, content: AsyncIterable<Uint8Array>): Promise<number>;
	/** Size of a block that was written; undefined when it was not. */
	sizeOf(block: string): Promise<number | undefined>;
	/**
	 * Makes the content of these blocks in this order, all others are dropped. Rejects with FB7021 when a block is missing, FB7023
	 * when the content is not what was expected, FB7020 when it was committed already.
	 */
	commit(blocks: readonly string[], expected?: Partial<BlobFacts>): Promise<BlobFacts>;
}

export interface BlobFacts {
	readonly sizeBytes: number;
	/** Hexadecimal. */
	readonly sha256: string;
}

/** A content that never changes. */
export interface Blob extends BlobFacts {
	/** All of it, or bytes `start` up to, not including, `end`. */
	read(range?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>;
}
