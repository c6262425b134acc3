import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem } from './result.ts';

/** A YAML file that people write, read with the place of every value, and with every problem collected. */
export class YamlFile {
	readonly path: string;
	readonly problems: Problem[] = [];
	readonly root: Node | null;
	readonly #lines = new LineCounter();
	readonly #code: string;
	readonly #document: Document;

	/** `code` is the code of the file's problems. */
	constructor(path: string, text: string, code: string) {
		this.path = path;
		this.#code = code;
		const document = parseDocument(text, { lineCounter: this.#lines });
		this.#document = document;
		for (const error of document.errors) {
			const { line, col } = this.#lines.linePos(error.pos[0]);
			const [what = ''] = error.message.split('\n');
			this.problems.push({
				code,
				what: `this is not YAML: ${what.replace(/ at line.*$/, '')}`,
				where: `${path}:${line}:${col}`,
			});
		}
		this.root = document.errors.length === 0 ? (document.contents as Node | null) : null;
	}

	/** `path:line:column` of a node. */
	where(node: unknown): string {
		const offset = (node as { range?: readonly number[] } | null | undefined)?.range?.[0];
		if (offset === undefined) return this.path;
		const { line, col } = this.#lines.linePos(offset);
		return `${this.path}:${line}:${col}`;
	}

	/** Whether a node is one value, not a mapping or a list. */
	isText(node: unknown): boolean {
		const value = this.resolved(node);
		return isScalar(value) && value.value !== null;
	}

	refuse(node: unknown, what: string, more: { readonly why?: string; readonly next?: string } = {}): undefined {
		this.problems.push({ code: this.#code, what, where: this.where(node), ...more });
		return undefined;
	}

	/** The entries of a mapping: key -> node, with what `<<` merges into it. Anything else is a problem; nothing at all is an empty mapping. */
	entries(node: unknown, what: string): ReadonlyMap<string, Entry> {
		return this.#entries(node, what, []);
	}

	#entries(node: unknown, what: string, merging: readonly unknown[]): ReadonlyMap<string, Entry> {
		const entries = new Map<string, Entry>();
		const map = this.resolved(node);
		if (map === null || map === undefined || (isScalar(map) && map.value === null)) return entries;
		if (!isMap(map) || merging.includes(map)) {
			this.refuse(node, `${what} must be a mapping`);
			return entries;
		}
		const merged: Entry[] = [];
		for (const pair of map.items) {
			const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
			const entry = { key: pair.key as Node, value: this.resolved(pair.value) ?? null };
			if (key === undefined) this.refuse(pair.key, `${what} has a key that is not text`);
			else if (key === '<<') merged.push(entry);
			else entries.set(key, entry);
		}
		for (const { value } of merged) this.#merge(entries, value, { what, merging: [...merging, map] });
		return entries;
	}

	/** What stands in the mapping itself wins, then what is merged first. */
	#merge(
		entries: Map<string, Entry>,
		from: Node | null,
		{ what, merging }: { readonly what: string; readonly merging: readonly unknown[] },
	): void {
		for (const source of isSeq(from) ? from.items : [from]) {
			for (const [key, entry] of this.#entries(source, what, merging)) if (!entries.has(key)) entries.set(key, entry);
		}
	}

	/** The items of a list. */
	items(node: { readonly items: readonly unknown[] }): readonly (Node | null)[] {
		return node.items.map((item) => this.resolved(item) ?? null);
	}

	/** The node that an alias (`*name`) stands for. */
	resolved(node: unknown): Node | null | undefined {
		if (!isAlias(node)) return node as Node | null | undefined;
		return node.resolve(this.#document) ?? this.refuse(node, `there is no &${node.source}`);
	}

	/** The text of a scalar (numbers and booleans as they are written); null is empty text. */
	text(node: unknown, what: string): string | undefined {
		if (node === null || node === undefined) return '';
		if (!isScalar(node)) return this.refuse(node, `${what} must be text`);
		return node.value === null ? '' : String(node.value);
	}

	/** Says each key that is not known, with what is. */
	onlyKeys(entries: ReadonlyMap<string, Entry>, known: readonly string[], what: string): void {
		for (const [name, { key }] of entries) {
			if (!known.includes(name))
				this.refuse(key, `${what} has no setting ${name}`, { next: `use one of: ${known.join(', ')}` });
		}
	}
}

export interface Entry {
	readonly key: Node;
	readonly value: Node | null;
}
