import { isScalar, isSeq, type Node } from 'yaml';
import { durationMs } from '../duration.ts';
import type { Entry, YamlFile } from '../yaml-file.ts';
import { interpolate } from './interpolate.ts';

/** A Compose file while it is read. */
export interface ComposeReader {
	readonly file: YamlFile;
	readonly variables: { readonly [name: string]: string };
	/** What has no effect here, one sentence each. */
	readonly notes: Set<string>;
}

/** The text of a scalar with its variables filled in; empty after a problem. */
export function textOf({ file, variables, notes }: ComposeReader, node: unknown, what: string): string {
	const text = file.text(node, what) ?? '';
	if (text.includes('\0')) file.refuse(node, `${what} has a NUL character`);
	const filled = interpolate(text, variables);
	if (!filled.ok) {
		file.refuse(node, filled.error);
		return '';
	}
	for (const name of filled.missing)
		notes.add(`the variable ${name} is not set, it is empty in ${what} (${file.where(node)})`);
	return filled.value;
}

/** The items of a list; a problem for anything else, nothing for nothing. */
export function listOf({ file }: ComposeReader, entry: Entry | undefined, what: string): readonly (Node | null)[] {
	if (entry === undefined || isNothing(entry.value)) return [];
	if (isSeq(entry.value)) return file.items(entry.value);
	file.refuse(entry.value, `${what} must be a list`);
	return [];
}

/** Milliseconds. */
export function durationOf(
	reader: ComposeReader,
	entry: Entry | undefined,
	{ what, otherwise }: { readonly what: string; readonly otherwise: number },
): number {
	if (entry === undefined) return otherwise;
	const text = textOf(reader, entry.value, what);
	const ms = durationMs(text);
	if (ms === undefined)
		reader.file.refuse(entry.value, `${what} is ${text}`, { next: 'write a duration such as 5s or 1m30s' });
	return ms ?? otherwise;
}

/** A key without a value. */
export function isNothing(node: unknown): boolean {
	return node === null || node === undefined || (isScalar(node) && node.value === null);
}
