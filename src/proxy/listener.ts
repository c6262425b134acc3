import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { carry, carryUpgrade } from './carry.ts';
import type { Counts } from './counts.ts';
import { Lane } from './lane.ts';

/** One port that users reach, and the version that its requests go to. */
export class Listener {
	readonly name: string;
	readonly #counts: Counts;
	readonly #server: Server;
	/** Every version with requests under way; the last one given to `route` gets the new ones. */
	readonly #lanes = new Map<string, Lane>();
	#lane: Lane;

	constructor(name: string, counts: Counts, lane: { readonly version: string; readonly target: number }) {
		this.name = name;
		this.#counts = counts;
		this.#lane = new Lane(lane.version, lane.target);
		this.#lanes.set(lane.version, this.#lane);
		this.#server = createServer(
			{ keepAliveTimeout: 75_000, headersTimeout: 30_000, requestTimeout: 300_000 },
			(from, to) => void this.#carry(from, to),
		);
		this.#server.on('upgrade', (from: IncomingMessage, socket: Socket, head: Buffer) =>
			carryUpgrade(from, socket, head, this.#lane),
		);
		this.#server.on('clientError', (_error, socket) => {
			if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
		});
	}

	get port(): number {
		return (this.#server.address() as AddressInfo | null)?.port ?? 0;
	}

	get version(): string {
		return this.#lane.version;
	}

	get target(): number {
		return this.#lane.target;
	}

	get open(): number {
		return this.#lane.open;
	}

	/** Opens the port; 0 lets the system choose. */
	async listen(port: number): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#server.once('error', reject);
			this.#server.listen(port, '127.0.0.1', () => {
				this.#server.off('error', reject);
				resolve();
			});
		});
	}

	/** From now on every new request goes there; those under way end where they are. */
	route(version: string, target: number): void {
		if (this.#lane.version === version && this.#lane.target === target) return;
		const before = this.#lanes.get(version);
		this.#lane = before?.target === target ? before : new Lane(version, target);
		this.#lanes.set(version, this.#lane);
	}

	/** Waits for the requests to a version; how many were still open after `timeoutMs`. */
	async drain(version: string, timeoutMs: number): Promise<number> {
		const lane = this.#lanes.get(version);
		if (lane === undefined || lane === this.#lane) return 0;
		const open = await lane.drain(timeoutMs);
		if (this.#lanes.get(version) === lane && lane !== this.#lane) this.#lanes.delete(version);
		return open;
	}

	/** Takes no more connections and waits for the requests that are under way. */
	async close(timeoutMs: number): Promise<void> {
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		this.#server.closeIdleConnections();
		await Promise.race([Promise.all([...this.#lanes.values()].map((lane) => lane.drain(timeoutMs))), closed]);
		this.#server.closeAllConnections();
		await closed;
	}

	async #carry(from: IncomingMessage, to: ServerResponse): Promise<void> {
		const lane = this.#lane;
		const leave = lane.enter();
		const began = performance.now();
		try {
			const { status } = await carry(from, to, lane, () => this.#lane);
			this.#counts.add({ listener: this.name, version: lane.version, status, durationMs: performance.now() - began });
		} finally {
			leave();
		}
	}
}
