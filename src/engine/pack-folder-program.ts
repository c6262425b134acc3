import { lstatSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a folder as a tar to standard output. It runs in the job's room as the job's user, so it is one file that imports nothing but
 * Node, and a link leads it nowhere that the job may not go itself. The same files always give the same bytes.
 */
const block = 512;

/** The tar of everything below a folder but `.git`. Exported for the tests. */
export function* packed(folder: string, path = ''): Generator<Uint8Array> {
	for (const name of readdirSync(join(folder, path)).sort()) {
		if (name === '.git') continue;
		const inner = path === '' ? name : `${path}/${name}`;
		const status = lstatSync(join(folder, inner));
		const mode = status.mode & 0o777;
		if (status.isDirectory()) {
			yield* header({ path: `${inner}/`, mode, type: '5' });
			yield* packed(folder, inner);
		} else if (status.isSymbolicLink()) {
			yield* header({ path: inner, mode: 0o777, type: '2', link: readlinkSync(join(folder, inner)) });
		} else if (status.isFile()) {
			const content = readFileSync(join(folder, inner));
			yield* header({ path: inner, mode, type: '0', size: content.length });
			yield* padded(content);
		}
	}
	if (path === '') yield new Uint8Array(2 * block);
}

interface Entry {
	readonly path: string;
	readonly mode: number;
	readonly type: '0' | '2' | '5' | 'x';
	readonly size?: number;
	readonly link?: string;
}

function* header({ path, mode, type, size = 0, link = '' }: Entry): Generator<Uint8Array> {
	const isLong = Buffer.byteLength(path) > 100 || Buffer.byteLength(link) > 100;
	if (isLong) {
		const records = Buffer.from(`${record('path', path)}${link === '' ? '' : record('linkpath', link)}`);
		yield* header({ path: 'long', mode: 0o644, type: 'x', size: records.length });
		yield* padded(records);
	}
	const bytes = Buffer.alloc(block);
	const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0');
	bytes.write(isLong ? 'long' : path, 0, 100);
	bytes.write(octal(mode, 8), 100);
	bytes.write(octal(0, 8), 108);
	bytes.write(octal(0, 8), 116);
	bytes.write(octal(size, 12), 124);
	bytes.write(octal(0, 12), 136);
	bytes.write('        ', 148);
	bytes.write(type, 156);
	bytes.write(isLong ? '' : link, 157, 100);
	bytes.write('ustar\u000000', 257);
	bytes.write(
		`${octal(
			bytes.reduce((sum, byte) => sum + byte, 0),
			7,
		)}\0 `,
		148,
	);
	yield bytes;
}

/** Its own length is a part of it. */
function record(name: string, value: string): string {
	const rest = ` ${name}=${value}\n`;
	const length = Buffer.byteLength(rest);
	const total = length + String(length + String(length).length).length;
	return `${total}${rest}`;
}

function* padded(content: Uint8Array): Generator<Uint8Array> {
	yield content;
	yield new Uint8Array((block - (content.length % block)) % block);
}

function writeWhole(bytes: Uint8Array): void {
	for (let at = 0; at < bytes.length; ) {
		try {
			at += writeSync(1, bytes, at);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
		}
	}
}

const [, , folder] = process.argv;
if (import.meta.main && folder !== undefined) for (const bytes of packed(folder)) writeWhole(bytes);
