import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { indexPath, lineCounter, lineFeed, packEntries } from './line-index.ts';
import type { LogRewriter } from './log.ts';
import { lineBlocks, stampLength, textsOf } from './text-blocks.ts';

/**
 * Puts another text into every line of a log file. The new file is durable before it takes the old one's place; a log of which no
 * line changes stays as it is.
 */
export async function rewriteFile(
	file: string,
	rewriter: LogRewriter,
): Promise<{ readonly lines: number; readonly changed: number }> {
	const temporary = `${file}.${process.pid}.new`;
	const fd = openSync(temporary, 'w', 0o600);
	const lines = new RewrittenLines();
	const counter = lineCounter(0, 0);
	const entries: number[] = [];
	const put = (bytes: Uint8Array) => {
		const block = lines.take(bytes);
		for (let written = 0; written < block.length; ) written += writeSync(fd, block, written);
		entries.push(...counter.add(block));
	};
	try {
		for await (const block of lineBlocks(file)) {
			lines.expect(block);
			put(rewriter.push(textsOf(block)));
		}
		put(rewriter.end());
		if (lines.missing > 0) throw new Error(`the rewriter of ${file} has lost ${lines.missing} lines`);
		if (lines.changed > 0) {
			fsyncSync(fd);
			// Without an index readers look at the whole file: better than one that fits the other text.
			rmSync(indexPath(file), { force: true });
			renameSync(temporary, file);
			writeFileSync(indexPath(file), packEntries(entries));
		}
		return { lines: counter.lines, changed: lines.changed };
	} finally {
		closeSync(fd);
		rmSync(temporary, { force: true });
	}
}

/** Brings new texts together with the times of their lines. */
class RewrittenLines {
	changed = 0;
	/** Lines whose new text has not come yet: time and text. */
	#expected: { readonly stamp: Uint8Array; readonly text: Uint8Array }[] = [];
	#next = 0;
	#unfinished = Buffer.alloc(0);

	get missing(): number {
		return this.#expected.length - this.#next;
	}

	expect(block: Uint8Array): void {
		this.#expected = this.#expected.slice(this.#next);
		this.#next = 0;
		for (let at = 0; at < block.length; ) {
			const found = block.indexOf(lineFeed, at);
			const end = found === -1 ? block.length : found;
			const start = at + stampLength(block, at, end);
			this.#expected.push({ stamp: block.subarray(at, start), text: block.subarray(start, end) });
			at = end + 1;
		}
	}

	/** The lines that are finished with these bytes. */
	take(bytes: Uint8Array): Uint8Array {
		const texts = Buffer.concat([this.#unfinished, bytes]);
		const parts: Uint8Array[] = [];
		let at = 0;
		for (let end = texts.indexOf(lineFeed); end !== -1; end = texts.indexOf(lineFeed, at)) {
			const text = texts.subarray(at, end);
			const old = this.#expected[this.#next++];
			if (old === undefined) throw new Error('a rewriter gave back more lines than it was given');
			if (!text.equals(old.text)) this.changed += 1;
			parts.push(old.stamp, text, feed);
			at = end + 1;
		}
		this.#unfinished = texts.subarray(at);
		return Buffer.concat(parts);
	}
}

const feed = Uint8Array.of(lineFeed);
