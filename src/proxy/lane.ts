import { Agent } from 'node:http';

/** The way to one version: its port, its connections, and the requests that are under way on it. */
export class Lane {
	readonly version: string;
	readonly target: number;
	/** Keeps connections to the version open between requests. */
	readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 0 });
	#open = 0;
	#idlers: (() => void)[] = [];

	constructor(version: string, target: number) {
		this.version = version;
		this.target = target;
	}

	get open(): number {
		return this.#open;
	}

	/** A request begins; call what is returned once, when it is over. */
	enter(): () => void {
		this.#open += 1;
		let isOver = false;
		return () => {
			if (isOver) return;
			isOver = true;
			this.#open -= 1;
			if (this.#open > 0) return;
			for (const resolve of this.#idlers) resolve();
			this.#idlers = [];
		};
	}

	/** Waits until nothing is under way, at most `timeoutMs`; then closes the idle connections. How many requests were still open. */
	async drain(timeoutMs: number): Promise<number> {
		if (this.#open > 0) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, timeoutMs);
				this.#idlers.push(() => {
					clearTimeout(timer);
					resolve();
				});
			});
		}
		this.agent.destroy();
		return this.#open;
	}
}
