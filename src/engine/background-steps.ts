import type { StepResult } from '#core/event.ts';

/** GitHub's limit of background steps at once; more wait until one has ended. */
const most = 10;

/** How a step that ran beside others ended. */
export interface BackgroundEnd {
	readonly name: string;
	readonly conclusion: StepResult;
}

/** A step was ended because a later step asked for it. */
export class StepStopped extends Error {}

interface Begun {
	readonly id: string;
	readonly stop: AbortController;
	readonly done: Promise<BackgroundEnd>;
}

/** The steps of a job that run beside the others. */
export class BackgroundSteps {
	#begun: Begun[] = [];
	#free = most;
	readonly #queue: (() => void)[] = [];

	/** Starts a step; `work` gets a signal that ends it. */
	begin(id: string, work: (stop: AbortSignal) => Promise<BackgroundEnd>): void {
		const stop = new AbortController();
		const done = this.#inTurn(() => work(stop.signal));
		// It is told where it is waited for.
		done.catch(() => {});
		this.#begun.push({ id: id.toLowerCase(), stop, done });
	}

	/** Waits for steps by their ids, or for all; each is told once, to the first that waits for it. */
	async wait(ids: readonly string[] | 'all'): Promise<readonly BackgroundEnd[]> {
		const wanted = ids === 'all' ? undefined : new Set(ids.map((id) => id.toLowerCase()));
		const [waited, rest] = [[] as Begun[], [] as Begun[]];
		for (const step of this.#begun) (wanted === undefined || wanted.has(step.id) ? waited : rest).push(step);
		this.#begun = rest;
		return Promise.all(waited.map(({ done }) => done));
	}

	/** Ends a step and waits until it has; nothing happens when it has ended, or was waited for. */
	async stop(id: string): Promise<void> {
		for (const step of this.#begun) {
			if (step.id === id.toLowerCase()) step.stop.abort(new StepStopped('a later step stopped it'));
		}
		await this.wait([id]);
	}

	async #inTurn(work: () => Promise<BackgroundEnd>): Promise<BackgroundEnd> {
		if (this.#free > 0) this.#free -= 1;
		else await new Promise<void>((resolve) => this.#queue.push(resolve));
		try {
			return await work();
		} finally {
			const next = this.#queue.shift();
			if (next === undefined) this.#free += 1;
			else next();
		}
	}
}
