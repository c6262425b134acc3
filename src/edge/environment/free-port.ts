import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which the system takes ports for outgoing connections. */
const portRange = { from: 20_000, to: 32_000 };
const heldMs = 60_000;
/** Ports given lately: who got one may not listen on it yet. */
const given = new Map<number, number>();

/** A port on loopback that nobody listens on: `wanted` when it is free, else any. */
export async function freePort(wanted?: number): Promise<number> {
	const now = performance.now();
	for (const [port, at] of given) if (now - at > heldMs) given.delete(port);
	if (wanted !== undefined && (await canListen(wanted))) return wanted;
	for (;;) {
		const port = randomInt(portRange.from, portRange.to);
		if (given.has(port)) continue;
		given.set(port, now);
		if (await canListen(port)) return port;
	}
}

function canListen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
