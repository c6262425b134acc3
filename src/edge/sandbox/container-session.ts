import type { HolderAnswer, HolderOrder } from './container-messages.ts';

/** A container that was started, with its standard input held. */
export interface HeldContainer {
	write(text: string): void;
	close(): void;
	/** Resolves when it has ended. */
	readonly ended: Promise<number>;
}

/** What is said to the holder of a container, and what it answers. */
export class HolderSession {
	readonly #container: HeldContainer;
	readonly #waiting = new Map<number, (answer: HolderAnswer) => void>();
	#orders = 0;
	#end: string | undefined;

	constructor(container: HeldContainer, answers: HolderAnswers) {
		this.#container = container;
		answers.take = (answer) => this.#waiting.get(answer.id)?.(answer);
		const over = () => this.#over(answers.complaint);
		container.ended.then(over, over);
	}

	/** Gives an order; the answer to it, or why there will be none. */
	async ask(order: WithoutId<HolderOrder>): Promise<HolderAnswer> {
		const { promise, resolve } = Promise.withResolvers<HolderAnswer>();
		const id = this.#open(resolve);
		this.#send({ ...order, id });
		const answer = await promise;
		this.#waiting.delete(id);
		return answer;
	}

	/** Has a program started. */
	run(order: Omit<Extract<HolderOrder, { do: 'run' }>, 'id' | 'do'>): RunningProgram {
		const started = Promise.withResolvers<string | undefined>();
		const exit = Promise.withResolvers<HolderExit>();
		const id = this.#open((answer) => {
			if (answer.error !== undefined) exit.resolve({ code: null, signal: null, error: answer.error });
			if (answer.exit !== undefined) exit.resolve(answer.exit);
			started.resolve(answer.error);
		});
		this.#send({ do: 'run', id, ...order });
		void exit.promise.then(() => this.#waiting.delete(id));
		return {
			started: started.promise,
			exit: exit.promise,
			stop: (interruptMs, terminateMs) => this.#send({ do: 'stop', id, interruptMs, terminateMs }),
		};
	}

	close(): void {
		this.#container.close();
	}

	#open(take: (answer: HolderAnswer) => void): number {
		this.#orders += 1;
		this.#waiting.set(this.#orders, take);
		return this.#orders;
	}

	#send(order: HolderOrder): void {
		if (this.#end === undefined) this.#container.write(`${JSON.stringify(order)}\n`);
		else this.#waiting.get(order.id)?.({ id: order.id, error: this.#end });
	}

	#over(complaint: string): void {
		this.#end =
			complaint === '' ? 'the container of the job has ended' : `the container of the job has ended: ${complaint}`;
		for (const [id, take] of this.#waiting) take({ id, error: this.#end });
		this.#waiting.clear();
	}
}

type WithoutId<Order> = Order extends HolderOrder ? Omit<Order, 'id'> : never;

/** A program under way in the container. */
export interface RunningProgram {
	/** Resolves with why it could not be started. */
	readonly started: Promise<string | undefined>;
	readonly exit: Promise<HolderExit>;
	stop(interruptMs: number, terminateMs: number): void;
}

interface HolderExit {
	readonly code: number | null;
	readonly signal: string | null;
	readonly isOutOfMemory?: boolean;
	readonly error?: string;
}

/** Reads what the holder says: its answers, and what the container itself complains of. */
export class HolderAnswers {
	take: (answer: HolderAnswer) => void = () => undefined;
	#rest = '';
	#complaint = '';
	readonly #decoder = new TextDecoder();

	/** The last that was complained of. */
	get complaint(): string {
		return this.#complaint.trim().slice(-longestComplaint);
	}

	push(chunk: Uint8Array, stream: 'stdout' | 'stderr'): void {
		if (stream === 'stderr') {
			this.#complaint = `${this.#complaint}${Buffer.from(chunk).toString()}`.slice(-longestComplaint);
			return;
		}
		const lines = `${this.#rest}${this.#decoder.decode(chunk, { stream: true })}`.split('\n');
		this.#rest = lines.pop() ?? '';
		for (const line of lines) {
			const answer = parsed(line);
			if (answer !== undefined) this.take(answer);
		}
	}
}

const longestComplaint = 2000;

/** A job may write where its holder does: what is no answer is none. */
function parsed(line: string): HolderAnswer | undefined {
	try {
		const answer = JSON.parse(line) as HolderAnswer;
		return typeof answer === 'object' && answer !== null && typeof answer.id === 'number' ? answer : undefined;
	} catch {
		return undefined;
	}
}
