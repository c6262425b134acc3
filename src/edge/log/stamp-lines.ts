import { lineFeed, linesPerEntry } from './line-index.ts';

/** Lines with a time before each, ready for the file. */
export interface StampedLines {
	/** Valid until the next call. */
	readonly bytes: Uint8Array;
	readonly lines: number;
	/** Where in `bytes` the lines start that belong into the index. */
	readonly entries: readonly number[];
}

/**
 * Makes the function that puts `<ISO time> ` before every line of a block of whole lines. Each byte is looked at once, four at a
 * time: a log of hundreds of megabytes a second leaves no room for a string a line.
 */
export function lineStamper(): (at: number, block: Uint8Array, linesBefore: number) => StampedLines {
	let room = new Room(new Uint8Array(startBytes));
	return (at, block, linesBefore) => {
		const stamped = stampLines(room, { stamp: stampOf(at), block, linesBefore });
		room = stamped.room;
		if (room.bytes.length > keptBytes) room = new Room(new Uint8Array(startBytes));
		return stamped;
	};
}

const startBytes = 256 * 1024;
const keptBytes = 4 * 1024 * 1024;
const stampBytes = '2026-01-01T00:00:00.000Z '.length;
/** Bytes that a copy may write too far. */
const slack = 3;

function stampOf(at: number): Room {
	return new Room(new TextEncoder().encode(`${new Date(at).toISOString()} `));
}

class Room {
	readonly bytes: Uint8Array;
	readonly words: DataView;
	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
		this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	}
}

interface Task {
	readonly stamp: Room;
	readonly block: Uint8Array;
	readonly linesBefore: number;
}

function stampLines(given: Room, { stamp, block, linesBefore }: Task): StampedLines & { readonly room: Room } {
	const source = new Room(block);
	const entries: number[] = [];
	let room = given;
	let lines = 0;
	let from = 0;
	let to = 0;
	while (from < block.length) {
		// The rest may be one line, or be followed by further stamps: only this one is sure.
		const wanted = stampBytes + block.length - from + slack;
		if (to + wanted > room.bytes.length) room = larger(room, to, wanted);
		putStamp(room, to, stamp);
		to += stampBytes;
		const end = copyLine(source, from, room, to);
		to += end - from;
		from = end;
		lines += 1;
		if ((linesBefore + lines) % linesPerEntry === 0) entries.push(to);
	}
	return { bytes: room.bytes.subarray(0, to), lines, entries, room };
}

function larger(room: Room, used: number, wanted: number): Room {
	const bytes = new Uint8Array(Math.max(room.bytes.length * 2, used + wanted));
	bytes.set(room.bytes.subarray(0, used));
	return new Room(bytes);
}

function putStamp(room: Room, to: number, stamp: Room): void {
	for (let at = 0; at < stampBytes - 1; at += 4) room.words.setInt32(to + at, stamp.words.getInt32(at, true), true);
	room.bytes[to + stampBytes - 1] = stamp.bytes[stampBytes - 1] ?? 0;
}

/** Copies up to and with the next line feed; where the line ends in the source. Up to three bytes behind it are written too. */
function copyLine(source: Room, from: number, room: Room, to: number): number {
	const { bytes, words } = source;
	const shift = to - from;
	let at = from;
	for (; at + 4 <= bytes.length; at += 4) {
		const word = words.getInt32(at, true);
		room.words.setInt32(at + shift, word, true);
		const zeroAtFeed = word ^ fourFeeds;
		// The lowest bit that is set belongs to the first byte that is zero.
		const feeds = (zeroAtFeed - 0x01010101) & ~zeroAtFeed & 0x80808080;
		if (feeds !== 0) return at + 1 + ((31 - Math.clz32(feeds & -feeds)) >> 3);
	}
	for (; at < bytes.length; at++) {
		const byte = bytes[at] ?? 0;
		room.bytes[at + shift] = byte;
		if (byte === lineFeed) return at + 1;
	}
	throw new Error('a block of log lines does not end with a line feed');
}

const fourFeeds = 0x0a0a0a0a;
