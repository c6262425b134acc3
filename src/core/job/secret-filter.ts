/** Needles are recognised by their first bytes, which are looked at as one number (little-endian). */
export const headLength = 4;

/** What the filter knows of a needle. */
interface Filtered {
	readonly bytes: Uint8Array;
}

/**
 * Says of four bytes, in a few instructions, whether they may stand near the beginning of a needle. Only every `stride`th place of
 * a text must be asked: a needle cannot slip through between two of them.
 */
export class SecretFilter {
	/** As large as the shortest needle allows; 0: one is so short that nothing can be filtered. */
	stride = longestStride;
	/** A bit for the hash of each four bytes that begin in the first `stride` places of a needle. */
	bits = new Int32Array(2 ** (smallest - 5));
	/** The bit of four bytes is `Math.imul(four, spread) >>> shift`. */
	shift = 32 - smallest;
	/** A needle has a `[` behind its first byte, so that one may begin before a control sequence and go on in it. */
	hasBracket = false;
	readonly #needles: Filtered[] = [];
	/** Heads in a table with open addresses; 0 is a free place, and no head. */
	#heads = new Int32Array(2 ** 10);
	#count = 0;

	add(needles: readonly Filtered[]): void {
		for (const needle of needles) this.#needles.push(needle);
		this.hasBracket ||= needles.some(({ bytes }) => bytes.includes(bracket, 1));
		const stride = this.#strideFor(needles);
		const room = (needle: number) => needle * Math.max(1, stride) * bitsPerPlace;
		if (stride !== this.stride || room(this.#needles.length) > this.bits.length * 32) {
			const wanted = Math.ceil(Math.log2(room(2 * this.#needles.length)));
			const size = Math.min(largest, Math.max(smallest, wanted));
			this.stride = stride;
			this.bits = new Int32Array(2 ** (size - 5));
			this.shift = 32 - size;
			for (const { bytes } of this.#needles) this.#mark(bytes);
		} else for (const { bytes } of needles) this.#mark(bytes);
		for (const { bytes } of needles) if (bytes.length >= headLength) this.#put(fourAt(bytes, 0));
	}

	/** Whether a needle begins with these four bytes. */
	isHead(four: number): boolean {
		return this.#heads[this.#slot(four)] === four;
	}

	#strideFor(needles: readonly Filtered[]): number {
		const many = this.#needles.length > manyNeedles ? 2 : longestStride;
		const shortest = needles.reduce((length, { bytes }) => Math.min(length, bytes.length), Number.MAX_SAFE_INTEGER);
		return Math.max(0, Math.min(this.stride, many, shortest - headLength + 1));
	}

	#mark(bytes: Uint8Array): void {
		for (let at = 0; at < this.stride; at++) {
			const bit = Math.imul(fourAt(bytes, at), spread) >>> this.shift;
			this.bits[bit >>> 5] = (this.bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
		}
	}

	#put(head: number): void {
		const slot = this.#slot(head);
		if (this.#heads[slot] === head) return;
		this.#heads[slot] = head;
		this.#count += 1;
		if (this.#count * 2 < this.#heads.length) return;
		const heads = this.#heads.filter((known) => known !== 0);
		this.#heads = new Int32Array(this.#heads.length * 2);
		for (const known of heads) this.#heads[this.#slot(known)] = known;
	}

	#slot(head: number): number {
		const wrap = this.#heads.length - 1;
		let slot = (Math.imul(head, spread) >>> 8) & wrap;
		while (this.#heads[slot] !== 0 && this.#heads[slot] !== head) slot = (slot + 1) & wrap;
		return slot;
	}
}

/** Spreads the bits of a number over it (Fibonacci hashing). */
export const spread = 0x9e3779b1;
const bracket = 0x5b;
const longestStride = 8;
/** From so many on, the filter would outgrow the processor's caches. */
const manyNeedles = 20_000;
/** Sizes of `bits` as powers of two. */
const smallest = 19;
const largest = 26;
const bitsPerPlace = 16;

function fourAt(bytes: Uint8Array, at: number): number {
	return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}
