/** Shorter values are no masks: they would blacken the whole log and hide nothing. In UTF-16 units, after trimming. */
const minimumMaskLength = 4;

/**
 * Every form in which a secret may be printed: its lines, the string leaves of a JSON value, and what base64, hex and the usual
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

/** The whole, each line, and each leaf of a JSON value: programs print parts of a structured secret. */
function valuesOf(secret: string): readonly string[] {
	const lines = secret.split(/[\r\n]+/);
	const values = [secret, secret.trim(), ...lines, ...lines.map((line) => line.trim()), ...leavesOf(secret)];
	return [...new Set(values)].filter(isMaskable);
}

function leavesOf(secret: string): readonly string[] {
	if (!/^\s*[[{]/.test(secret)) return [];
	try {
		return leaves(JSON.parse(secret)).flatMap((leaf) => [leaf, ...leaf.split(/[\r\n]+/).map((line) => line.trim())]);
	} catch {
		return [];
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
	return [
		value,
		...base64,
		...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
		// What stays readable of `base64 | base64`.
		...base64.slice(0, 1).flatMap((form) => base64Forms(new TextEncoder().encode(form))),
		hex,
		hex.toUpperCase(),
		uri,
		uri.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase()),
		uri.replaceAll('%20', '+'),
		JSON.stringify(value).slice(1, -1),
		value.replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
		// Shells print a quote inside quotes in these ways (`set -x` too).
		value.replaceAll("'", "'\\''"),
		value.replaceAll("'", "''"),
		value.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
		value.replace(/[&<>"']/g, (character) => xml[character] ?? character),
	];
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
