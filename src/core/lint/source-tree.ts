import {
	isAlias,
	isMap,
	isNode,
	isScalar,
	isSeq,
	LineCounter,
	type Node,
	type Pair,
	parseDocument,
	type Scalar,
} from 'yaml';
import type { Place } from '../workflow/file-problems.ts';

/** A stretch of a file's text, in UTF-16 code units. */
export interface Span {
	readonly start: number;
	readonly end: number;
}

export interface ScalarNode extends Span {
	readonly kind: 'scalar';
	/** What YAML makes of it, as text: `3.10` stays `3.10`. */
	readonly text: string;
	readonly style: 'plain' | 'quoted' | 'block';
}

export interface Entry {
	readonly key: string;
	readonly keySpan: Span;
	readonly value: SourceNode;
}

export interface MapNode extends Span {
	readonly kind: 'map';
	readonly entries: readonly Entry[];
}

export interface ListNode extends Span {
	readonly kind: 'list';
	readonly items: readonly SourceNode[];
}

/** A YAML value that knows where it stands in its file; an alias is the value that it stands for. */
export type SourceNode = ScalarNode | MapNode | ListNode;

/** What is larger is the planner's to refuse. */
const maxLength = 1024 * 1024;
const maxDepth = 100;
const maxNodes = 100_000;

/**
 * Reads YAML; undefined when it is none, or too large, too deep (100) or too much (100,000 nodes with every alias written out).
 * `placeOf` turns an offset into a line and a column.
 */
export function readSource(
	text: string,
): { readonly root: SourceNode; readonly placeOf: (offset: number) => Place } | undefined {
	if (text.length > maxLength) return undefined;
	const lineCounter = new LineCounter();
	const placeOf = (offset: number): Place => {
		const { line, col } = lineCounter.linePos(offset);
		return { line: Math.max(1, line), column: Math.max(1, col) };
	};
	try {
		const document = parseDocument(text, { lineCounter, uniqueKeys: false, logLevel: 'silent' });
		if (document.errors.length > 0) return undefined;
		return { root: new Reader().read(document.contents, 0, 0), placeOf };
	} catch (error) {
		// Too deep for the parser's own recursion, or for ours.
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** The value below a way of keys, or undefined. */
export function valueAt(node: SourceNode | undefined, ...keys: readonly string[]): SourceNode | undefined {
	return keys.reduce<SourceNode | undefined>((found, key) => entryOf(found, key)?.value, node);
}

/** The text of the scalar below a way of keys, or undefined. */
export function textAt(node: SourceNode | undefined, ...keys: readonly string[]): string | undefined {
	const found = valueAt(node, ...keys);
	return found?.kind === 'scalar' ? found.text : undefined;
}

/** The entry of a key of a mapping, or undefined. */
export function entryOf(node: SourceNode | undefined, key: string): Entry | undefined {
	return entriesOf(node).find((entry) => entry.key === key);
}

/** The entries of a mapping; none for anything else. */
export function entriesOf(node: SourceNode | undefined): readonly Entry[] {
	return node?.kind === 'map' ? node.entries : [];
}

/** The items of a list; a value that is no list is its own only item, as in `needs: build`. */
export function itemsOf(node: SourceNode | undefined): readonly SourceNode[] {
	if (node === undefined || (node.kind === 'scalar' && node.text === '')) return [];
	return node.kind === 'list' ? node.items : [node];
}

/** Turns nodes of the YAML package into ours; throws a RangeError at what is too deep or too much. */
class Reader {
	readonly #anchors = new Map<string, Node>();
	#left = maxNodes;

	read(node: unknown, otherwise: number, depth: number): SourceNode {
		this.#left -= 1;
		if (depth > maxDepth || this.#left < 0) throw new RangeError('too deep or too much');
		if (isAlias(node)) return this.read(this.#anchors.get(node.source), otherwise, depth + 1);
		if (!isNode(node)) return { kind: 'scalar', start: otherwise, end: otherwise, text: '', style: 'plain' };
		if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
		const [start, end] = node.range ?? [otherwise, otherwise];
		if (isScalar(node)) return { kind: 'scalar', start, end, text: textOf(node), style: styleOf(node) };
		if (isSeq(node)) {
			return { kind: 'list', start, end, items: node.items.map((item) => this.read(item, start, depth + 1)) };
		}
		const pairs = isMap(node) ? node.items : [];
		return { kind: 'map', start, end, entries: pairs.map((pair) => this.#entry(pair, start, depth + 1)) };
	}

	#entry(pair: Pair, otherwise: number, depth: number): Entry {
		const key = this.read(pair.key, otherwise, depth);
		const value = this.read(pair.value, key.end, depth);
		return { key: key.kind === 'scalar' ? key.text : '', keySpan: { start: key.start, end: key.end }, value };
	}
}

function textOf({ value, source }: Scalar): string {
	if (typeof value === 'string') return value;
	return value === null ? '' : (source ?? '');
}

function styleOf({ type }: Scalar): ScalarNode['style'] {
	if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') return 'block';
	return type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE' ? 'quoted' : 'plain';
}
