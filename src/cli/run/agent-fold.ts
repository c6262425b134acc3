import { visible } from '#cli/log-text.ts';

/** Blocks of up to this many lines are found to repeat. */
const longestBlock = 8;
/** Fewer lines than this are not worth a line that says how many they were. */
const leastFolded = 3;

/** A log for a reader that pays for every word: no colours, and of lines that are alike but for numbers the first, and how many followed. */
export function foldLines(lines: readonly string[]): readonly string[] {
	const texts = lines.map((line) => visible(line.replace(/^.*\r(?=[^\r]+$)/s, '').replace(/\r+$/, '')).trimEnd());
	const shapes = texts.map(shapeOf);
	const kept: string[] = [];
	for (let at = 0; at < texts.length; ) {
		const { length, times } = repetition(shapes, at);
		kept.push(...texts.slice(at, at + length));
		const folded = length * (times - 1);
		if (folded >= leastFolded) kept.push(`… ${folded} similar lines`);
		else kept.push(...texts.slice(at + length, at + length * times));
		at += length * times;
	}
	return kept;
}

/** A line without what changes from one to the next: times, counts, hashes. */
function shapeOf(text: string): string {
	return text
		.replaceAll(/\b[0-9a-f]{7,64}\b/gi, '#')
		.replaceAll(/\d+(?:[.:,]\d+)*/g, '#')
		.trim();
}

/** The block of lines that repeats from here on the most; a block of 1 that happens once when none does. */
function repetition(shapes: readonly string[], at: number): { readonly length: number; readonly times: number } {
	let best = { length: 1, times: 1 };
	for (let length = 1; length <= longestBlock && at + length < shapes.length; length += 1) {
		let times = 1;
		while (isSame(shapes, { from: at, to: at + length * times, length })) times += 1;
		if (length * (times - 1) > best.length * (best.times - 1)) best = { length, times };
	}
	return best;
}

function isSame(
	shapes: readonly string[],
	{ from, to, length }: { readonly from: number; readonly to: number; readonly length: number },
): boolean {
	if (to + length > shapes.length) return false;
	for (let index = 0; index < length; index += 1) if (shapes[from + index] !== shapes[to + index]) return false;
	return true;
}
