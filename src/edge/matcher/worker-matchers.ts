import { Worker } from 'node:worker_threads';
import type { Annotation } from '#core/event.ts';
import { annotationOf, type Match, type ProblemMatcher, readMatchers } from '#core/job/problem-matcher.ts';
import type { Found, JobMatchers, MatcherStream, Matchers } from './matcher.ts';
import type { LinesAnswer, LinesRequest } from './worker-messages.ts';

/** Lines that are looked through together. */
const batchSize = 500;
/** After so many lines that took too long, a matcher is taken out. */
const mostSlow = 3;

/** Problem matchers in a worker, which is started when a job first brings one. */
export function workerMatchers(): Matchers {
	const worker = new LineWorker();
	return { open: (workspace) => openMatchers(worker, workspace), close: () => worker.close() };
}

let streams = 0;

function openMatchers(worker: LineWorker, workspace: string): JobMatchers {
	const matchers = new Map<string, ProblemMatcher>();
	const slow = new Map<string, number>();
	let hasAny = false;
	let warnings: string[] = [];
	let last: Promise<unknown> = Promise.resolve();
	const inOrder = <T>(work: () => Promise<T> | T): Promise<T> => {
		const done = last.then(work);
		last = done.catch(() => {});
		return done;
	};

	return {
		add(file, path) {
			hasAny = true;
			void inOrder(async () => {
				const text = await file;
				const read = text.ok ? readMatchers(text.value, path) : text;
				if (!read.ok)
					warnings.push(...read.error.map(({ what, why }) => (why === undefined ? what : `${what}: ${why}`)));
				else for (const matcher of read.value) matchers.set(matcher.owner, matcher);
			});
		},
		remove: (owner) => void inOrder(() => matchers.delete(owner)),
		stream: () => openStream(),
		close: () => matchers.clear(),
	};

	function openStream(): MatcherStream {
		streams += 1;
		const stream = String(streams);
		const annotations: Annotation[] = [];
		let waiting: { readonly text: string; readonly logLine: number }[] = [];

		const flush = (isLast: boolean): Promise<void> => {
			const lines = waiting;
			waiting = [];
			return inOrder(async () => {
				if (matchers.size === 0 || (lines.length === 0 && !isLast)) return;
				const request = { stream, matchers: [...matchers.values()], lines: lines.map(({ text }) => text), isLast };
				const answer = await worker.ask(request);
				for (const { line, owner, match } of answer.found) {
					const matcher = matchers.get(owner);
					const annotation = matcher && annotationOf(match as Match, matcher, workspace);
					if (annotation !== undefined) annotations.push({ ...annotation, logLine: lines[line]?.logLine ?? 0 });
				}
				for (const owner of answer.slow) complain(owner);
			});
		};

		return {
			line(text, logLine) {
				if (!hasAny) return;
				waiting.push({ text, logLine });
				if (waiting.length >= batchSize) void flush(false);
			},
			async settle(): Promise<Found> {
				if (!hasAny) return { annotations: [], warnings: [] };
				await flush(true);
				const told = warnings;
				warnings = [];
				return { annotations: annotations.splice(0), warnings: told };
			},
		};
	}

	function complain(owner: string): void {
		const times = (slow.get(owner) ?? 0) + 1;
		slow.set(owner, times);
		if (times !== mostSlow) return;
		matchers.delete(owner);
		warnings.push(`The problem matcher '${owner}' took too long for ${mostSlow} lines and is not used any more.`);
	}
}

/** One worker for all jobs; requests are answered in their order. */
class LineWorker {
	#worker: Worker | undefined;
	#last: Promise<unknown> = Promise.resolve();

	ask(request: LinesRequest): Promise<LinesAnswer> {
		const answer = this.#last.then(() => this.#askNow(request));
		this.#last = answer;
		return answer;
	}

	async close(): Promise<void> {
		await this.#last;
		await this.#worker?.terminate();
		this.#worker = undefined;
	}

	/** A worker that breaks finds nothing in these lines; the next ones get a new worker. */
	#askNow(request: LinesRequest): Promise<LinesAnswer> {
		this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url), {
			resourceLimits: { maxOldGenerationSizeMb: 128 },
			execArgv: [],
			name: 'matchers',
		});
		const worker = this.#worker;
		const { promise, resolve } = Promise.withResolvers<LinesAnswer>();
		const onBreak = () => {
			this.#worker = undefined;
			resolve({ found: [], slow: [] });
		};
		worker.ref();
		worker.once('message', resolve).once('error', onBreak).once('exit', onBreak);
		worker.postMessage(request);
		return promise.finally(() => {
			worker.off('message', resolve).off('error', onBreak).off('exit', onBreak);
			worker.unref();
		});
	}
}
