/** Finds many patterns in one pass over UTF-16 units: a state is a number, 0 at the start. */
export interface Automaton {
	/** The state after `unit` in `state` is `next[state * width + classes[unit]]`. */
	readonly next: Int32Array;
	readonly classes: Uint16Array;
	readonly width: number;
	/** Length of the longest pattern that ends in this state; 0 for none. */
	readonly found: Int32Array;
	/** How many units back the longest unfinished beginning of a pattern reaches. */
	readonly depth: Int32Array;
	/** Length of the longest pattern. */
	readonly longest: number;
}

/** Builds the automaton (Aho and Corasick) of patterns that are not empty. */
export function buildAutomaton(patterns: readonly string[]): Automaton {
	const { classes, width } = classesOf(patterns);
	const size = 1 + patterns.reduce((sum, pattern) => sum + pattern.length, 0);
	const next = new Int32Array(size * width);
	const found = new Int32Array(size);
	const depth = new Int32Array(size);
	let states = 1;
	for (const pattern of patterns) {
		let state = 0;
		for (let i = 0; i < pattern.length; i++) {
			const slot = state * width + (classes[pattern.charCodeAt(i)] ?? 0);
			if (next[slot] === 0) {
				depth[states] = i + 1;
				next[slot] = states++;
			}
			state = next[slot] ?? 0;
		}
		found[state] = pattern.length;
	}
	completeTransitions({ next, found, depth, width, states });
	return {
		next,
		classes,
		width,
		found,
		depth,
		longest: patterns.reduce((longest, pattern) => Math.max(longest, pattern.length), 0),
	};
}

/** Units that occur in a pattern get a class of their own; all others share class 0, which leads back to the start. */
function classesOf(patterns: readonly string[]): { readonly classes: Uint16Array; readonly width: number } {
	const classes = new Uint16Array(0x10000);
	let width = 1;
	for (const pattern of patterns) {
		for (let i = 0; i < pattern.length; i++) {
			const unit = pattern.charCodeAt(i);
			if (classes[unit] === 0) classes[unit] = width++;
		}
	}
	return { classes, width };
}

interface Trie {
	readonly next: Int32Array;
	readonly found: Int32Array;
	readonly depth: Int32Array;
	readonly width: number;
	readonly states: number;
}

/** Breadth first, so that the state to fall back to is complete before it is asked. */
function completeTransitions({ next, found, depth, width, states }: Trie): void {
	const fallback = new Int32Array(states);
	const queue: number[] = [];
	for (let unit = 0; unit < width; unit++) {
		const state = next[unit] ?? 0;
		if (state !== 0) queue.push(state);
	}
	for (let head = 0; head < queue.length; head++) {
		const state = queue[head] ?? 0;
		const back = fallback[state] ?? 0;
		found[state] = Math.max(found[state] ?? 0, found[back] ?? 0);
		let isLeaf = true;
		for (let unit = 0; unit < width; unit++) {
			const slot = state * width + unit;
			const child = next[slot] ?? 0;
			const other = next[back * width + unit] ?? 0;
			if (child === 0) next[slot] = other;
			else {
				isLeaf = false;
				fallback[child] = other;
				queue.push(child);
			}
		}
		// Nothing goes on from here, only from what this state ends with.
		if (isLeaf) depth[state] = depth[back] ?? 0;
	}
}
