/**
 * Finds many needles in one pass over bytes, in time that depends on the text only (Aho and Corasick). A state is a number, 0 at
 * the start. Most states have one child: it is the next number; only the others are looked up in a table.
 */
export class Automaton {
	/** How many bytes back the longest unfinished beginning of a needle reaches, in each state. */
	readonly depth: Int32Array;
	/** The same for the needles that were marked when they were given. */
	readonly markedDepth: Int32Array;
	/** Needle that ends in a state, counted from 1; 0 for none. */
	readonly ends: Int32Array;
	/** The next shorter state in which a needle ends. */
	readonly shorter: Int32Array;
	/** Length of the longest needle. */
	readonly longest: number;
	/** Byte that leads into a state, and what is special about the state. */
	readonly #labels: Uint16Array;
	readonly #fallback: Int32Array;
	readonly #roots = new Int32Array(0x100);
	readonly #branches: Branches;

	/** `needles` are not empty and all different; `isMarked` says which of them count for `markedDepth`. */
	constructor(needles: readonly Uint8Array[], isMarked: (index: number) => boolean) {
		const size = 1 + needles.reduce((sum, needle) => sum + needle.length, 0);
		this.longest = needles.reduce((longest, needle) => Math.max(longest, needle.length), 0);
		this.depth = new Int32Array(size);
		this.markedDepth = new Int32Array(size);
		this.ends = new Int32Array(size);
		this.shorter = new Int32Array(size);
		this.#labels = new Uint16Array(size + 1);
		this.#fallback = new Int32Array(size);
		this.#branches = new Branches(needles.length);
		const parents = new Int32Array(size);
		let states = 1;
		for (const [index, needle] of needles.entries()) {
			states = this.#insert(needle, { parents, states, isMarked: isMarked(index) });
			this.ends[this.#last] = index + 1;
		}
		this.#complete(parents, states);
	}

	step(state: number, byte: number): number {
		let from = state;
		while (from !== 0) {
			const child = this.#child(from, byte);
			if (child !== 0) return child;
			from = this.#fallback[from] ?? 0;
		}
		return this.#roots[byte] ?? 0;
	}

	#child(state: number, byte: number): number {
		if (state === 0) return this.#roots[byte] ?? 0;
		if (((this.#labels[state + 1] ?? 0) & childMask) === (byte | isNext)) return state + 1;
		return ((this.#labels[state] ?? 0) & hasBranches) === 0 ? 0 : this.#branches.get(state, byte);
	}

	#last = 0;

	#insert(
		needle: Uint8Array,
		{
			parents,
			states,
			isMarked,
		}: { readonly parents: Int32Array; readonly states: number; readonly isMarked: boolean },
	): number {
		let state = 0;
		let count = states;
		for (let i = 0; i < needle.length; i++) {
			const byte = needle[i] ?? 0;
			let child = this.#child(state, byte);
			if (child === 0) {
				child = count++;
				parents[child] = state;
				this.#labels[child] = byte;
				if (state === 0) this.#roots[byte] = child;
				else if (child === state + 1) this.#labels[child] = byte | isNext;
				else {
					this.#labels[state] = (this.#labels[state] ?? 0) | hasBranches;
					this.#branches.set(state, byte, child);
				}
				this.depth[child] = i + 1;
			}
			if (isMarked) this.markedDepth[child] = i + 1;
			state = child;
		}
		this.#last = state;
		return count;
	}

	/** By depth, so that the state to fall back to is complete before it is asked. */
	#complete(parents: Int32Array, states: number): void {
		const order = byDepth(this.depth, states, this.longest);
		const isInner = new Uint8Array(states);
		const isMarkedInner = new Uint8Array(states);
		for (let state = 1; state < states; state++) {
			const parent = parents[state] ?? 0;
			isInner[parent] = 1;
			if (this.markedDepth[state] !== 0) isMarkedInner[parent] = 1;
		}
		for (const state of order) {
			const parent = parents[state] ?? 0;
			const byte = (this.#labels[state] ?? 0) & 0xff;
			const back = parent === 0 ? 0 : this.step(this.#fallback[parent] ?? 0, byte);
			this.#fallback[state] = back;
			this.shorter[state] = this.ends[back] === 0 ? (this.shorter[back] ?? 0) : back;
			// Nothing goes on from a leaf, only from what it ends with.
			if (isInner[state] === 0) this.depth[state] = this.depth[back] ?? 0;
			if (isMarkedInner[state] === 0) this.markedDepth[state] = this.markedDepth[back] ?? 0;
		}
	}
}

/** The state is the child of the one whose number is one less. */
const isNext = 0x100;
const childMask = 0x1ff;
const hasBranches = 0x200;

function byDepth(depth: Int32Array, states: number, longest: number): Int32Array {
	const starts = new Int32Array(longest + 2);
	for (let state = 1; state < states; state++) {
		const at = (depth[state] ?? 0) + 1;
		starts[at] = (starts[at] ?? 0) + 1;
	}
	for (let level = 1; level < starts.length; level++) starts[level] = (starts[level] ?? 0) + (starts[level - 1] ?? 0);
	const order = new Int32Array(states - 1);
	for (let state = 1; state < states; state++) {
		const level = depth[state] ?? 0;
		const at = starts[level] ?? 0;
		order[at] = state;
		starts[level] = at + 1;
	}
	return order;
}

/** Children that do not follow their parent, in a table with open addresses. */
class Branches {
	readonly #states: Int32Array;
	readonly #bytes: Uint8Array;
	readonly #children: Int32Array;

	/** Each needle makes at most one branch. */
	constructor(most: number) {
		const size = 2 ** Math.ceil(Math.log2(2 * most + 1));
		this.#states = new Int32Array(size);
		this.#bytes = new Uint8Array(size);
		this.#children = new Int32Array(size);
	}

	get(state: number, byte: number): number {
		return this.#children[this.#slot(state, byte)] ?? 0;
	}

	set(state: number, byte: number, child: number): void {
		const slot = this.#slot(state, byte);
		this.#states[slot] = state;
		this.#bytes[slot] = byte;
		this.#children[slot] = child;
	}

	#slot(state: number, byte: number): number {
		const wrap = this.#states.length - 1;
		let slot = (Math.imul(state, 0x9e3779b1) ^ Math.imul(byte, 0x85ebca6b)) & wrap;
		while (this.#children[slot] !== 0 && (this.#states[slot] !== state || this.#bytes[slot] !== byte))
			slot = (slot + 1) & wrap;
		return slot;
	}
}
