import { Agent } from 'node:http';

/** The way to one version: its port, its connections, and the requests that are under way on it. */
export class Lane {
	readonly version: string;
	readonly target: number;
	/** Keeps connections to the version open between requests. */
	readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 64, scheduling: 'lifo' });
	#open = 0;
	#isClosing = false;
	#idlers: (() => void)[] = [];

	constructor(version: string, target: number) {
		this.version = version;
		this.target = target;
	}

	get open(): number {
		return this.#open;
	}

	/** A request begins; call what is returned when it is over. */
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
			if (this.#isClosing) this.agent.destroy();
		};
	}

	/** Waits until nothing is under way, at most `timeoutMs`; how many requests were still open. */
	async idle(timeoutMs: number): Promise<number> {
		if (this.#open > 0) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, timeoutMs);
				this.#idlers.push(() => {
					clearTimeout(timer);
					resolve();
				});
			});
		}
		return this.#open;
	}

	/** Closes the connections that nothing is under way on; the others after their request. */
	close(): void {
		this.#isClosing = true;
		if (this.#open === 0) this.agent.destroy();
		else
			for (const sockets of Object.values(this.agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
	}
}
