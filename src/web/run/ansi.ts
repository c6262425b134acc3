/** A piece of a line in one style. */
export interface Segment {
	readonly text: string;
	readonly style: Style;
}

export interface Style {
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly italic?: boolean;
	readonly underline?: boolean;
	/** One of the 16 named colours, or red, green, blue from 0 to 255. */
	readonly ink?: Colour;
	readonly ground?: Colour;
	readonly inverse?: boolean;
}

export type Colour = number | Rgb;
export type Rgb = readonly [red: number, green: number, blue: number];

const plain: Style = {};

/** A line of output as a terminal would show it: colours and weight become segments, everything else that steers a terminal goes. */
export function parseAnsi(line: string): readonly Segment[] {
	const text = lastWritten(line);
	const segments: Segment[] = [];
	let style = plain;
	let end = 0;
	const push = (piece: string) => {
		if (piece !== '') segments.push({ text: piece, style });
	};
	for (const match of text.matchAll(escapes)) {
		push(text.slice(end, match.index));
		end = match.index + match[0].length;
		if (match[1] !== undefined) style = restyled(style, match[1]);
	}
	push(text.slice(end));
	return segments;
}

/** CSI … m with its parameters as a group; other CSI, OSC and two-character sequences without; control characters that print nothing. */
const escapes =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what they look like
	/\u001b\[([\d;:]*)m|\u001b\[[\d;:?<=>!]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\-_]?|[\u0000-\u0008\u000b-\u001a\u007f]/g;

/** A progress bar writes over itself with carriage returns: what it wrote last is what stays. */
function lastWritten(line: string): string {
	if (!line.includes('\r')) return line;
	return line.split('\r').findLast((part) => part !== '') ?? '';
}

function restyled(style: Style, parameters: string): Style {
	const codes = parameters.split(/[;:]/).map(Number);
	let next = style;
	for (let index = 0; index < codes.length; index++) {
		const code = codes[index] ?? 0;
		if (code === 38 || code === 48) {
			const [colour, used] = extended(codes.slice(index + 1));
			index += used;
			if (colour !== undefined) next = { ...next, [code === 38 ? 'ink' : 'ground']: colour };
		} else {
			next = simple(next, code);
		}
	}
	return next;
}

function simple(style: Style, code: number): Style {
	const { ink: _ink, ground: _ground, bold: _bold, dim: _dim, ...rest } = style;
	if (code === 0) return plain;
	if (code === 1) return { ...style, bold: true };
	if (code === 2) return { ...style, dim: true };
	if (code === 3) return { ...style, italic: true };
	if (code === 4) return { ...style, underline: true };
	if (code === 7) return { ...style, inverse: true };
	if (code === 22) return { ...rest, ...defined({ ink: style.ink, ground: style.ground }) };
	if (code === 23) return { ...style, italic: false };
	if (code === 24) return { ...style, underline: false };
	if (code === 27) return { ...style, inverse: false };
	if (code >= 30 && code <= 37) return { ...style, ink: code - 30 };
	if (code >= 90 && code <= 97) return { ...style, ink: code - 82 };
	if (code >= 40 && code <= 47) return { ...style, ground: code - 40 };
	if (code >= 100 && code <= 107) return { ...style, ground: code - 92 };
	if (code === 39) return { ...rest, ...defined({ ground: style.ground, bold: style.bold, dim: style.dim }) };
	if (code === 49) return { ...rest, ...defined({ ink: style.ink, bold: style.bold, dim: style.dim }) };
	return style;
}

function defined(style: { readonly [K in keyof Style]: Style[K] | undefined }): Style {
	return Object.fromEntries(Object.entries(style).filter(([, value]) => value !== undefined));
}

/** `5;n` and `2;r;g;b` after 38 or 48: the colour, and how many numbers it took. */
function extended(codes: readonly number[]): readonly [Colour | undefined, number] {
	const [kind, a = 0, b = 0, c = 0] = codes;
	if (kind === 2) return [[a, b, c], 4];
	if (kind !== 5) return [undefined, 1];
	if (a < 16) return [a, 2];
	if (a >= 232) {
		const grey = 8 + (a - 232) * 10;
		return [[grey, grey, grey], 2];
	}
	const cube = a - 16;
	const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
	return [[level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)], 2];
}
