import {
	type Alias,
	type Document,
	isAlias,
	isMap,
	isNode,
	isScalar,
	isSeq,
	Lexer,
	LineCounter,
	type Node,
	parseDocument,
} from 'yaml';
import { FileProblems } from './file-problems.ts';

const maxBytes = 1024 * 1024;
const maxDepth = 100;
const maxNodes = 100_000;
/** What the lexer gives before each plain or block scalar. */
const plainScalar = '\x1f';

/**
 * Refuses YAML that would exhaust a reader before it is read: too large (1 MiB), too deep (100), or too many nodes once every
 * alias is written out (100,000). Also what the workflow reader would pass over in silence: unknown tags, keys that are no scalars.
 */
export function guardYaml(path: string, text: string): FileProblems {
	const problems = new FileProblems(path);
	const bytes = utf8Length(text);
	if (bytes > maxBytes) {
		problems.add(undefined, tooMuch(`The file has ${bytes} bytes; at most ${maxBytes} are read`));
	} else if (text.includes('\0')) {
		problems.add(placeIn(text, text.indexOf('\0')), {
			code: 'FB1001',
			what: 'The file holds a NUL character',
			next: 'save it as UTF-8 text',
		});
	} else {
		const what = tooMuchBeforeParsing(text);
		if (what === undefined) guardDocument(text, problems);
		else problems.add(undefined, tooMuch(what));
	}
	return problems;
}

function guardDocument(text: string, problems: FileProblems): void {
	const lines = new LineCounter();
	let document: Document.Parsed;
	try {
		document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'error' });
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		problems.add(undefined, tooMuch(`The file nests deeper than ${maxDepth} levels`));
		return;
	}
	for (const found of [...document.errors, ...document.warnings]) {
		if (found.message.includes('call stack')) {
			problems.add(undefined, tooMuch(`The file nests deeper than ${maxDepth} levels`));
			continue;
		}
		const at = found.linePos?.[0];
		problems.add(at && { line: at.line, column: at.col }, {
			code: 'FB1001',
			what: `The file is not YAML that a workflow may have: ${found.message.split(/ at line \d+|\n/)[0]}`,
			next: 'correct the YAML at this place',
		});
	}
	if (!problems.areNone) return;
	const size = new ExpandedSize(lines, problems).of(document.contents, 0);
	if (size > maxNodes && problems.areNone) {
		const count = size > 1e15 ? `more than ${1e15}` : String(size);
		problems.add(
			undefined,
			tooMuch(`The file has ${count} nodes once its aliases are written out; at most ${maxNodes} are read`),
		);
	}
}

/** Counts nodes as if every alias were written out, in time linear in the file. */
class ExpandedSize {
	readonly #lines: LineCounter;
	readonly #problems: FileProblems;
	readonly #anchors = new Map<string, { size: number; depth: number } | 'open'>();

	constructor(lines: LineCounter, problems: FileProblems) {
		this.#lines = lines;
		this.#problems = problems;
	}

	of(node: unknown, depth: number): number {
		return this.#measure(node, depth).size;
	}

	#measure(node: unknown, depth: number): { size: number; depth: number } {
		if (!isNode(node)) return { size: 1, depth: 1 };
		if (depth > maxDepth) return this.#tooDeep(node);
		if (isAlias(node)) return this.#alias(node, depth);
		const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
		if (anchor !== undefined) this.#anchors.set(anchor, 'open');
		const measured = this.#children(node, depth);
		if (anchor !== undefined) this.#anchors.set(anchor, measured);
		return measured;
	}

	#children(node: Node, depth: number): { size: number; depth: number } {
		const children: unknown[] = isSeq(node) ? node.items : [];
		if (isMap(node)) {
			for (const { key, value } of node.items) {
				if (isMap(key) || isSeq(key)) this.#refuseKey(key);
				children.push(key, value);
			}
		}
		let size = 1;
		let deepest = 0;
		for (const child of children) {
			const measured = this.#measure(child, depth + 1);
			size += measured.size;
			deepest = Math.max(deepest, measured.depth);
		}
		return { size, depth: deepest + 1 };
	}

	#alias(node: Alias, depth: number): { size: number; depth: number } {
		const target = this.#anchors.get(node.source);
		if (target === 'open') {
			const next = 'write the value out instead of the alias';
			this.#problems.add(this.#place(node), {
				code: 'FB1001',
				what: `circular alias: *${node.source} holds itself`,
				next,
			});
		}
		if (target === undefined || target === 'open') return { size: 1, depth: 1 };
		return depth + target.depth > maxDepth ? this.#tooDeep(node) : target;
	}

	#refuseKey(key: Node): void {
		const next = 'use plain text as the key';
		this.#problems.add(this.#place(key), {
			code: 'FB1001',
			what: 'A mapping key is itself a mapping or a sequence',
			next,
		});
	}

	#tooDeep(node: Node): { size: number; depth: number } {
		this.#problems.add(this.#place(node), tooMuch(`The file nests deeper than ${maxDepth} levels`));
		return { size: 1, depth: 1 };
	}

	#place(node: Node): { line: number; column: number } | undefined {
		if (!node.range) return undefined;
		const { line, col } = this.#lines.linePos(node.range[0]);
		return { line, column: col };
	}
}

/** What a look at the tokens already tells; the parser would need a stack frame for each level and a second for so many values. */
function tooMuchBeforeParsing(text: string): string | undefined {
	// Lexing costs as much as a tenth of parsing: only a text that could be too much is lexed.
	const mayBeDeep = (text.match(/[[{]/g)?.length ?? 0) > maxDepth;
	if (!mayBeDeep && text.length < maxNodes * 2) return undefined;
	let depth = 0;
	let values = 0;
	for (const lexeme of new Lexer().lex(text)) {
		if (lexeme === '[' || lexeme === '{') depth += 1;
		else if (lexeme === ']' || lexeme === '}') depth -= 1;
		else if (lexeme === plainScalar) values += 1;
		if (depth > maxDepth) return `The file nests deeper than ${maxDepth} levels`;
		if (values > maxNodes) return `The file has more than ${maxNodes} values`;
	}
	return undefined;
}

function tooMuch(what: string) {
	return { code: 'FB1006', what, next: 'split or simplify the file' };
}

function placeIn(text: string, offset: number): { line: number; column: number } {
	const before = text.slice(0, offset).split('\n');
	return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function utf8Length(text: string): number {
	return text.length > maxBytes ? text.length : new TextEncoder().encode(text).length;
}
