import { headLength, type SecretFilter, spread } from './secret-filter.ts';
import { escapeByte, kinds as kindOf, lead, special, text } from './secret-text.ts';

/** Bytes that are gone over, from `at` to `end`. */
export interface Stretch {
	readonly bytes: Uint8Array;
	readonly at: number;
	readonly end: number;
	/** No others come. */
	readonly isEnd: boolean;
}

/**
 * Goes over text fast, as long as no needle can be under way. The solid bytes (neither blank nor control) are put side by side, and
 * the filter is asked about every `stride`th place of them.
 */
export class SecretSkim {
	/** Where the last run stopped. */
	at = 0;
	readonly #filter: SecretFilter;
	#solid = new Uint8Array(0);
	#view = new DataView(this.#solid.buffer);
	#length = 0;
	/** Offsets of the first solid bytes: those that an earlier run kept. -1 for what is not known any more. */
	#kept: readonly number[] = [];
	/** Offset of the first byte of the stretch. */
	#base = 0;
	/** From time to time: where in the stretch a run was, and how many solid bytes it had. */
	#marks: { readonly at: number; readonly length: number }[] = [];

	constructor(filter: SecretFilter) {
		this.#filter = filter;
	}

	/** Solid bytes that the next run goes on from, and their offsets. */
	get kept(): { readonly bytes: Uint8Array; readonly offsets: readonly number[] } {
		return { bytes: this.#solid.subarray(0, this.#kept.length), offsets: this.#kept };
	}

	/** Forgets what came before, but for these solid bytes. */
	restart(bytes: readonly number[], offsets: readonly number[]): void {
		this.#reserve(bytes.length);
		this.#solid.set(bytes);
		this.#kept = offsets;
	}

	/**
	 * Goes on to the end, or to where a closer look is needed: true then, and what is kept is where that look begins. `base` is the
	 * offset of `bytes[0]`.
	 */
	run(stretch: Stretch, base: number): boolean {
		this.#base = base;
		this.#length = this.#kept.length;
		this.#reserve(this.#length + stretch.end - stretch.at);
		this.#marks = [];
		const { stride } = this.#filter;
		let asked = stride - 1;
		let at = stretch.at;
		let isStopped = false;
		let block = firstBlock;
		while (at < stretch.end && !isStopped) {
			this.#marks.push({ at, length: this.#length });
			const end = Math.min(stretch.end, at + block);
			block = Math.min(longestBlock, block * 2);
			at = this.#fill(stretch, { at, end, limit: this.#solid.length });
			isStopped = at < end;
			const hit = this.#ask(asked);
			if (hit !== -1) return this.#stopAt(stretch, this.#headBefore(hit), hit + headLength);
			asked += Math.max(0, Math.ceil((this.#length - headLength + 1 - asked) / stride)) * stride;
		}
		// From here on every place is asked: the text ends, and perhaps in the middle of a needle.
		const first = asked - stride + 1;
		for (let place = first; place + headLength <= this.#length; place++) {
			if (this.#filter.isHead(this.#view.getInt32(place, true))) return this.#stopAt(stretch, place, this.#length);
		}
		if (isStopped && !isCut(stretch, at)) return this.#stopAt(stretch, Math.max(0, first), this.#length);
		this.#keep(stretch, Math.max(0, first), this.#length);
		this.at = at;
		return false;
	}

	/** The first asked place, from `from` on, that may be near the beginning of a needle and is not far behind a head; -1 for none. */
	#ask(from: number): number {
		const { bits, shift, stride } = this.#filter;
		const view = this.#view;
		const end = this.#length - headLength;
		for (let place = from; place <= end; place += stride) {
			const bit = Math.imul(view.getInt32(place, true), spread) >>> shift;
			if ((((bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) !== 0 && this.#headBefore(place) !== -1) return place;
		}
		return -1;
	}

	#headBefore(place: number): number {
		for (let head = Math.max(0, place - this.#filter.stride + 1); head <= place; head++) {
			if (this.#filter.isHead(this.#view.getInt32(head, true))) return head;
		}
		return -1;
	}

	/** The closer look begins with the solid bytes from `first` to `end`. */
	#stopAt(stretch: Stretch, first: number, end: number): true {
		this.#keep(stretch, first, end);
		const last = this.#kept.at(-1) ?? -1;
		this.at = Math.max(stretch.at, last - this.#base + 1);
		return true;
	}

	/** Keeps the solid bytes from `first` to `end`; where they are is looked up once more, from the last mark before them. */
	#keep(stretch: Stretch, first: number, end: number): void {
		const offsets = this.#kept.slice(first, end);
		const next = first + offsets.length;
		if (next < end) {
			const mark = this.#marks.findLast(({ length }) => length <= next);
			let at = mark?.at ?? stretch.at;
			this.#length = mark?.length ?? 0;
			for (let index = next; index < end; index++) {
				at = this.#fill(stretch, { at, end: stretch.end, limit: index + 1 });
				offsets.push(this.#base + at - 1);
			}
		}
		this.#solid.copyWithin(0, first, end);
		this.#kept = offsets;
	}

	/** Puts the solid bytes from `at` to `end` behind the others, until there are `limit`. Where it stopped: before `end` at what must be looked at closely. */
	#fill(stretch: Stretch, from: { readonly at: number; readonly end: number; readonly limit: number }): number {
		const { bytes } = stretch;
		const { end, limit } = from;
		const solid = this.#solid;
		let { at } = from;
		let length = this.#length;
		while (at < end && length < limit) {
			// One byte takes at most one place: the loop need not ask for both ends.
			const stop = Math.min(end, at + limit - length);
			for (; at < stop; at++) {
				const byte = bytes[at] ?? 0;
				const step = steps[byte] ?? 0;
				if (step === isLead) break;
				solid[length] = byte;
				length += step;
			}
			if (at === stop) continue;
			const size = this.#leadSize(stretch, at);
			if (size === 0) break;
			if (size === isText) solid[length++] = bytes[at] ?? 0;
			at += Math.max(1, size);
		}
		this.#length = length;
		return at;
	}

	/** How much can be left out at a byte that may begin something: 0 for what must be looked at closely, `isText` for text after all. */
	#leadSize({ bytes, end, isEnd }: Stretch, at: number): number {
		if (bytes[at] === escapeByte) return this.#plainSequence(bytes, at, end);
		const found = special(bytes, at, end);
		if (found === 'cut') return isEnd ? isText : 0;
		if (found === undefined) return isText;
		return found.code === 0 ? found.size : 0;
	}

	/**
	 * Size of the control sequence at `at` when it is a plain one, such as a colour, and nothing that begins in it can be a needle
	 * in the text as it is; else 0.
	 */
	#plainSequence(bytes: Uint8Array, at: number, end: number): number {
		if (bytes[at + 1] !== bracket || this.#filter.hasBracket) return 0;
		let stop = at + 2;
		while (stop < end && stop < at + longestPlain && isParameter(bytes[stop] ?? 0)) stop += 1;
		const final = bytes[stop] ?? 0;
		if (stop >= end || final < 0x40 || final > 0x7e) return 0;
		const size = stop + 1 - at;
		let four = 0;
		let asked = 1 - headLength;
		for (let next = at + 1; asked < size - 1; next++) {
			if (next >= end) return 0;
			const byte = bytes[next] ?? 0;
			const kind = kindOf[byte];
			if (kind === lead && byte !== escapeByte) return 0;
			if (kind !== text) continue;
			four = (four >>> 8) | (byte << 24);
			asked += 1;
			if (asked > 0 && this.#filter.isHead(four)) return 0;
		}
		return size;
	}

	#reserve(length: number): void {
		if (length <= this.#solid.length) return;
		const larger = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
		larger.set(this.#solid.subarray(0, this.#kept.length));
		this.#solid = larger;
		this.#view = new DataView(larger.buffer);
	}
}

/** Where needles begin often, a run is short: it should not go far ahead of them. */
const firstBlock = 64;
const longestBlock = 1024;
const isText = -1;
const bracket = 0x5b;
const longestPlain = 32;

/** By how much a byte makes the solid text longer. */
const isLead = 2;
const steps = kindOf.map((kind) => (kind === text ? 1 : kind === lead ? isLead : 0));

/** Digits, `;`, `:` and what else may stand before the last byte of a sequence. */
function isParameter(byte: number): boolean {
	return byte >= 0x30 && byte < 0x40;
}

/** A character that the stretch has only the beginning of. */
function isCut({ bytes, end, isEnd }: Stretch, at: number): boolean {
	return !isEnd && special(bytes, at, end) === 'cut';
}
