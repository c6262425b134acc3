import { setTimeout as sleep } from 'node:timers/promises';
import { fileFollowers } from './file-followers.ts';
import { readPage } from './file-reader.ts';
import { rewriteFile } from './file-rewriter.ts';
import { searchFile } from './file-search.ts';
import { type OpenLog, openLog } from './file-writer.ts';
import type { Logs } from './log.ts';
import { logPath } from './path.ts';
import { lineBlocks, textsOf } from './text-blocks.ts';

/**
 * Logs as plain text files below `directory`, one a key, each with a sparse index beside it (`.idx`) so that any line is found
 * without reading the file. One writer a key; readers and followers may be in other processes.
 */
export function fileLogs(directory: string): Logs {
	const writers = new Map<string, OpenLog>();
	const followers = fileFollowers();
	return {
		writer(key) {
			if (writers.has(key)) throw new Error(`the log ${key} has a writer already`);
			const file = logPath(directory, key);
			const log = openLog(file, () => followers.wake(file));
			writers.set(key, log);
			return {
				write: log.write,
				append: log.append,
				texts: () => fileTexts(file),
				get line() {
					return log.line;
				},
				flush: log.flush,
				async close() {
					writers.delete(key);
					await log.close();
				},
			};
		},
		async read(key, from, limit) {
			const file = logPath(directory, key);
			for (let tries = 0; ; tries++) {
				const { page, isTorn } = await readPage(file, Math.max(1, from), Math.max(0, limit), !writers.has(key));
				// Half a line is shown only when nobody is just writing its other half.
				if (!isTorn || tries === patience || Date.now() - (await followers.modifiedAt(file)) > writeMs) return page;
				await sleep(writeMs / patience);
			}
		},
		search: (key, search) => searchFile(logPath(directory, key), search),
		isOpen: (key) => writers.has(key),
		rewrite(key, rewriter) {
			if (writers.has(key)) throw new Error(`the log ${key} is being written`);
			return rewriteFile(logPath(directory, key), rewriter);
		},
		follow: (key, listener) => followers.follow(logPath(directory, key), listener),
	};
}

async function* fileTexts(file: string): AsyncGenerator<Uint8Array> {
	for await (const block of lineBlocks(file)) yield textsOf(block);
}

/** Longer than one write of a chunk takes. */
const writeMs = 100;
const patience = 4;
