import type { Annotation } from '#core/event.ts';
import { type ProblemMatcher, readMatchers } from '#core/job/problem-matcher.ts';
import type { Problem } from '#core/result.ts';
import type { Found, JobMatchers, MatcherFile, MatcherStream, Matchers } from './matcher.ts';
import { MatcherWorker } from './matcher-worker.ts';

/** Lines and characters that are looked through together, at most. */
const batchLines = 500;
const batchLength = 262_144;
/** Characters that may wait to be looked through. */
const mostWaiting = 2_097_152;
/** How long the end of a process waits for its lines to be looked through, in milliseconds; of one that was ended from outside. */
const settleMs = 30_000;
const settleEndedMs = 2000;
/** Files of matchers that one job may name. */
const mostFiles = 100;

/** Problem matchers in a worker for each job that brings some. */
export function workerMatchers(): Matchers {
	return { open: (workspace) => new WorkerJobMatchers(workspace), close: () => MatcherWorker.closeAll() };
}

class WorkerJobMatchers implements JobMatchers {
	readonly #workspace: string;
	readonly #worker = new MatcherWorker();
	/** By owner in lower case, the newest first. */
	#matchers = new Map<string, ProblemMatcher>();
	readonly #streams = new Set<WorkerStream>();
	#last: Promise<void> = Promise.resolve();
	#files = 0;
	/** Files that wait for their turn. */
	#waitingFiles = 0;
	#isOver = false;
	#warnings: string[] = [];

	constructor(workspace: string) {
		this.#workspace = workspace;
	}

	get isActive(): boolean {
		return this.#waitingFiles > 0 || this.#matchers.size > 0;
	}

	add(file: MatcherFile, path: string): void {
		this.#read(file, path, (added) => {
			const others = [...this.#matchers].filter(([owner]) => !added.some((matcher) => keyOf(matcher.owner) === owner));
			this.#matchers = new Map([...added.map((matcher) => [keyOf(matcher.owner), matcher] as const), ...others]);
		});
	}

	remove(owner: string): void {
		void this.inOrder(async () => void this.#matchers.delete(keyOf(owner)));
	}

	removeOf(file: MatcherFile, path: string): void {
		this.#read(file, path, (removed) => {
			for (const { owner } of removed) this.#matchers.delete(keyOf(owner));
		});
	}

	stream(): MatcherStream {
		const stream = new WorkerStream(this);
		this.#streams.add(stream);
		return stream;
	}

	async close(): Promise<void> {
		this.#matchers.clear();
		this.#isOver = true;
		await this.#worker.close();
	}

	/** Does something after everything that was asked for before it: lines that wait are looked through first. */
	inOrder(work: () => Promise<void>): Promise<void> {
		for (const stream of this.#streams) stream.flush();
		return this.queue(work);
	}

	queue(work: () => Promise<void>): Promise<void> {
		this.#last = this.#last.then(work);
		return this.#last;
	}

	async look(stream: WorkerStream, lines: readonly Line[], isLast: boolean): Promise<readonly Annotation[]> {
		if (this.#matchers.size === 0) return [];
		const matchers = [...this.#matchers.values()];
		const answer = await this.#worker.ask({
			stream: stream.id,
			workspace: this.#workspace,
			matchers,
			lines: lines.map(({ text }) => text),
			isLast,
		});
		if (answer === undefined) {
			this.#end('The problem matchers broke off and are not used any more.');
			return [];
		}
		for (const { owner, why } of answer.removed) {
			this.#matchers.delete(keyOf(owner));
			this.#warnings.push(`The problem matcher '${owner}' is not used any more: ${why}.`);
		}
		if (answer.isOver) this.#end('The problem matchers took too long and are not used any more.');
		return answer.found.map(({ line, annotation }) => ({ ...annotation, logLine: lines[line]?.logLine ?? 0 }));
	}

	/** The stream has ended; the warnings that nobody was told yet. */
	leave(stream: WorkerStream): readonly string[] {
		this.#streams.delete(stream);
		if (this.#streams.size === 0) this.#worker.rest();
		return this.#warnings.splice(0);
	}

	/** Nobody waits any longer for lines that take too long. */
	abandon(): void {
		this.#end('The problem matchers had not looked through all of the output when it was ended.');
		void this.#worker.close();
	}

	#end(warning: string): void {
		if (!this.#isOver) this.#warnings.push(warning);
		this.#isOver = true;
		this.#matchers.clear();
	}

	#read(file: MatcherFile, path: string, use: (matchers: readonly ProblemMatcher[]) => void): void {
		if (this.#isOver) return;
		this.#files += 1;
		if (this.#files > mostFiles) {
			if (this.#files === mostFiles + 1)
				this.#warnings.push(`Problem matchers after the first ${mostFiles} files are not used.`);
			return;
		}
		this.#waitingFiles += 1;
		void this.inOrder(async () => {
			const text = await file();
			const read = text.ok ? readMatchers(text.value, path) : text;
			if (!read.ok) this.#warnings.push(...read.error.map(said));
			else if (!this.#isOver) use(read.value);
			this.#waitingFiles -= 1;
		});
	}
}

const keyOf = (owner: string): string => owner.toLowerCase();

function said({ what, why }: Problem): string {
	return why === undefined ? what : `${what}: ${why}`;
}

interface Line {
	readonly text: string;
	readonly logLine: number;
}

let streams = 0;

class WorkerStream implements MatcherStream {
	readonly id = ++streams;
	readonly #job: WorkerJobMatchers;
	readonly #annotations: Annotation[] = [];
	#batch: Line[] = [];
	#batchLength = 0;
	/** Lines were sent. */
	#isKnown = false;
	/** Characters of batches that are on their way. */
	#waiting = 0;
	#lastFlush: Promise<void> = Promise.resolve();

	constructor(job: WorkerJobMatchers) {
		this.#job = job;
	}

	line(text: string, logLine: number): void {
		if (!this.#job.isActive) return;
		this.#batch.push({ text, logLine });
		this.#batchLength += text.length;
		if (this.#batch.length >= batchLines || this.#batchLength >= batchLength) this.flush();
	}

	get behind(): Promise<void> | undefined {
		return this.#waiting > mostWaiting ? this.#lastFlush : undefined;
	}

	flush(isLast = false): void {
		const [lines, length] = [this.#batch, this.#batchLength];
		if (lines.length === 0 && !(isLast && this.#isKnown)) return;
		[this.#batch, this.#batchLength] = [[], 0];
		this.#isKnown = true;
		this.#waiting += length;
		this.#lastFlush = this.#job.queue(async () => {
			this.#annotations.push(...(await this.#job.look(this, lines, isLast)));
			this.#waiting -= length;
		});
	}

	async settle(signal?: AbortSignal): Promise<Found> {
		this.flush(true);
		const late = (ms: number) => setTimeout(() => this.#job.abandon(), ms);
		let timer = late(signal?.aborted === true ? settleEndedMs : settleMs);
		const hurry = () => {
			clearTimeout(timer);
			timer = late(settleEndedMs);
		};
		signal?.addEventListener('abort', hurry, { once: true });
		await this.#job.queue(async () => {});
		signal?.removeEventListener('abort', hurry);
		clearTimeout(timer);
		const warnings = this.#job.leave(this);
		return { annotations: this.#annotations.splice(0), warnings };
	}
}
