import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Carried } from './carry.ts';
import { answerHeaders, forwardedHeaders, rawHeaderLines } from './headers.ts';
import type { Lane } from './lane.ts';
import type { Limits } from './limits.ts';
import { NoAnswer, refusalBytes, refusalOf } from './refusal.ts';

/** A user's connection that is to become something else than HTTP: a WebSocket. */
export interface Upgrade {
	readonly from: IncomingMessage;
	readonly client: Socket;
	/** What came after the request's headers. */
	readonly head: Buffer;
	readonly lane: Lane;
	readonly limits: Limits;
}

/** Carries an upgraded connection until one side closes it; a version that does not upgrade answers, and the connection ends. */
export function carryUpgrade({ from, client, head, lane, limits }: Upgrade): Promise<Carried> {
	const out = request({
		host: '127.0.0.1',
		port: lane.target,
		method: from.method,
		path: from.url,
		headers: [...forwardedHeaders(from), 'connection', 'Upgrade', 'upgrade', from.headers.upgrade ?? ''],
		agent: false,
	});
	const timer = setTimeout(() => out.destroy(new NoAnswer(limits.answerMs)), limits.answerMs);
	const leave = lane.enter();
	return new Promise((resolve) => {
		let status = 499;
		client.on('error', () => client.destroy());
		client.once('close', () => {
			clearTimeout(timer);
			out.destroy();
			leave();
			resolve({ status, version: lane.version });
		});
		out.once('upgrade', (answer: IncomingMessage, target: Socket, targetHead: Buffer) => {
			clearTimeout(timer);
			status = 101;
			client.setTimeout(0);
			client.setNoDelay();
			target.setNoDelay();
			client.write(`HTTP/1.1 101 ${answer.statusMessage}\r\n${rawHeaderLines(answer)}\r\n`);
			client.write(targetHead);
			target.write(head);
			target.on('error', () => client.destroy()).once('close', () => client.destroy());
			client.once('close', () => target.destroy());
			client.pipe(target).pipe(client);
		});
		out.once('response', (answer) => {
			clearTimeout(timer);
			status = answer.statusCode ?? 502;
			const headers = answerHeaders(answer);
			const lines = headers.flatMap((name, at) => (at % 2 === 0 ? `${name}: ${headers[at + 1]}\r\n` : []));
			client.write(`HTTP/1.1 ${status} ${answer.statusMessage}\r\n${lines.join('')}connection: close\r\n\r\n`);
			answer.on('error', () => client.destroy());
			answer.pipe(client);
		});
		out.on('error', (error) => {
			if (status !== 499) {
				client.destroy();
				return;
			}
			const refusal = refusalOf(error);
			status = refusal.status;
			client.end(refusalBytes(refusal, from.headers.accept));
		});
		out.end();
	});
}
