import { Worker } from 'node:worker_threads';
import type { Problem } from '#core/result.ts';
import type { Answer, Request } from './worker-messages.ts';

/** Milliseconds that one file may take. */
const fileClock = 2_000;
/** Milliseconds until a new worker must be ready; loading the parser takes about 200. */
const startClock = 20_000;

/**
 * Reads one file after the other in a worker with a memory limit and a clock. A worker that a file has hung or filled is ended,
 * and the next file gets a new one. While nothing is asked, the worker does not keep the process alive.
 */
export class GuardedReader {
	#worker: Promise<Worker> | undefined;
	#last: Promise<unknown> = Promise.resolve();

	/** Answers in the order of the requests; never rejects. */
	ask(request: Request): Promise<Answer> {
		const answer = this.#last.then(() => this.#askNow(request));
		this.#last = answer;
		return answer;
	}

	/** Ends the worker after what was asked before. */
	async close(): Promise<void> {
		await this.#last;
		const worker = this.#worker;
		this.#worker = undefined;
		await (await worker?.catch(() => undefined))?.terminate();
	}

	async #askNow(request: Request): Promise<Answer> {
		this.#worker ??= this.#start();
		let worker: Worker;
		try {
			worker = await this.#worker;
		} catch (error) {
			this.#worker = undefined;
			const why = error instanceof Error ? error.message : String(error);
			return failure(request, { code: 'FB1008', what: 'The reader of workflow files did not start', why });
		}
		const answer = await converse(worker, request);
		if (!answer.isAlive) await worker.terminate();
		return answer.answer;
	}

	#start(): Promise<Worker> {
		const started = start(() => {
			if (this.#worker === started) this.#worker = undefined;
		});
		return started;
	}
}

function start(onDeath: () => void): Promise<Worker> {
	const worker = new Worker(new URL('./worker.ts', import.meta.url), {
		resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 },
		execArgv: [],
		name: 'planner',
	});
	return new Promise((resolve, reject) => {
		const fail = (error: Error) => {
			clearTimeout(clock);
			reject(error);
			void worker.terminate();
		};
		const clock = setTimeout(() => fail(new Error(`it was not ready within ${startClock / 1000} s`)), startClock);
		worker.once('error', fail);
		worker.once('message', () => {
			worker.off('error', fail);
			// Without a listener, a worker that dies while idle would end the process.
			worker.on('error', () => {}).once('exit', onDeath);
			worker.unref();
			clearTimeout(clock);
			resolve(worker);
		});
	});
}

interface Outcome {
	readonly answer: Answer;
	readonly isAlive: boolean;
}

function converse(worker: Worker, request: Request): Promise<Outcome> {
	const { promise, resolve } = Promise.withResolvers<Outcome>();
	const dead = (what: string, why?: string) =>
		resolve({ answer: failure(request, tooMuch(what, why)), isAlive: false });
	const onMessage = (answer: Answer) => resolve({ answer, isAlive: true });
	const onError = (error: Error & { code?: string }) =>
		error.code === 'ERR_WORKER_OUT_OF_MEMORY'
			? dead('The file needs more memory than a workflow may have')
			: dead('The reader of workflow files broke at this file', error.message);
	const onExit = () => dead('The reader of workflow files broke at this file');
	const clock = setTimeout(() => dead(`Reading the file took longer than ${fileClock / 1000} s`), fileClock);
	worker.on('message', onMessage).on('error', onError).on('exit', onExit);
	worker.ref();
	worker.postMessage(request);
	return promise.finally(() => {
		clearTimeout(clock);
		worker.off('message', onMessage).off('error', onError).off('exit', onExit);
		worker.unref();
	});
}

function tooMuch(what: string, why: string | undefined): Problem {
	return { code: 'FB1006', what, ...(why === undefined ? {} : { why }), next: 'split or simplify the file' };
}

function failure(request: Request, problem: Problem): Answer {
	return { kind: 'failed', problem: { ...problem, where: request.path } };
}
