import { Worker } from 'node:worker_threads';
import type { LinesAnswer, LinesRequest } from './worker-messages.ts';

/** How long an unused worker stays, in milliseconds: steps of a job often follow each other. */
const idleMs = 5000;

/** A worker that looks through lines. It is started for the first ones, and goes when nobody asks for a while. */
export class MatcherWorker {
	static readonly #all = new Set<MatcherWorker>();
	#worker: Worker | undefined;
	#idle: NodeJS.Timeout | undefined;

	static async closeAll(): Promise<void> {
		await Promise.all([...MatcherWorker.#all].map((worker) => worker.close()));
	}

	/** One request at a time. Undefined: the worker broke, because it ran out of memory for instance, or was closed. */
	async ask(request: LinesRequest): Promise<LinesAnswer | undefined> {
		clearTimeout(this.#idle);
		const worker = this.#worker ?? this.#start();
		const { promise, resolve } = Promise.withResolvers<LinesAnswer | undefined>();
		const onBreak = () => {
			this.#forget();
			resolve(undefined);
		};
		worker.ref();
		worker.once('message', resolve).once('error', onBreak).once('exit', onBreak);
		worker.postMessage(request);
		const answer = await promise;
		worker.off('message', resolve).off('error', onBreak).off('exit', onBreak);
		worker.unref();
		return answer;
	}

	/** The worker is not needed until somebody asks again. */
	rest(): void {
		if (this.#worker === undefined) return;
		clearTimeout(this.#idle);
		this.#idle = setTimeout(() => void this.close(), idleMs).unref();
	}

	async close(): Promise<void> {
		clearTimeout(this.#idle);
		const worker = this.#worker;
		this.#forget();
		await worker?.terminate();
	}

	#start(): Worker {
		const worker = new Worker(new URL('./worker.ts', import.meta.url), {
			// With a larger stack, expressions that are nested deeply take seconds to compile instead of failing.
			resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 1 },
			execArgv: [],
			name: 'matchers',
		});
		this.#worker = worker;
		MatcherWorker.#all.add(this);
		return worker;
	}

	#forget(): void {
		this.#worker = undefined;
		MatcherWorker.#all.delete(this);
	}
}
