import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { carry } from './carry.ts';
import { carryUpgrade } from './carry-upgrade.ts';
import type { Counts } from './counts.ts';
import { Lane } from './lane.ts';
import { type Limits, usualLimits } from './limits.ts';
import { refusalBytes } from './refusal.ts';

const lastBytesMs = 300;

/** One port that users reach, and the version that its requests go to. */
export class Listener {
	readonly name: string;
	readonly #counts: Counts;
	readonly #limits: Limits;
	#server: Server | undefined;
	/** Connections on which an answer is under way. */
	readonly #answering = new WeakSet<object>();
	/** Every version with requests under way; the last one given to `route` gets the new ones. */
	readonly #lanes = new Map<string, Lane>();
	#lane: Lane;

	constructor(
		name: string,
		counts: Counts,
		lane: { readonly version: string; readonly target: number; readonly limits?: Limits },
	) {
		this.name = name;
		this.#counts = counts;
		this.#limits = lane.limits ?? usualLimits;
		this.#lane = new Lane(lane.version, lane.target);
		this.#lanes.set(lane.version, this.#lane);
	}

	get port(): number {
		return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
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

	/** Opens the port, 0 lets the system choose; a port that was open before is closed then, after its requests. */
	async listen(port: number): Promise<void> {
		const server = this.#makeServer();
		server.listen(port, '127.0.0.1');
		await once(server, 'listening');
		this.#server?.close();
		this.#server?.closeIdleConnections();
		this.#server = server;
	}

	/** From now on every new request goes there; those under way end where they are. */
	route(version: string, target: number): void {
		if (this.#lane.version === version && this.#lane.target === target) return;
		const before = this.#lanes.get(version);
		if (before?.target === target) this.#lane = before;
		else {
			before?.close();
			this.#lane = new Lane(version, target);
		}
		this.#lanes.set(version, this.#lane);
	}

	/** Waits for the requests to a version that gets no new ones, then closes its connections; how many requests were still open after `timeoutMs`. */
	async drain(version: string, timeoutMs: number): Promise<number> {
		const lane = this.#lanes.get(version);
		if (lane === undefined || lane === this.#lane) return 0;
		const open = await lane.idle(timeoutMs);
		// Traffic may have come back to it meanwhile.
		if (lane === this.#lane) return 0;
		lane.close();
		if (this.#lanes.get(version) === lane) this.#lanes.delete(version);
		return open;
	}

	/** Takes no more connections, at once; resolves when the requests under way are over, at the latest after `timeoutMs`. */
	async close(timeoutMs: number): Promise<void> {
		const server = this.#server;
		if (server === undefined) return;
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		server.closeIdleConnections();
		await Promise.all([...this.#lanes.values()].map((lane) => lane.idle(timeoutMs)));
		server.closeIdleConnections();
		// The last bytes of an answer may still be on their way to a slow user.
		await Promise.race([closed, sleep(lastBytesMs, undefined, { ref: false })]);
		server.closeAllConnections();
		for (const lane of this.#lanes.values()) lane.agent.destroy();
		await closed;
	}

	#makeServer(): Server {
		const { idleMs, headersMs, headerBytes } = this.#limits;
		const server = createServer(
			{
				keepAliveTimeout: idleMs,
				headersTimeout: headersMs,
				// Uploads may take any time, as long as they go on: see `bodyPauseMs`.
				requestTimeout: 0,
				maxHeaderSize: headerBytes,
				connectionsCheckingInterval: Math.min(headersMs / 4, 5000),
				// A request with a body, and one that only offers HTTP/2, are ordinary ones.
				shouldUpgradeCallback: ({ method, headers }) => method === 'GET' && headers.upgrade?.toLowerCase() !== 'h2c',
			},
			(from, to) => void this.#carry(from, to),
		);
		server.on(
			'upgrade',
			(from: IncomingMessage, socket: Socket, head: Buffer) => void this.#upgrade(from, socket, head),
		);
		server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => this.#refuse(error, socket));
		return server;
	}

	async #carry(from: IncomingMessage, to: ServerResponse): Promise<void> {
		const began = performance.now();
		this.#answering.add(from.socket);
		const { version, status } = await carry({ from, to, limits: this.#limits, laneNow: () => this.#lane });
		this.#answering.delete(from.socket);
		this.#counts.add({ listener: this.name, version, status, durationMs: performance.now() - began });
	}

	async #upgrade(from: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
		const began = performance.now();
		const { version, status } = await carryUpgrade({ from, client, head, lane: this.#lane, limits: this.#limits });
		// How long people stay connected says nothing about how fast they are answered.
		const durationMs = status === 101 ? 0 : performance.now() - began;
		this.#counts.add({ listener: this.name, version, status, durationMs });
	}

	/** What cannot be read as a request, or does not get ready. */
	#refuse(error: NodeJS.ErrnoException, socket: Socket): void {
		if (!socket.writable || error.code === 'ECONNRESET' || this.#answering.has(socket)) {
			socket.destroy();
			return;
		}
		socket.end(refusalBytes(unreadable(error), undefined));
	}
}

function unreadable({ code }: NodeJS.ErrnoException) {
	if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, why: 'the headers of the request are too long' };
	if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, why: 'the request did not arrive in time' };
	return { status: 400, why: 'this is not an HTTP request' };
}
