import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lineFeed } from './line-index.ts';

const chunkBytes = 256 * 1024;

/** A log file from its beginning to where it ends now, in blocks of whole lines; the last line may be torn. Others get their turn in between. Missing file: nothing. */
export async function* lineBlocks(file: string): AsyncGenerator<Uint8Array> {
	let fd: number;
	try {
		fd = openSync(file, 'r');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
		throw error;
	}
	try {
		yield* blocksOf(fd);
	} finally {
		closeSync(fd);
	}
}

async function* blocksOf(fd: number): AsyncGenerator<Uint8Array> {
	const size = fstatSync(fd).size;
	let rest: Buffer = Buffer.alloc(0);
	for (let offset = 0; offset < size; ) {
		const room = Buffer.allocUnsafe(rest.length + Math.min(chunkBytes, size - offset));
		rest.copy(room);
		const length = readSync(fd, room, rest.length, room.length - rest.length, offset);
		if (length === 0) break;
		offset += length;
		const bytes = room.subarray(0, rest.length + length);
		const whole = bytes.lastIndexOf(lineFeed) + 1;
		if (whole > 0) yield bytes.subarray(0, whole);
		rest = bytes.subarray(whole);
		await nextTurn();
	}
	if (rest.length > 0) yield rest;
}

/** Length of the time before the text of a line that goes from `at` to `end`; 0 for a line that was torn before its text. */
export function stampLength(bytes: Uint8Array, at: number, end: number): number {
	if (end - at < stamp.length) return 0;
	for (let i = 0; i < stamp.length; i++) {
		const byte = bytes[at + i] ?? 0;
		const wanted = stamp.charCodeAt(i);
		if (wanted === zero ? byte < zero || byte > zero + 9 : byte !== wanted) return 0;
	}
	return stamp.length;
}

const stamp = '0000-00-00T00:00:00.000Z ';
const zero = 0x30;

/** The texts of a block's lines, each with a line feed, without their times. */
export function textsOf(block: Uint8Array): Uint8Array {
	const texts = new Uint8Array(block.length + 1);
	let length = 0;
	for (let at = 0; at < block.length; ) {
		const found = block.indexOf(lineFeed, at);
		const end = found === -1 ? block.length : found;
		const text = block.subarray(at + stampLength(block, at, end), end);
		texts.set(text, length);
		length += text.length;
		texts[length++] = lineFeed;
		at = end + 1;
	}
	return texts.subarray(0, length);
}
