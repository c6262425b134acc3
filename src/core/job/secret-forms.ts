import { parse } from 'yaml';

/** Shorter values are no masks: they would blacken the whole log and hide nothing. In UTF-16 units, after trimming. */
const minimumMaskLength = 4;

/**
 * Every form in which a secret may be printed: its lines, the string leaves of a JSON or YAML value, and what base64, hex and the usual
 * escapes make of each. Empty when nothing of it is long enough to be masked.
 */
export function secretForms(secret: string): readonly string[] {
	const forms = new Set<string>();
	for (const value of valuesOf(secret)) {
		for (const form of formsOf(value)) if (isMaskable(form)) forms.add(form);
	}
	return [...forms];
}

function isMaskable(form: string): boolean {
	return form.trim().length >= minimumMaskLength && /[\p{L}\p{N}]/u.test(form);
}

/** The whole, each line, and each leaf of a JSON or YAML value: programs print parts of a structured secret. */
function valuesOf(secret: string): readonly string[] {
	const lines = secret.split(/[\r\n]+/);
	const values = [secret, secret.trim(), ...lines, ...lines.map((line) => line.trim()), ...leavesOf(secret)];
	return [...new Set(values)].filter(isMaskable);
}

function leavesOf(secret: string): readonly string[] {
	return leaves(structureOf(secret)).flatMap((leaf) => [leaf, ...leaf.split(/[\r\n]+/).map((line) => line.trim())]);
}

/** Larger values are keys or archives, and reading them would take long. */
const largestStructure = 65_536;

/** The object or list that a secret is the text of; of YAML, what has a key on one of several lines. */
function structureOf(secret: string): unknown {
	const isFlow = /^\s*[[{]/.test(secret);
	if (!isFlow && !/^\s*(?:- )?[\w."'/-]+:(?: |$)/m.test(secret.includes('\n') ? secret : '')) return undefined;
	try {
		if (isFlow) return JSON.parse(secret);
	} catch {
		// It may be YAML in one line.
	}
	if (secret.length > largestStructure) return undefined;
	try {
		const value: unknown = parse(secret, { logLevel: 'silent', maxAliasCount: 100 });
		return typeof value === 'object' ? value : undefined;
	} catch {
		return undefined;
	}
}

function leaves(value: unknown): readonly string[] {
	if (typeof value === 'string') return [value];
	if (Array.isArray(value)) return value.flatMap(leaves);
	return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}

function formsOf(value: string): readonly string[] {
	const bytes = new TextEncoder().encode(value);
	const base64 = base64Forms(bytes);
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
	const uri = encodeURIComponent(value.toWellFormed());
	const json = JSON.stringify(value).slice(1, -1);
	return [
		value,
		...base64,
		...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
		// What stays readable of `base64 | base64`.
		...base64.slice(0, 1).flatMap((form) => base64Forms(new TextEncoder().encode(form))),
		hex,
		hex.toUpperCase(),
		...[uri, strictUri(uri)].flatMap((escaped) => [
			escaped,
			escaped.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
			escaped.replaceAll('%20', '+'),
			escaped.replaceAll('%2F', '/'),
		]),
		json,
		json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
		value.replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
		// Shells print a quote inside quotes in these ways (`set -x` too).
		value.replaceAll("'", "'\\''"),
		value.replaceAll("'", "''"),
		value.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
		value.replace(/[&<>"']/g, (character) => xml[character] ?? character),
	];
}

/** What RFC 3986 reserves and JavaScript leaves as it is: other languages escape it. */
function strictUri(uri: string): string {
	return uri.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

const xml: { readonly [character: string]: string } = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&apos;',
};

/**
 * Base64 of the bytes at the three alignments they can have inside a longer text. Characters that also hold bits of a neighbour
 * are left out, so that the form is there whatever stands before and behind it.
 */
function base64Forms(bytes: Uint8Array): readonly string[] {
	return [0, 1, 2].map((before) => {
		const padded = new Uint8Array(before + bytes.length + 3);
		padded.set(bytes, before);
		const encoded = btoa(String.fromCharCode(...padded));
		return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
	});
}
