import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** The file of a log: `<directory>/<run>/<job>.<attempt>.log`, with every character that a file name may not have everywhere written as `%XX`. */
export function logPath(directory: string, key: string): string {
	const slash = key.indexOf('/');
	const run = slash === -1 ? 'other' : key.slice(0, slash);
	return join(directory, fileName(run), `${fileName(key.slice(slash + 1))}.log`);
}

const longest = 180;

function fileName(text: string): string {
	const escaped = [...Buffer.from(text, 'utf8')]
		.map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`))
		.join('');
	const visible = escaped.startsWith('.') || escaped === '' ? `%2e${escaped.slice(1)}` : escaped;
	if (visible.length <= longest) return visible;
	return `${visible.slice(0, longest - 17)}~${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** Letters, digits, `-`, `.`, `_`, space, parentheses and comma. */
function isPlain(byte: number): boolean {
	return /[A-Za-z0-9._ (),-]/.test(String.fromCharCode(byte));
}
