import { ok } from '../result.ts';

/** A text with its variables filled in, or one sentence about why it cannot be. */
export type Interpolated =
	| { readonly ok: true; readonly value: string; readonly missing: readonly string[] }
	| { readonly ok: false; readonly error: string };

/**
 * Fills `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME:+other}` as the Compose specification has them, defaults may hold
 * variables again; `$$` is a dollar. `missing` names those that are empty because nobody said what they are.
 */
export function interpolate(text: string, variables: { readonly [name: string]: string }): Interpolated {
	const reading: Reading = { text, at: 0, variables, missing: [] };
	try {
		return { ...ok(fill(reading, '')), missing: reading.missing };
	} catch (thrown) {
		if (thrown instanceof Unfillable) return { ok: false, error: thrown.message };
		throw thrown;
	}
}

interface Reading {
	readonly text: string;
	at: number;
	readonly variables: { readonly [name: string]: string };
	readonly missing: string[];
}

class Unfillable extends Error {}

/** Reads up to `end`, or to the end of the text. */
function fill(reading: Reading, end: string): string {
	const { text } = reading;
	let filled = '';
	while (reading.at < text.length && (end === '' || text[reading.at] !== end)) {
		if (text[reading.at] === '$') filled += variable(reading);
		else {
			filled += text[reading.at];
			reading.at += 1;
		}
	}
	return filled;
}

const nameAt = /[A-Za-z_]\w*/y;
const operatorAt = /:?[-?+]/y;

function variable(reading: Reading): string {
	const start = reading.at;
	const { text } = reading;
	const next = text[start + 1];
	if (next === '$') {
		reading.at = start + 2;
		return '$';
	}
	const isLong = next === '{';
	reading.at = start + (isLong ? 2 : 1);
	const name = match(reading, nameAt);
	if (name === '') throw new Unfillable(`${text.slice(start, start + 12)} is not a variable; write $$ for a dollar`);
	if (!isLong) return plain(reading, name);
	const operator = match(reading, operatorAt);
	const before = reading.missing.length;
	const word = operator === '' ? '' : fill(reading, '}');
	if (text[reading.at] !== '}')
		throw new Unfillable(`${text.slice(start, start + 12)} is not a variable; write $$ for a dollar`);
	reading.at += 1;
	if (operator === '') return plain(reading, name);
	const set = givenValue(reading, name);
	// A colon counts an empty value as missing.
	const isThere = set !== undefined && (set !== '' || !operator.startsWith(':'));
	if (operator.endsWith('?')) {
		if (!isThere) throw new Unfillable(`the variable ${name} is missing${word === '' ? '' : `: ${word}`}`);
		return set;
	}
	const isWordUsed = operator.endsWith('-') ? !isThere : isThere;
	// Variables of a default that is not used may be missing.
	if (!isWordUsed) reading.missing.length = before;
	if (operator.endsWith('-')) return isThere ? set : word;
	return isThere ? word : '';
}

function plain(reading: Reading, name: string): string {
	const set = givenValue(reading, name);
	if (set === undefined) reading.missing.push(name);
	return set ?? '';
}

function givenValue({ variables }: Reading, name: string): string | undefined {
	return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function match(reading: Reading, pattern: RegExp): string {
	pattern.lastIndex = reading.at;
	const found = pattern.exec(reading.text)?.[0] ?? '';
	reading.at += found.length;
	return found;
}
