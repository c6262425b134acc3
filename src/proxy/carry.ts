import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { answerHeaders, forwardedHeaders } from './headers.ts';
import type { Lane } from './lane.ts';
import type { Limits } from './limits.ts';
import { NoAnswer, type Refusal, refusalAnswer, refusalOf } from './refusal.ts';

/** How a request ended, for counting; 499 when the user left. */
export interface Carried {
	readonly status: number;
	/** The version that it went to last. */
	readonly version: string;
}

/** A user's request and the answer that he waits for. */
export interface Exchange {
	readonly from: IncomingMessage;
	readonly to: ServerResponse;
	/** Where traffic goes at the moment of asking. */
	readonly laneNow: () => Lane;
	readonly limits: Limits;
}

/**
 * Carries one request to a version and its answer back, streaming both ways. A request that may be sent again (it changes nothing and has no body) goes once more, to
 * where traffic goes by then, when its connection was refused, or was an idle one that the version closed at that moment.
 */
export async function carry(exchange: Exchange): Promise<Carried> {
	const lane = exchange.laneNow();
	const canRepeat = !hasBody(exchange.from) && repeatable.has(exchange.from.method ?? '');
	const first = await onLane(exchange, lane, !canRepeat);
	if ('status' in first) return { version: lane.version, status: first.status };
	if (!canRepeat || !first.isUnseen || exchange.to.destroyed)
		return { version: lane.version, status: refuse(exchange, refusalOf(first.error)) };
	const again = exchange.laneNow();
	const second = await onLane(exchange, again, true);
	const status = 'status' in second ? second.status : refuse(exchange, refusalOf(second.error));
	return { version: again.version, status };
}

/** Methods that mean the same when they arrive twice (RFC 9110, 9.2.2). */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

function hasBody({ headers }: IncomingMessage): boolean {
	const length = headers['content-length'];
	return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

type Attempt =
	| { readonly status: number }
	/** Nothing of an answer came; unseen: nor can the version have begun with the request. */
	| { readonly error: unknown; readonly isUnseen: boolean };

async function onLane(exchange: Exchange, lane: Lane, isFresh: boolean): Promise<Attempt> {
	const leave = lane.enter();
	try {
		return await attempt(exchange, lane, isFresh);
	} finally {
		leave();
	}
}

/** Fresh: on a connection of its own. What cannot be sent twice must not meet an idle connection that was just closed. */
async function attempt({ from, to, limits }: Exchange, lane: Lane, isFresh: boolean): Promise<Attempt> {
	const out = request({
		host: '127.0.0.1',
		port: lane.target,
		method: from.method,
		path: from.url,
		// A version that is told to close after its answer would cut a user off who is still sending.
		headers: isFresh ? [...forwardedHeaders(from), 'connection', 'keep-alive'] : forwardedHeaders(from),
		agent: isFresh ? false : lane.agent,
	});
	let hasLeft = false;
	const abandon = () => {
		hasLeft = !to.writableFinished;
		out.destroy();
	};
	to.once('close', abandon);
	const waiting = answerTimer(out.destroy.bind(out), limits.answerMs);
	try {
		const answered = new Promise<IncomingMessage>((resolve, reject) => {
			out.once('response', resolve);
			out.on('error', reject);
		});
		if (hasBody(from)) sendBody(from, out, { limits, onSent: waiting.start });
		else {
			waiting.start();
			out.end();
		}
		const answer = await answered;
		waiting.stop();
		let isCut = false;
		answer.once('error', () => {
			isCut = !hasLeft;
		});
		to.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer));
		await pipeline(answer, to).catch(() => to.destroy());
		if (isCut) return { status: 502 };
		return { status: hasLeft ? 499 : (answer.statusCode ?? 502) };
	} catch (error) {
		if (hasLeft) return { status: 499 };
		const { code } = error as NodeJS.ErrnoException;
		const isStale = out.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
		return { error, isUnseen: isStale || code === 'ECONNREFUSED' };
	} finally {
		waiting.stop();
		to.off('close', abandon);
	}
}

function answerTimer(destroy: (error: Error) => void, afterMs: number) {
	let timer: NodeJS.Timeout | undefined;
	return {
		start: () => {
			timer = setTimeout(() => destroy(new NoAnswer(afterMs)), afterMs);
		},
		stop: () => clearTimeout(timer),
	};
}

function sendBody(
	from: IncomingMessage,
	out: ClientRequest,
	{ limits, onSent }: { readonly limits: Limits; readonly onSent: () => void },
): void {
	from.setTimeout(limits.bodyPauseMs, () => from.destroy());
	from.once('end', () => {
		from.setTimeout(0);
		onSent();
	});
	from.pipe(out);
	// A version may answer (413) before it has read everything: the rest is taken from the user, who gets the answer.
	out.once('close', () => {
		from.unpipe(out);
		from.resume();
	});
}

function refuse({ from, to }: Exchange, refusal: Refusal): number {
	if (to.destroyed) return 499;
	if (to.headersSent) {
		to.destroy();
		return refusal.status;
	}
	const { headers, body } = refusalAnswer(refusal, from.headers.accept);
	to.writeHead(refusal.status, [...headers]);
	to.end(from.method === 'HEAD' ? undefined : body);
	return refusal.status;
}
