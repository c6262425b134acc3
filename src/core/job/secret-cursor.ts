import { headLength } from './secret-filter.ts';
import type { Generation, Needle } from './secret-needles.ts';

/** A place in the search for all needles: what of them stands before it, and where those bytes were, which need not be neighbours. */
export class SecretCursor {
	/** How many bytes back the longest unfinished beginning of a needle reaches. */
	depth = 0;
	/** The same for needles that line ends may cut. */
	wrappedDepth = 0;
	readonly #generations: readonly Generation[];
	readonly #states: Int32Array;
	/** Offsets of the last bytes, in a ring. */
	readonly #offsets: Float64Array;
	#count = 0;

	constructor(generations: readonly Generation[]) {
		const longest = Math.max(headLength, ...generations.map(({ automaton }) => automaton.longest));
		this.#generations = generations;
		this.#states = new Int32Array(generations.length);
		this.#offsets = new Float64Array(2 ** Math.ceil(Math.log2(longest + 1)));
	}

	/** Takes the next byte; true when a needle ends with it. */
	step(byte: number, offset: number): boolean {
		this.#offsets[this.#count++ & (this.#offsets.length - 1)] = offset;
		let [depth, wrappedDepth, hasFound] = [0, 0, false];
		for (let i = 0; i < this.#states.length; i++) {
			const automaton = this.#generations[i]?.automaton;
			if (automaton === undefined) break;
			const state = automaton.step(this.#states[i] ?? 0, byte);
			this.#states[i] = state;
			depth = Math.max(depth, automaton.depth[state] ?? 0);
			wrappedDepth = Math.max(wrappedDepth, automaton.markedDepth[state] ?? 0);
			hasFound ||= automaton.ends[state] !== 0 || automaton.shorter[state] !== 0;
		}
		this.depth = depth;
		this.wrappedDepth = wrappedDepth;
		return hasFound;
	}

	/** Length of the longest needle that ends here and is accepted; 0 for none. */
	longest(isAccepted: (needle: Needle) => boolean): number {
		let longest = 0;
		for (const [i, { automaton, needles }] of this.#generations.entries()) {
			for (let state = this.#states[i] ?? 0; state !== 0; state = automaton.shorter[state] ?? 0) {
				const needle = needles[(automaton.ends[state] ?? 0) - 1];
				if (needle === undefined) continue;
				if (needle.bytes.length <= longest) break;
				if (isAccepted(needle)) longest = needle.bytes.length;
			}
		}
		return longest;
	}

	/** Offset of the byte that is `length` bytes back; -1 when it was not seen, `none` when `length` is 0. */
	back(length: number, none = -1): number {
		if (length === 0) return none;
		return length > this.#count ? -1 : (this.#offsets[(this.#count - length) & (this.#offsets.length - 1)] ?? -1);
	}

	reset(): void {
		this.#states.fill(0);
		this.#count = 0;
		this.depth = 0;
		this.wrappedDepth = 0;
	}

	/** Takes over the place of a cursor of the same search. */
	become(other: SecretCursor): void {
		this.#states.set(other.#states);
		this.#count = other.#count;
		this.depth = other.depth;
		this.wrappedDepth = other.wrappedDepth;
		const wrap = this.#offsets.length - 1;
		for (let i = this.#count - this.depth; i < this.#count; i++)
			this.#offsets[i & wrap] = other.#offsets[i & wrap] ?? 0;
	}

	/** Whether both will find the same from here on. */
	isWith(other: SecretCursor): boolean {
		return this.#states.every((state, index) => state === other.#states[index]);
	}
}
