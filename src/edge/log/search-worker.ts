import { parentPort, workerData } from 'node:worker_threads';
import { parseLine } from './line.ts';
import { lineTest } from './line-test.ts';
import type { LogLine, LogSearch } from './log.ts';
import { lineBlocks } from './text-blocks.ts';

/** What the search of a file is asked, and what it tells while it goes on. */
export interface SearchRequest {
	readonly file: string;
	readonly stamp: string;
	readonly search: Omit<LogSearch, 'signal'>;
}

/** Told after every block: who hears nothing for long knows that the expression hangs. */
export interface SearchProgress {
	readonly total: number;
	readonly searched: number;
	/** Found since the last time. */
	readonly lines: readonly LogLine[];
	readonly isEnd: boolean;
}

const stampLength = '2026-01-01T00:00:00.000Z '.length;

await search(workerData as SearchRequest);

async function search({ file, stamp, search: wanted }: SearchRequest): Promise<void> {
	const test = lineTest(wanted);
	if (!test.ok) throw new Error('the expression was read before, and now it cannot be read');
	let [total, searched, kept] = [0, 0, 0];
	const tell = (lines: readonly LogLine[], isEnd: boolean) =>
		parentPort?.postMessage({ total, searched, lines, isEnd } satisfies SearchProgress);
	for await (const block of lineBlocks(file)) {
		const found: LogLine[] = [];
		const texts = Buffer.from(block.buffer, block.byteOffset, block.length).toString('utf8').split('\n');
		if (texts.at(-1) === '') texts.pop();
		for (const raw of texts) {
			searched += 1;
			if (!test.value(textOf(raw))) continue;
			total += 1;
			if (kept >= wanted.limit) continue;
			kept += 1;
			found.push(parseLine(raw, searched, stamp));
		}
		tell(found, false);
	}
	tell([], true);
}

/** The text of a line as the file has it: quicker than to take all of it apart. */
function textOf(raw: string): string {
	const isStamped =
		raw[4] === '-' && raw[10] === 'T' && raw[23] === 'Z' && (raw.length < stampLength || raw[24] === ' ');
	return isStamped ? raw.slice(stampLength) : raw;
}
