/** What a byte of output is for the search: text, something a reader does not see or count, or the beginning of something longer. */
export const text = 0;
/** A blank or a line feed. */
export const blank = 1;
/** A control character that stands alone. */
export const control = 2;
/** ESC, or the first byte of a character that may be invisible: `special` tells. */
export const lead = 3;

export const lineFeed = 0x0a;
export const escapeByte = 0x1b;

/** The kind of each byte. */
export const kinds: Uint8Array = (() => {
	const table = new Uint8Array(0x100);
	table.fill(control, 0, 0x20);
	for (const byte of [0x09, lineFeed, 0x20]) table[byte] = blank;
	table[0x7f] = control;
	for (const byte of [escapeByte, 0xc2, 0xe2, 0xef]) table[byte] = lead;
	return table;
})();

/** A character of several bytes that is not text, and what it is instead. */
export interface Special {
	readonly size: number;
	readonly kind: typeof blank | typeof control;
	/** An 8-bit control character (C1); 0 for others. */
	readonly code: number;
}

/** By their bytes, as a number: the C1 controls, the no-break space, the soft hyphen, U+200B to U+200D, U+2060 and U+FEFF. */
const specials: ReadonlyMap<number, Special> = new Map<number, Special>([
	...Array.from({ length: 0x20 }, (_, i): [number, Special] => [
		0xc280 + i,
		{ size: 2, kind: control, code: 0x80 + i },
	]),
	[0xc2a0, { size: 2, kind: blank, code: 0 }],
	[0xc2ad, { size: 2, kind: control, code: 0 }],
	...[0xe2808b, 0xe2808c, 0xe2808d, 0xe281a0, 0xefbbbf].map((bytes): [number, Special] => [
		bytes,
		{ size: 3, kind: control, code: 0 },
	]),
]);

/** The invisible character or the no-break space at `at`; `undefined` for text, `'cut'` when the bytes end too early to tell. */
export function special(bytes: Uint8Array, at: number, end: number): Special | 'cut' | undefined {
	const first = bytes[at] ?? 0;
	if (kinds[first] !== lead || first === escapeByte) return undefined;
	if (at + 1 >= end) return 'cut';
	const two = (first << 8) | (bytes[at + 1] ?? 0);
	if (first === 0xc2) return specials.get(two);
	if (two !== 0xe280 && two !== 0xe281 && two !== 0xefbb) return undefined;
	return at + 2 >= end ? 'cut' : specials.get((two << 8) | (bytes[at + 2] ?? 0));
}

/** Where a control sequence (ECMA-48) is: outside, after ESC, in CSI parameters, in a string such as a window title, after ESC in it. */
export const ground = 0;
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
	table[escapeByte] = 2;
	table[0x5b] = 3;
	for (const opener of [0x5d, 0x50, 0x58, 0x5e, 0x5f]) table[opener] = 4;
	table.fill(5, 0x20, 0x30);
	table.fill(6, 0x30, 0x40);
	for (const end of [0x07, 0x9c]) table[end] = 7;
	table[0x9b] = 8;
	for (const opener of [0x90, 0x9d]) table[opener] = 9;
	return table;
})();

/** The sequence after a character: an ASCII byte or the code of a C1 control; 0 stands for any other. */
export function nextSequence(sequence: number, code: number): number {
	return nextOf[sequence]?.[roles[code] ?? 0] ?? ground;
}

/** What one character of a text is, once control sequences are followed. */
interface Walked {
	readonly at: number;
	readonly size: number;
	readonly kind: number;
	/** It belongs to a control sequence. */
	readonly isHidden: boolean;
}

/** The characters of a whole text, one after another. */
function* walk(bytes: Uint8Array): Generator<Walked> {
	let sequence = ground;
	for (let at = 0; at < bytes.length; ) {
		const byte = bytes[at] ?? 0;
		const found = special(bytes, at, bytes.length);
		const isSpecial = found !== undefined && found !== 'cut';
		const size = isSpecial ? found.size : 1;
		const own = isSpecial ? found.kind : byte === escapeByte ? control : (kinds[byte] ?? text);
		const kind = own === lead ? text : own;
		const code = isSpecial ? found.code : byte < 0x80 ? byte : 0;
		const isHidden = sequence !== ground || kind === control;
		if (isHidden) sequence = nextSequence(sequence, code);
		yield { at, size, kind, isHidden: isHidden && byte !== lineFeed };
		at += size;
	}
}

/** A text as the search sees it: without control characters and sequences. */
export function visibleOf(bytes: Uint8Array): Uint8Array {
	return chosen(bytes, ({ isHidden }) => !isHidden);
}

/** The same without blanks and line ends as well. */
export function solidOf(bytes: Uint8Array): Uint8Array {
	return chosen(bytes, ({ isHidden, kind }) => !isHidden && kind === text);
}

/** A text without blanks and control characters, but with what stands inside control sequences. */
export function rawSolidOf(bytes: Uint8Array): Uint8Array {
	return chosen(bytes, ({ kind }) => kind === text);
}

/** Whether the bytes from `from` to `to` are this text, control characters and sequences apart. */
export function isVisibly(bytes: Uint8Array, [from, to]: readonly [number, number], visible: Uint8Array): boolean {
	if (from < 0) return false;
	if (isAt(bytes, [from, to], visible)) return true;
	let matched = 0;
	for (const unit of walk(bytes.subarray(from, to))) {
		if (unit.isHidden) continue;
		for (let i = 0; i < unit.size; i++) if (bytes[from + unit.at + i] !== visible[matched++]) return false;
	}
	return matched === visible.length;
}

/** Whether the bytes from `from` to `to` are exactly this text. */
export function isAt(bytes: Uint8Array, [from, to]: readonly [number, number], wanted: Uint8Array): boolean {
	if (from < 0 || to - from !== wanted.length) return false;
	for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
	return true;
}

function chosen(bytes: Uint8Array, isChosen: (unit: Walked) => boolean): Uint8Array {
	const kept: number[] = [];
	for (const unit of walk(bytes)) {
		if (isChosen(unit)) for (let i = 0; i < unit.size; i++) kept.push(bytes[unit.at + i] ?? 0);
	}
	return Uint8Array.from(kept);
}
