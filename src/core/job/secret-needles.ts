import { Automaton } from './automaton.ts';
import { SecretFilter } from './secret-filter.ts';
import { lineFeed, rawSolidOf, solidOf, visibleOf } from './secret-text.ts';

/** Forms of secrets as they are looked for: without blanks and control characters, so that one search finds them however they are cut. */
export interface Needle {
	readonly bytes: Uint8Array;
	/** It is long enough to count although blanks, line ends and control sequences cut it. Short ones would hide too much then. */
	readonly isWrapped: boolean;
	/** The forms of one line that it stands for, without control characters and sequences. */
	readonly visible: readonly Uint8Array[];
	/** The same as they are: a secret may stand inside a control sequence. */
	readonly raw: readonly Uint8Array[];
}

/** Needles that one automaton looks for. */
export interface Generation {
	readonly automaton: Automaton;
	readonly needles: readonly Needle[];
}

/** In UTF-16 units. */
const shortestWrapped = 12;

/** What a job's output is searched for. It only grows; each scan sees at once what was added. */
export class Needles {
	/** Changes with every addition. */
	version = 0;
	readonly filter = new SecretFilter();
	/** Each is more than half as large as the one before it, so that additions one by one cost little. */
	generations: readonly Generation[] = [];
	readonly #seen = new Set<string>();

	get isEmpty(): boolean {
		return this.generations.length === 0;
	}

	/** False when all of them were known. */
	add(forms: readonly string[]): boolean {
		const added = forms.filter((form) => !this.#seen.has(form));
		if (added.length === 0) return false;
		for (const form of added) this.#seen.add(form);
		const needles = needlesOf(added);
		this.filter.add(needles);
		this.generations = settled([...this.generations.map((generation) => generation.needles), needles]).map(
			(all, index) => {
				const kept = this.generations[index];
				return kept?.needles === all ? kept : generationOf(all);
			},
		);
		this.version += 1;
		return true;
	}
}

function generationOf(needles: readonly Needle[]): Generation {
	const automaton = new Automaton(
		needles.map(({ bytes }) => bytes),
		(index) => needles[index]?.isWrapped ?? false,
	);
	return { automaton, needles };
}

/** Lists, each less than half as long as the one before it: the last ones become one until they are. */
function settled(lists: readonly (readonly Needle[])[]): readonly (readonly Needle[])[] {
	const kept = lists.filter((list) => list.length > 0);
	for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
		const before = kept.at(-1);
		if (before === undefined || before.length > 2 * last.length) return [...kept, last];
		kept[kept.length - 1] = merged([...before, ...last]);
	}
	return [];
}

function needlesOf(forms: readonly string[]): readonly Needle[] {
	const encoder = new TextEncoder();
	return merged(forms.flatMap((form) => needlesOfForm(encoder.encode(form))));
}

function needlesOfForm(raw: Uint8Array): readonly Needle[] {
	if (raw.every(isPlain)) {
		return [{ bytes: raw, isWrapped: raw.length >= shortestWrapped, visible: [raw], raw: [raw] }];
	}
	const [solid, rawSolid] = [solidOf(raw), rawSolidOf(raw)];
	const isOneLine = !raw.includes(lineFeed);
	const isWrapped = new TextDecoder().decode(solid).length >= shortestWrapped;
	const own = { visible: isOneLine ? [visibleOf(raw)] : [], raw: isOneLine ? [raw] : [] };
	return [
		...(solid.length > 0 && (isOneLine || isWrapped) ? [{ ...own, bytes: solid, isWrapped }] : []),
		...(isOneLine && !isEqual(solid, rawSolid) ? [{ ...own, visible: [], bytes: rawSolid, isWrapped: false }] : []),
	];
}

/** A character of one byte that is neither a blank nor a control character. */
function isPlain(byte: number): boolean {
	return byte > 0x20 && byte < 0x7f;
}

/** One needle for all forms that are the same without blanks. */
function merged(needles: readonly Needle[]): readonly Needle[] {
	const byText = new Map<string, Needle>();
	for (const needle of needles) {
		const key = latin1(needle.bytes);
		const known = byText.get(key);
		byText.set(
			key,
			known === undefined
				? needle
				: {
						bytes: needle.bytes,
						isWrapped: known.isWrapped || needle.isWrapped,
						visible: [...known.visible, ...needle.visible],
						raw: [...known.raw, ...needle.raw],
					},
		);
	}
	return [...byText.values()];
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function latin1(bytes: Uint8Array): string {
	let text = '';
	for (let from = 0; from < bytes.length; from += 8192)
		text += String.fromCharCode(...bytes.subarray(from, from + 8192));
	return text;
}
