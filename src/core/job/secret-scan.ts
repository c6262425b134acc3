import { type Automaton, buildAutomaton } from './automaton.ts';

/** What a text is searched for. */
export interface Patterns {
	/** Over the text without control characters and sequences. */
	readonly exact: Automaton;
	/** Over the text without blanks and line ends as well. */
	readonly wrapped: Automaton;
	/** Over the text as it is: a secret may stand inside a control sequence. */
	readonly raw: Automaton;
}

/** Long patterns are found although line ends and blanks cut them, as `base64` and `fold` do. Short ones would hide too much then. */
const shortestWrapped = 12;
/** A finished line waits for the next one only when it ends with this much of a secret. */
const shortestHeld = 4;
const mask = '***';

/** Prepares the search for these forms of secrets. */
export function patternsOf(forms: readonly string[]): Patterns {
	const oneLine = forms.filter((form) => !form.includes('\n'));
	const visible = oneLine.map(visibleOf).filter((form) => form !== '');
	const wrapped = forms
		.map((form) => visibleOf(form).replace(/[\t\n \u00a0]/g, ''))
		.filter((form) => form.length >= shortestWrapped);
	const exact = buildAutomaton(visible);
	const hasControls = visible.some((form, index) => form !== oneLine[index]);
	return { exact, wrapped: buildAutomaton(wrapped), raw: hasControls ? buildAutomaton(oneLine) : exact };
}

/** Looks for secrets in a text that comes in pieces. Text waits here until it is certain what of it is a secret. */
export class Scan {
	readonly #exact: Cursor;
	readonly #wrapped: Cursor;
	readonly #raw: Cursor;
	readonly #isEmpty: boolean;
	/** Both searches look for the same. */
	readonly #isSame: boolean;
	/** The raw search is where the exact one is, and is not told each unit. */
	#rawIsExact: boolean;
	#sequence = ground;
	#text = '';
	/** Offset, in everything fed, of the text that waits. */
	#base = 0;
	/** Where secrets are; in order, not overlapping. */
	#ranges: { readonly start: number; readonly end: number }[] = [];

	constructor(patterns: Patterns) {
		this.#exact = new Cursor(patterns.exact);
		this.#wrapped = new Cursor(patterns.wrapped);
		this.#raw = new Cursor(patterns.raw);
		this.#isEmpty = patterns.exact.longest + patterns.wrapped.longest + patterns.raw.longest === 0;
		this.#isSame = patterns.raw === patterns.exact;
		this.#rawIsExact = this.#isSame;
	}

	get waiting(): string {
		return this.#text;
	}

	feed(text: string): void {
		const offset = this.#base + this.#text.length;
		this.#text += text;
		if (this.#isEmpty) return;
		if (this.#rawIsExact && this.#sequence === ground && !hasControls.test(text)) this.#feedPlain(text, offset);
		else this.#feedAny(text, offset);
	}

	/** Nothing is hidden in this text, so that two of the three searches are one. */
	#feedPlain(text: string, offset: number): void {
		const add = (start: number, end: number) => this.#add(start, end);
		this.#exact.walk(text, offset, none, add);
		this.#wrapped.walk(text, offset, blank, add);
	}

	#feedAny(text: string, offset: number): void {
		if (this.#rawIsExact) this.#raw.become(this.#exact);
		for (let i = 0; i < text.length; i++) {
			const unit = text.charCodeAt(i);
			const at = offset + i;
			if (this.#raw.step(unit, at)) this.#add(this.#raw.start, at + 1);
			const kind = kinds[unit];
			if (this.#sequence !== ground || kind === control) {
				this.#sequence = nextSequence(this.#sequence, unit);
				if (unit !== lineFeed) continue;
			}
			if (this.#exact.step(unit, at)) this.#add(this.#exact.start, at + 1);
			if (kind !== blank && this.#wrapped.step(unit, at)) this.#add(this.#wrapped.start, at + 1);
		}
		// A line feed leads both back to their start.
		this.#rawIsExact = this.#isSame && text.endsWith('\n');
	}

	/** How much of the waiting text no later text can change. */
	safeLength(): number {
		const end = this.#base + this.#text.length;
		const isLineEnd = this.#text.endsWith('\n');
		const held = Math.min(
			this.#exact.pending(end),
			this.#rawIsExact ? end : this.#raw.pending(end),
			isLineEnd && this.#wrapped.depth < shortestHeld ? end : this.#wrapped.pending(end),
		);
		return Math.max(0, held - this.#base);
	}

	/** Hands over the first `length` units, masked; a secret that reaches further stays. */
	take(length: number): string {
		let end = this.#base + length;
		const cut = this.#ranges.find((range) => range.end > end);
		if (cut !== undefined) end = Math.min(end, cut.start);
		let masked = '';
		let position = this.#base;
		while (this.#ranges[0] !== undefined && this.#ranges[0].end <= end) {
			const range = this.#ranges.shift();
			if (range === undefined) break;
			masked += this.#slice(position, range.start) + maskLines(this.#slice(range.start, range.end));
			position = range.end;
		}
		masked += this.#slice(position, end);
		this.#text = this.#text.slice(end - this.#base);
		this.#base = end;
		return masked;
	}

	#slice(start: number, end: number): string {
		return this.#text.slice(start - this.#base, end - this.#base);
	}

	/** Adds a range in its place; those it overlaps become one with it. */
	#add(from: number, to: number): void {
		let start = Math.max(from, this.#base);
		let end = to;
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
}

/** A secret over several lines keeps them, so that line numbers stay true. */
function maskLines(secret: string): string {
	return secret.includes('\n') ? secret.replace(/[^\n]+/g, mask) : mask;
}

/** Where one automaton is in the text; it remembers the offsets of the last units, which need not be neighbours. */
class Cursor {
	start = 0;
	readonly #automaton: Automaton;
	readonly #offsets: Float64Array;
	#state = 0;
	#count = 0;

	constructor(automaton: Automaton) {
		this.#automaton = automaton;
		this.#offsets = new Float64Array(2 ** Math.ceil(Math.log2(automaton.longest + 1)));
	}

	get depth(): number {
		return this.#automaton.depth[this.#state] ?? 0;
	}

	/** True when a secret ends here; `start` is then where it began. */
	step(unit: number, offset: number): boolean {
		const { next, classes, width, found } = this.#automaton;
		this.#offsets[this.#count++ & (this.#offsets.length - 1)] = offset;
		this.#state = next[this.#state * width + (classes[unit] ?? 0)] ?? 0;
		const length = found[this.#state] ?? 0;
		if (length === 0) return false;
		this.start = this.#back(length);
		return true;
	}

	/** Takes the steps of a text without control characters, leaving out units of the kind `skipped`. Most of a log goes this way. */
	walk(text: string, offset: number, skipped: number, add: (start: number, end: number) => void): void {
		const { next, classes, width, found } = this.#automaton;
		const offsets = this.#offsets;
		const wrap = offsets.length - 1;
		let state = this.#state;
		let count = this.#count;
		for (let i = 0; i < text.length; i++) {
			const unit = text.charCodeAt(i);
			if (kinds[unit] === skipped) continue;
			offsets[count++ & wrap] = offset + i;
			state = next[state * width + (classes[unit] ?? 0)] ?? 0;
			const length = found[state] ?? 0;
			if (length !== 0) add(offsets[(count - length) & wrap] ?? 0, offset + i + 1);
		}
		this.#state = state;
		this.#count = count;
	}

	/** Takes over the place of a cursor on the same automaton. */
	become(other: Cursor): void {
		this.#state = other.#state;
		this.#count = other.#count;
		this.#offsets.set(other.#offsets);
	}

	/** Offset of the first unit that may belong to a secret not seen to its end, else `end`. */
	pending(end: number): number {
		return this.depth === 0 ? end : this.#back(this.depth);
	}

	#back(length: number): number {
		return this.#offsets[(this.#count - length) & (this.#offsets.length - 1)] ?? 0;
	}
}

/** A pattern as the scan sees text: without control characters and sequences. */
function visibleOf(text: string): string {
	let visible = '';
	let sequence = ground;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (sequence !== ground || kinds[unit] === control) {
			sequence = nextSequence(sequence, unit);
			if (unit !== lineFeed) continue;
		}
		visible += text[i];
	}
	return visible;
}

const lineFeed = 0x0a;
const none = -1;
const blank = 1;
const control = 2;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hasControls = /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200d\u2060\ufeff]/;

/** What a unit is for the search: text (0), a blank, or something that a terminal does not show. */
const kinds = (() => {
	const table = new Uint8Array(0x10000);
	for (let unit = 0; unit < 0x20; unit++) table[unit] = control;
	for (let unit = 0x7f; unit < 0xa0; unit++) table[unit] = control;
	for (const unit of [0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff]) table[unit] = control;
	for (const unit of [0x09, lineFeed, 0x20, 0xa0]) table[unit] = blank;
	return table;
})();

/** Where a control sequence (ECMA-48) is: outside, after ESC, in CSI parameters, in a string such as a window title, after ESC in it. */
const ground = 0;
const nextOf: readonly (readonly number[])[] = [
	// other, line feed, ESC, [, opens a string, intermediate, parameter, ends a string, 8-bit CSI, 8-bit string
	[0, 0, 1, 0, 0, 0, 0, 0, 2, 3],
	[0, 0, 1, 2, 3, 1, 0, 0, 0, 0],
	[0, 0, 1, 0, 0, 2, 2, 0, 0, 0],
	[3, 0, 4, 3, 3, 3, 3, 0, 3, 3],
	[0, 0, 1, 2, 3, 1, 0, 0, 0, 0],
];

const roles = (() => {
	const table = new Uint8Array(0x100);
	table[lineFeed] = 1;
	table[0x1b] = 2;
	table[0x5b] = 3;
	for (const opener of [0x5d, 0x50, 0x58, 0x5e, 0x5f]) table[opener] = 4;
	table.fill(5, 0x20, 0x30);
	table.fill(6, 0x30, 0x40);
	for (const end of [0x07, 0x9c]) table[end] = 7;
	table[0x9b] = 8;
	for (const opener of [0x90, 0x9d]) table[opener] = 9;
	return table;
})();

function nextSequence(sequence: number, unit: number): number {
	return nextOf[sequence]?.[roles[unit] ?? 0] ?? ground;
}
