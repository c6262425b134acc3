import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { lineTest } from './line-test.ts';
import type { LogLine, LogMatches, LogSearch } from './log.ts';
import type { SearchProgress, SearchRequest } from './search-worker.ts';

/** A block of 256 KiB takes milliseconds: an expression that is silent for so long will not end. */
const patienceMs = 2000;

/**
 * Searches a log file in a thread of its own: the server goes on, and an expression that never ends is ended (FB7014). When
 * `search.signal` aborts, what was found by then is the answer.
 */
export async function searchFile(file: string, search: LogSearch): Promise<Result<LogMatches>> {
	const test = lineTest(search);
	if (!test.ok) return test;
	const modified = statSync(file, { throwIfNoEntry: false })?.mtime;
	if (modified === undefined) return ok({ total: 0, searched: 0, lines: [] });
	const { signal, ...wanted } = search;
	const request: SearchRequest = { file, stamp: modified.toISOString(), search: wanted };
	const worker = new Worker(new URL('./search-worker.ts', import.meta.url), {
		workerData: request,
		execArgv: [],
		name: 'log search',
	});
	try {
		return await heard(worker, search.pattern, signal);
	} finally {
		await worker.terminate();
	}
}

function heard(worker: Worker, pattern: string, signal: AbortSignal | undefined): Promise<Result<LogMatches>> {
	const lines: LogLine[] = [];
	let [total, searched] = [0, 0];
	const { promise, resolve, reject } = Promise.withResolvers<Result<LogMatches>>();
	const finish = () => resolve(ok({ total, searched, lines }));
	let clock: NodeJS.Timeout | undefined;
	const wait = (ms: number) => {
		clearTimeout(clock);
		clock = setTimeout(() => resolve(failed(endless(pattern))), ms);
	};
	// It takes a moment to start.
	wait(patienceMs * 5);
	worker.once('online', () => wait(patienceMs));
	worker.once('error', reject);
	worker.on('message', (progress: SearchProgress) => {
		({ total, searched } = progress);
		lines.push(...progress.lines);
		wait(patienceMs);
		if (progress.isEnd) finish();
	});
	signal?.addEventListener('abort', finish, { once: true });
	if (signal?.aborted === true) finish();
	return promise.finally(() => {
		clearTimeout(clock);
		signal?.removeEventListener('abort', finish);
	});
}

function endless(pattern: string): Problem {
	return {
		code: 'FB7014',
		what: 'The regular expression takes too long',
		why: 'it tries more ways to match one line than can be tried',
		where: pattern,
		next: 'write it without repetitions inside repetitions, or search for plain text',
	};
}
