import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A file of JSON records, one a line, that only grows. A record is whole and on the disk when `append` returns.
 * Every process that has it open sees what the others append.
 */
export class Journal {
	#file;
	#position = 0;
	#rest = Buffer.alloc(0);

	constructor(path) {
		mkdirSync(dirname(path), { recursive: true });
		this.#file = openSync(path, 'a+');
	}

	append(record) {
		// A leading line break ends what a crash may have left half-written: that record is lost alone.
		const line = Buffer.from(`${this.#endsWithLine() ? '' : '\n'}${JSON.stringify(record)}\n`);
		if (writeSync(this.#file, line) !== line.length) throw new Error('the disk is full');
		fsyncSync(this.#file);
	}

	/** The records that were appended, by whom ever, since the last call. */
	read() {
		const { size } = fstatSync(this.#file);
		const added = Buffer.alloc(Math.max(0, size - this.#position));
		const length = readSync(this.#file, added, 0, added.length, this.#position);
		this.#position += length;
		const lines = Buffer.concat([this.#rest, added.subarray(0, length)]);
		const end = lines.lastIndexOf('\n') + 1;
		this.#rest = lines.subarray(end);
		return lines.subarray(0, end).toString('utf8').split('\n').flatMap(recordOf);
	}

	close() {
		closeSync(this.#file);
	}

	#endsWithLine() {
		const { size } = fstatSync(this.#file);
		if (size === 0) return true;
		const last = Buffer.alloc(1);
		readSync(this.#file, last, 0, 1, size - 1);
		return last.toString() === '\n';
	}
}

function recordOf(line) {
	if (line === '') return [];
	try {
		return [JSON.parse(line)];
	} catch {
		return [];
	}
}
