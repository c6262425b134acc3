/** A filter pattern of `branches`, `tags` or `paths`, ready to match. */
export interface Pattern {
	readonly source: string;
	/** Starts with `!`: what it matches is taken out again. */
	readonly isNegative: boolean;
	readonly matches: (text: string) => boolean;
}

/**
 * Reads a pattern by GitHub's rules: `*` stops at `/`, `**` does not, `?` and `+` say how often the character before them stands,
 * `[a-z0-9]` is one of a set, and a backslash takes the next character as it is. A text instead of a pattern says what is wrong.
 * Matching takes time linear in pattern and text, whatever the pattern.
 */
export function readPattern(source: string): Pattern | string {
	const isNegative = source.startsWith('!');
	const body = isNegative ? source.slice(1) : source;
	if (body === '') return 'the pattern is empty';
	const states: State[] = [];
	for (let position = 0; position < body.length; ) {
		const part = readPart(body, position);
		if (typeof part === 'string') return part;
		states.push(...part.states);
		position = part.end;
	}
	return { source, isNegative, matches: (text) => run(states, text) };
}

/** Whether a list of patterns takes a text in: they are asked in their order, and the last one that matches decides. */
export function takesIn(patterns: readonly Pattern[], text: string): boolean {
	return patterns.reduce((isIn, pattern) => (pattern.matches(text) ? !pattern.isNegative : isIn), false);
}

/** A state of the pattern's automaton; numbers are relative to it. */
interface State {
	/** Where reading this character leads. */
	readonly read: (character: string) => readonly number[];
	/** Where one gets without reading. */
	readonly skip: readonly number[];
}

interface Part {
	readonly states: readonly State[];
	readonly end: number;
}

function readPart(body: string, position: number): Part | string {
	const character = body.charAt(position);
	if (character === '*') return readStar(body, position);
	if (character === '?' || character === '+') return `${character} needs a character before it`;
	const single = readSingle(body, position);
	if (typeof single === 'string') return single;
	const { test, end } = single;
	const once = (character: string) => (test(character) ? [1] : []);
	const again = (character: string) => (test(character) ? [0] : []);
	const quantifier = body.charAt(end);
	if (quantifier === '?') return { states: [{ read: once, skip: [1] }], end: end + 1 };
	if (quantifier === '+') {
		return {
			states: [
				{ read: once, skip: [] },
				{ read: again, skip: [1] },
			],
			end: end + 1,
		};
	}
	return { states: [{ read: once, skip: [] }], end };
}

/** `**` and a slash at the start of a folder name stand for any number of folders, also none. */
function readStar(body: string, position: number): Part {
	const isFolder = position === 0 || body.charAt(position - 1) === '/';
	if (isFolder && body.startsWith('**/', position)) {
		const inside = (character: string) => (character === '/' ? [0, 1] : [0]);
		return {
			states: [
				{ read: () => [], skip: [1, 2] },
				{ read: inside, skip: [] },
			],
			end: position + 3,
		};
	}
	if (body.startsWith('**', position)) return { states: [{ read: () => [0], skip: [1] }], end: position + 2 };
	return { states: [{ read: (character) => (character === '/' ? [] : [0]), skip: [1] }], end: position + 1 };
}

function readSingle(body: string, position: number): { test: (character: string) => boolean; end: number } | string {
	const character = body.charAt(position);
	if (character === '[') return readSet(body, position);
	const isEscaped = character === '\\' && position + 1 < body.length;
	const [wanted = ''] = body.slice(isEscaped ? position + 1 : position);
	return { test: (read) => read === wanted, end: position + (isEscaped ? 1 : 0) + wanted.length };
}

function readSet(body: string, position: number): { test: (character: string) => boolean; end: number } | string {
	const close = body.indexOf(']', position + 1);
	if (close < 0) return '[ is not closed';
	const inside = body.slice(position + 1, close);
	if (!/^(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+$/.test(inside))
		return `[${inside}] may hold letters, digits and ranges of them only`;
	const ranges = inside.match(/.-.|./g) ?? [];
	const test = (read: string) =>
		ranges.some((range) => read >= range.charAt(0) && read <= range.charAt(range.length - 1));
	return { test, end: close + 1 };
}

function run(states: readonly State[], text: string): boolean {
	let current = new Set<number>();
	reach(states, 0, current);
	for (const character of text) {
		const next = new Set<number>();
		for (const index of current) {
			for (const offset of states[index]?.read(character) ?? []) reach(states, index + offset, next);
		}
		if (next.size === 0) return false;
		current = next;
	}
	return current.has(states.length);
}

/** Adds a state and all that can be reached from it without reading. */
function reach(states: readonly State[], index: number, reached: Set<number>): void {
	const open = [index];
	for (let state = open.pop(); state !== undefined; state = open.pop()) {
		if (reached.has(state)) continue;
		reached.add(state);
		for (const offset of states[state]?.skip ?? []) open.push(state + offset);
	}
}
