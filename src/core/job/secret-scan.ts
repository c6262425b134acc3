import { SecretCursor } from './secret-cursor.ts';
import { headLength } from './secret-filter.ts';
import type { Needle, Needles } from './secret-needles.ts';
import { Ranges } from './secret-ranges.ts';
import { SecretSkim } from './secret-skim.ts';
import {
	control,
	escapeByte,
	ground,
	isAt,
	isVisibly,
	kinds,
	lead,
	lineFeed,
	nextSequence,
	type Special,
	special,
	text,
} from './secret-text.ts';

/** A finished line waits for the next one only when it ends with this much of a secret. */
const shortestHeld = headLength;

/**
 * Looks for secrets in bytes that come in pieces. They wait here until it is certain what of them is a secret. Text is skimmed for
 * the first bytes of needles; only behind those, and around control sequences, it is looked at closely.
 */
export class Scan {
	readonly #needles: Needles;
	/** Lines are handed over one by one: the first bytes of a secret that goes on in the next line are not waited for. */
	readonly #isByLine: boolean;
	#version = -1;
	/** What waits begins at `#start`; what is before it was handed over. */
	#bytes = new Uint8Array(0);
	#start = 0;
	#scanned = 0;
	#end = 0;
	/** Offset, in everything fed, of the first byte of `#bytes`. */
	#base = 0;
	/** Everything before this offset is past hiding. */
	#released = 0;
	readonly #ranges = new Ranges();

	#skim: SecretSkim;
	/** The last bytes of text, in a closer look. */
	#window = 0;
	#isClose = false;
	#sequence = ground;
	/** Over the text without control characters and sequences. */
	#visible: SecretCursor;
	/** Over the text with what stands in control sequences, while that is not the same. */
	#raw: SecretCursor;
	#isRawApart = false;

	constructor(needles: Needles, isByLine: boolean) {
		this.#needles = needles;
		this.#isByLine = isByLine;
		this.#visible = new SecretCursor([]);
		this.#raw = this.#visible;
		this.#skim = new SecretSkim(needles.filter);
	}

	/** How much waits, in bytes. */
	get length(): number {
		return this.#end - this.#start;
	}

	/** Something was found that is not handed over yet. */
	get hasFound(): boolean {
		return !this.#ranges.isEmpty;
	}

	/** Takes bytes; `isEnd`: no others come. */
	feed(bytes: Uint8Array, isEnd = false): void {
		this.#append(bytes);
		if (this.#version !== this.#needles.version) this.#begin();
		if (this.#needles.isEmpty) this.#scanned = this.#end;
		let isGoingOn = true;
		while (isGoingOn && this.#scanned < this.#end) {
			isGoingOn = this.#isClose ? this.#lookClosely(isEnd) : this.#skimOn(isEnd);
		}
	}

	/** How many bytes no later text can change. */
	safeLength(): number {
		const line = this.#bytes.subarray(this.#start, this.#end).lastIndexOf(lineFeed) + this.#start + 1;
		const first = Math.max(this.#heldFrom(line), this.#released) - this.#base;
		return Math.max(0, Math.min(first, this.#scanned) - this.#start);
	}

	/** Hands over the first `length` bytes, masked; a secret that reaches further stays. They are valid until more is fed. */
	take(length: number): Uint8Array {
		const from = this.#base + this.#start;
		const end = this.#ranges.uncut(from + length);
		const masked = this.#ranges.mask(this.#bytes.subarray(this.#start, this.#end), from, end);
		this.#start = end - this.#base;
		return masked;
	}

	/** The waiting bytes as they are. */
	peek(length: number): Uint8Array {
		return this.#bytes.subarray(this.#start, this.#start + length);
	}

	/** Offset of the first byte that may belong to a secret not seen to its end; `line` is where the last line begins. */
	#heldFrom(line: number): number {
		const end = this.#base + this.#end;
		if (this.#needles.isEmpty) return end;
		if (!this.#isClose) {
			// Fewer bytes than a head has may be the beginning of a needle.
			const from = this.#base + (this.#isByLine ? line : this.#start);
			return this.#skim.kept.offsets.slice(1 - headLength).find((offset) => offset >= from) ?? end;
		}
		const { depth, wrappedDepth } = this.#visible;
		const any = this.#visible.back(depth, end);
		// Only those that line ends may cut go on from an earlier line.
		const visible = any >= this.#base + line ? any : Math.min(this.#base + line, this.#visible.back(wrappedDepth, end));
		return this.#isRawApart ? Math.min(visible, this.#raw.back(this.#raw.depth, end)) : visible;
	}

	#append(bytes: Uint8Array): void {
		const waiting = this.#end - this.#start;
		if (waiting + bytes.length > this.#bytes.length) {
			const larger = new Uint8Array(2 ** Math.ceil(Math.log2(waiting + bytes.length)));
			larger.set(this.#bytes.subarray(this.#start, this.#end));
			this.#bytes = larger;
		} else if (this.#start > 0) this.#bytes.copyWithin(0, this.#start, this.#end);
		this.#scanned -= this.#start;
		this.#base += this.#start;
		this.#start = 0;
		this.#bytes.set(bytes, waiting);
		this.#end = waiting + bytes.length;
	}

	/** Needles were added: what still waits is looked at again. */
	#begin(): void {
		this.#version = this.#needles.version;
		this.#visible = new SecretCursor(this.#needles.generations);
		this.#raw = new SecretCursor(this.#needles.generations);
		this.#skim = new SecretSkim(this.#needles.filter);
		this.#scanned = 0;
		this.#window = 0;
		this.#isRawApart = false;
		this.#sequence = ground;
		this.#isClose = this.#isUnfiltered;
	}

	/** Goes over text until a needle may begin. False when the end was reached. */
	#skimOn(isEnd: boolean): boolean {
		const stretch = { bytes: this.#bytes, at: this.#scanned, end: this.#end, isEnd };
		const isWanted = this.#skim.run(stretch, this.#base);
		this.#scanned = this.#skim.at;
		if (isWanted) this.#approach();
		return isWanted;
	}

	/** Begins to look closely, with the last bytes of text that were skimmed. */
	#approach(): void {
		const { bytes, offsets } = this.#skim.kept;
		this.#isClose = true;
		this.#sequence = ground;
		this.#isRawApart = false;
		this.#visible.reset();
		let before = Number.POSITIVE_INFINITY;
		for (const [index, byte] of bytes.entries()) {
			const offset = offsets[index] ?? -1;
			const from = before + 1 - this.#base;
			const line =
				from < 0 || before > offset ? -1 : this.#bytes.subarray(from, offset - this.#base).lastIndexOf(lineFeed);
			if (line !== -1) this.#endLine(before + line + 2);
			this.#visibly(byte, offset);
			before = offset;
		}
	}

	/** Goes on byte by byte, until no needle can be under way any more. False when the end was reached. */
	#lookClosely(isEnd: boolean): boolean {
		while (this.#scanned < this.#end) {
			const at = this.#scanned;
			const found = special(this.#bytes, at, this.#end);
			if (found === 'cut' && !isEnd) return false;
			this.#scanned += typeof found === 'object' ? found.size : 1;
			if (this.#takes(at, typeof found === 'object' ? found : undefined)) return true;
		}
		return false;
	}

	/** Takes the byte or the special character at `at`; true when skimming can go on from here. */
	#takes(at: number, found: Special | undefined): boolean {
		const byte = this.#bytes[at] ?? 0;
		if (byte === lineFeed) {
			this.#endLine(this.#base + at + 1);
			return false;
		}
		const kind = found?.kind ?? kindAlone(byte);
		if (this.#sequence === ground && kind !== control) return kind === text && this.#isPast(byte, this.#base + at);
		this.#enter(nextSequence(this.#sequence, found?.code ?? (byte < 0x80 ? byte : 0)));
		if (this.#isRawApart && kind === text) this.#stepRaw(byte, this.#base + at);
		return false;
	}

	#endLine(after: number): void {
		this.#sequence = ground;
		this.#isRawApart = false;
		if (this.#isByLine && this.#visible.wrappedDepth < shortestHeld) this.#released = after;
	}

	#enter(sequence: number): void {
		if (!this.#isRawApart && sequence !== ground) {
			this.#raw.become(this.#visible);
			this.#isRawApart = true;
		}
		this.#sequence = sequence;
	}

	get #isUnfiltered(): boolean {
		return this.#needles.filter.stride === 0;
	}

	/** Takes a byte of text; true when skimming can go on from here. */
	#isPast(byte: number, offset: number): boolean {
		this.#visibly(byte, offset);
		if (this.#isRawApart) {
			this.#stepRaw(byte, offset);
			this.#isRawApart = !this.#raw.isWith(this.#visible);
		}
		if (this.#isRawApart || this.#visible.depth >= headLength || this.#isUnfiltered) return false;
		this.#isClose = false;
		// What could still be the beginning of a needle.
		const last = Array.from({ length: this.#visible.depth }, (_, i) => this.#visible.depth - 1 - i);
		this.#skim.restart(
			last.map((back) => (this.#window >>> (8 * back)) & 0xff),
			last.map((back) => this.#visible.back(back + 1)),
		);
		return true;
	}

	#visibly(byte: number, offset: number): void {
		this.#window = (this.#window << 8) | byte;
		const cursor = this.#visible;
		if (!cursor.step(byte, offset)) return;
		const length = cursor.longest((needle) => needle.isWrapped || this.#isHere(needle, cursor, offset));
		if (length > 0) this.#hide(cursor, length, offset + 1);
	}

	#isHere(needle: Needle, cursor: SecretCursor, last: number): boolean {
		const span = [cursor.back(needle.bytes.length) - this.#base, last + 1 - this.#base] as const;
		return needle.visible.some((form) => isVisibly(this.#bytes, span, form));
	}

	#stepRaw(byte: number, offset: number): void {
		const cursor = this.#raw;
		if (!cursor.step(byte, offset)) return;
		const length = cursor.longest(({ bytes, raw }) => {
			const span = [cursor.back(bytes.length) - this.#base, offset + 1 - this.#base] as const;
			return raw.some((form) => isAt(this.#bytes, span, form));
		});
		if (length > 0) this.#hide(cursor, length, offset + 1);
	}

	/** What of a secret was released is past hiding; what stands between that and the next byte of it is no part of it. */
	#hide(cursor: SecretCursor, length: number, to: number): void {
		const from = Math.max(this.#released, this.#base + this.#start);
		let left = length;
		while (left > 1 && cursor.back(left) < from) left -= 1;
		this.#ranges.add(Math.max(from, cursor.back(left)), to);
	}
}

/** The kind of a byte that begins no special character. */
function kindAlone(byte: number): number {
	if (byte === escapeByte) return control;
	return kinds[byte] === lead ? text : (kinds[byte] ?? text);
}
