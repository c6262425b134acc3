import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Lane } from './lane.ts';

/** Headers that belong to one connection, not to the request. */
const hopByHop = new Set([
	'connection',
	'keep-alive',
	'proxy-authenticate',
	'proxy-authorization',
	'proxy-connection',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
]);

/** How a request ended, for counting. */
export interface Carried {
	readonly status: number;
}

/**
 * Carries one request to a version and its answer back, streaming both ways. `laneNow` is asked again for a second try: a request
 * without a body whose connection was refused, or was an idle one that the version just closed, goes once more, to where traffic goes by then.
 */
export async function carry(
	from: IncomingMessage,
	to: ServerResponse,
	lane: Lane,
	laneNow: () => Lane,
): Promise<Carried> {
	const hasBody =
		from.headers['content-length'] !== undefined
			? from.headers['content-length'] !== '0'
			: from.headers['transfer-encoding'] !== undefined;
	const first = await attempt(from, to, lane, { hasBody, isFresh: hasBody });
	if (first.answered) return first;
	if (!hasBody && first.isWorthAnother && !from.destroyed) {
		const again = laneNow();
		const leave = again.enter();
		try {
			const second = await attempt(from, to, again, { hasBody, isFresh: true });
			if (second.answered) return second;
			return refuse(to, second.why);
		} finally {
			leave();
		}
	}
	return refuse(to, first.why);
}

type Attempt =
	| { readonly answered: true; readonly status: number }
	| { readonly answered: false; readonly isWorthAnother: boolean; readonly why: string };

/** A request with a body always gets a connection of its own: it cannot be sent again when an idle one turns out closed. */
async function attempt(
	from: IncomingMessage,
	to: ServerResponse,
	lane: Lane,
	how: { readonly hasBody: boolean; readonly isFresh: boolean },
): Promise<Attempt> {
	const out = request({
		host: '127.0.0.1',
		port: lane.target,
		method: from.method,
		path: from.url,
		headers: forwardedHeaders(from),
		agent: how.isFresh ? false : lane.agent,
	});
	const abandon = () => out.destroy();
	to.once('close', abandon);
	try {
		const answered = new Promise<IncomingMessage>((resolve, reject) => {
			out.once('response', resolve);
			out.on('error', reject);
		});
		if (how.hasBody) pipeline(from, out).catch(() => {});
		else out.end();
		const answer = await answered;
		to.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer.rawHeaders));
		await pipeline(answer, to).catch(() => to.destroy());
		return { answered: true, status: answer.statusCode ?? 502 };
	} catch (error) {
		if (to.headersSent) {
			to.destroy();
			return { answered: true, status: 502 };
		}
		const { code, message } = error as NodeJS.ErrnoException;
		const isStale = out.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
		return { answered: false, isWorthAnother: isStale || code === 'ECONNREFUSED', why: message };
	} finally {
		to.off('close', abandon);
	}
}

function refuse(to: ServerResponse, why: string): Carried {
	if (to.destroyed) return { status: 499 };
	const body = `${JSON.stringify({ error: 'the application did not answer', why })}\n`;
	to.writeHead(502, {
		'content-type': 'application/json',
		'content-length': Buffer.byteLength(body),
		'cache-control': 'no-store',
	});
	to.end(body);
	return { status: 502 };
}

/** Carries an upgraded connection (a WebSocket) until one side closes it. */
export function carryUpgrade(from: IncomingMessage, client: Socket, head: Buffer, lane: Lane): void {
	const leave = lane.enter();
	const target = connect({ host: '127.0.0.1', port: lane.target });
	const close = () => {
		target.destroy();
		client.destroy();
		leave();
	};
	target.once('connect', () => {
		const headers = [...pairs(from.rawHeaders)].map(([name, value]) => `${name}: ${value}\r\n`).join('');
		target.write(`${from.method} ${from.url} HTTP/1.1\r\n${headers}\r\n`);
		target.write(head);
		client.pipe(target).pipe(client);
	});
	for (const socket of [client, target]) socket.once('close', close).on('error', close);
}

function forwardedHeaders(from: IncomingMessage): readonly string[] {
	const headers: string[] = [];
	const named = new Set((from.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
	for (const [name, value] of pairs(from.rawHeaders)) {
		const lower = name.toLowerCase();
		if (hopByHop.has(lower) || named.has(lower) || lower.startsWith('x-forwarded-')) continue;
		headers.push(name, value);
	}
	const client = from.socket.remoteAddress ?? '';
	const before = from.headers['x-forwarded-for'];
	headers.push('x-forwarded-for', before === undefined ? client : `${String(before)}, ${client}`);
	headers.push('x-forwarded-proto', 'http', 'x-forwarded-host', from.headers.host ?? '');
	if (from.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
	return headers;
}

function answerHeaders(raw: readonly string[]): string[] {
	return [...pairs(raw)].filter(([name]) => !hopByHop.has(name.toLowerCase())).flat();
}

function* pairs(raw: readonly string[]): Generator<[string, string]> {
	for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index] ?? '', raw[index + 1] ?? ''];
}
