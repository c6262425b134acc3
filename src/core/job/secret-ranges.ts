import { lineFeed } from './secret-text.ts';

/** Where secrets are in what was read: in order, not overlapping. */
export class Ranges {
	#ranges: { readonly start: number; readonly end: number }[] = [];

	get isEmpty(): boolean {
		return this.#ranges.length === 0;
	}

	/** Adds a range in its place; those it overlaps become one with it. */
	add(from: number, to: number): void {
		if (from >= to) return;
		let [start, end] = [from, to];
		let index = this.#ranges.length;
		while ((this.#ranges[index - 1]?.end ?? 0) > start) index -= 1;
		let overlapped = 0;
		for (
			let range = this.#ranges[index];
			range !== undefined && range.start < end;
			range = this.#ranges[index + overlapped]
		) {
			start = Math.min(start, range.start);
			end = Math.max(end, range.end);
			overlapped += 1;
		}
		this.#ranges.splice(index, overlapped, { start, end });
	}

	/** The end of what can be handed over without cutting a range: `end`, or the start of the range that it would cut. */
	uncut(end: number): number {
		const cut = this.#ranges.find((range) => range.end > end);
		return cut === undefined ? end : Math.min(end, cut.start);
	}

	/** Takes out the ranges up to `end`, and gives back `bytes`, of which the first has the offset `start`, without what they hide. */
	mask(bytes: Uint8Array, start: number, end: number): Uint8Array {
		const later = this.#ranges.findIndex((range) => range.end > end);
		const ranges = this.#ranges.splice(0, later === -1 ? this.#ranges.length : later);
		const all = bytes.subarray(0, end - start);
		if (ranges.length === 0) return all;
		// One byte of a secret of several lines may stand alone on each line.
		const hidden = ranges.reduce((sum, range) => sum + range.end - range.start, 0);
		const masked = new Uint8Array(all.length + hidden * (mask.length - 1) + mask.length);
		let [length, position] = [0, 0];
		for (const range of ranges) {
			const plain = all.subarray(position, range.start - start);
			masked.set(plain, length);
			length = maskLines(all.subarray(range.start - start, range.end - start), masked, length + plain.length);
			position = range.end - start;
		}
		const rest = all.subarray(position);
		masked.set(rest, length);
		return masked.subarray(0, length + rest.length);
	}
}

const mask = new TextEncoder().encode('***');

/** A secret over several lines keeps them, so that line numbers stay true. */
function maskLines(secret: Uint8Array, into: Uint8Array, at: number): number {
	let length = at;
	for (let from = 0; from <= secret.length; ) {
		const found = secret.indexOf(lineFeed, from);
		const end = found === -1 ? secret.length : found;
		if (end > from) {
			into.set(mask, length);
			length += mask.length;
		}
		if (found !== -1) into[length++] = lineFeed;
		from = end + 1;
	}
	return length;
}
