import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { fakeProbe } from '#edge/probe/fake.ts';
import { httpProbe } from '#edge/probe/http.ts';
import type { Probe } from '#edge/probe/probe.ts';

/** A URL that a listener answers, while `body` runs. */
async function serving(listener: RequestListener, body: (url: string) => Promise<void>): Promise<void> {
	const server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	try {
		await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`);
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

function fakeThatSays(good: boolean, detail: string): Probe {
	const probe = fakeProbe();
	probe.answer = () => ({ good, detail });
	return probe;
}

for (const name of ['http', 'fake']) {
	const probeFor = (good: boolean, detail: string) => (name === 'http' ? httpProbe() : fakeThatSays(good, detail));
	describe(`the ${name} probe`, () => {
		for (const [status, good] of [
			[200, true],
			[204, true],
			[302, true],
			[404, true],
			[499, true],
			[500, false],
			[503, false],
		] as const) {
			test(`calls HTTP ${status} ${good ? 'good' : 'bad'}`, () =>
				serving(
					(_, response) => response.writeHead(status, { location: '/elsewhere' }).end('body'),
					async (url) => {
						const answer = await probeFor(good, `HTTP ${status}`).ask(url, 1000);
						assert.deepEqual([answer.good, answer.detail], [good, `HTTP ${status}`]);
						assert.ok(answer.durationMs >= 0 && answer.durationMs < 1000);
					},
				));
		}

		test('never rejects where nobody listens', async () => {
			const answer = await probeFor(false, 'connection refused').ask('http://127.0.0.1:1/', 1000);
			assert.deepEqual([answer.good, answer.detail], [false, 'connection refused']);
		});
	});
}

describe('the http probe', () => {
	test('gives up in time on a server that accepts and says nothing, and on one that drips its headers', async () => {
		const drip = (socket: Socket) => {
			socket.on('error', () => {});
			socket.write('HTTP/1.1 200 OK\r\n');
			const timer = setInterval(() => socket.write('x: y\r\n'), 20);
			socket.on('close', () => clearInterval(timer));
		};
		for (const listener of [(socket: Socket) => void socket.on('error', () => {}), drip]) {
			const server = createTcpServer(listener).listen(0, '127.0.0.1');
			await once(server, 'listening');
			const answer = await httpProbe().ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 150);
			assert.deepEqual([answer.good, answer.detail], [false, 'no answer in 150 ms']);
			assert.ok(answer.durationMs >= 140 && answer.durationMs < 1000, `${answer.durationMs} ms`);
			server.close();
		}
	});

	test('opens a new connection each time and does not wait for the body', () => {
		const ports = new Set<number | undefined>();
		return serving(
			(request, response) => {
				ports.add(request.socket.remotePort);
				response.writeHead(200);
				response.write('the beginning of an endless body');
			},
			async (url) => {
				const probe = httpProbe();
				for (let i = 0; i < 3; i++) assert.equal((await probe.ask(url, 1000)).good, true);
				assert.equal(ports.size, 3);
			},
		);
	});

	test('says what is wrong with an answer that is no HTTP, a name that is none, and a URL that is none', async () => {
		const server = createTcpServer((socket) => socket.end('SSH-2.0-hello\r\n')).listen(0, '127.0.0.1');
		await once(server, 'listening');
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
		for (const [asked, detail] of [
			[url, /Parse Error/],
			['http://no-such-name.invalid/', /name|no answer/],
			['nonsense', /Invalid URL/],
		] as const) {
			const answer = await httpProbe().ask(asked, 3000);
			assert.equal(answer.good, false);
			assert.match(answer.detail, detail);
		}
		server.close();
	});
});
