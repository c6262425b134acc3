import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Traffic } from '#edge/environment/environment.ts';
import { fakeTraffic } from '#edge/environment/fake.ts';
import { proxyTraffic, stopProxy } from '#edge/environment/proxy-traffic.ts';
import { Counts } from '../../src/proxy/counts.ts';
import type { Limits } from '../../src/proxy/limits.ts';
import { Listener } from '../../src/proxy/listener.ts';

const program = fileURLToPath(new URL('../../src/proxy/main.ts', import.meta.url));
const shop = { name: 'shop/production', port: 0 };

const kinds = {
	fake: () => ({ traffic: fakeTraffic(), end: async () => {} }),
	proxy: () => {
		const directory = mkdtempSync(join(tmpdir(), 'fb-proxy-'));
		return { traffic: proxyTraffic({ directory, program }), end: () => endProxy(directory) };
	},
} as const;

for (const [kind, make] of Object.entries(kinds)) {
	describe(`traffic by ${kind}`, () => {
		const withTraffic = (body: (traffic: Traffic) => Promise<void>) => async () => {
			const { traffic, end } = make();
			try {
				await traffic.ensure();
				await body(traffic);
			} finally {
				await end();
			}
		};

		test(
			'goes nowhere before it is routed, and then where it was routed last',
			withTraffic(async (traffic) => {
				assert.deepEqual(await traffic.observe(), []);
				await traffic.route(shop, 'one', 4001);
				const [first] = await traffic.observe();
				assert.deepEqual([first?.listener, first?.version, first?.target, first?.open], [shop.name, 'one', 4001, 0]);
				assert.ok((first?.port ?? 0) > 0, 'the system chose a port');
				await traffic.route(shop, 'two', 4002);
				const [second] = await traffic.observe();
				assert.deepEqual([second?.version, second?.target, second?.port], ['two', 4002, first?.port]);
			}),
		);

		test(
			'of a version without requests, or that nobody knows, is drained at once',
			withTraffic(async (traffic) => {
				await traffic.route(shop, 'one', 4001);
				await traffic.route(shop, 'two', 4002);
				assert.equal(await traffic.drain(shop, 'one', 10_000), 0);
				assert.equal(await traffic.drain(shop, 'nobody', 10_000), 0);
				assert.equal(await traffic.drain({ name: 'no/such', port: 0 }, 'one', 10_000), 0);
			}),
		);

		test(
			'ends when its listener is removed, also twice',
			withTraffic(async (traffic) => {
				await traffic.route(shop, 'one', 4001);
				await traffic.remove(shop);
				await traffic.remove(shop);
				assert.deepEqual(await traffic.observe(), []);
				assert.deepEqual(await traffic.collect(), []);
			}),
		);
	});
}

describe('the proxy process', () => {
	test('outlives who started it, is found by the next one, and is one although several start it at once', async () => {
		await using proxy = await startedProxy();
		await using app = await application((_, to) => to.end('hello'));
		await proxy.traffic.route(shop, 'one', app.port);
		const others = [1, 2, 3].map(() => proxyTraffic({ directory: proxy.directory, program }));
		await Promise.all(others.map((other) => other.ensure()));
		assert.equal((await others[0]?.observe())?.[0]?.version, 'one');

		await using fresh = scratch();
		const rivals = [1, 2, 3, 4].map(() => proxyTraffic({ directory: fresh.directory, program }));
		await Promise.all(rivals.map((rival, index) => rival.route({ name: `shop/e${index}`, port: 0 }, 'one', app.port)));
		assert.equal((await rivals[0]?.observe())?.length, 4, 'all of them speak to the same proxy');
		assert.doesNotMatch(readFileSync(join(fresh.directory, 'proxy.log'), 'utf8'), /Error|cannot/);
	});

	test('takes up its routes and ports when it is killed', async () => {
		await using proxy = await startedProxy();
		await using app = await application((_, to) => to.end('hello'));
		await proxy.traffic.route(shop, 'one', app.port);
		const url = await proxy.url();
		process.kill(await proxy.pid(), 'SIGKILL');
		await assert.rejects(ask(url));
		await proxy.traffic.ensure();
		assert.equal(await proxy.url(), url);
		assert.equal((await ask(url)).text, 'hello');
	});

	test('starts although its routes cannot be read, and keeps them for people', async () => {
		await using fresh = scratch();
		writeFileSync(join(fresh.directory, 'routes.json'), '[{"name": "shop/pro');
		const traffic = proxyTraffic({ directory: fresh.directory, program });
		await traffic.ensure();
		assert.deepEqual(await traffic.observe(), []);
		assert.ok(existsSync(join(fresh.directory, 'routes.json.broken')));
	});

	test('ends on SIGTERM after the requests under way, and gives its port to the next one at once', async () => {
		await using proxy = await startedProxy();
		await using app = await application(async (_, to) => {
			await sleep(600);
			to.end('slow');
		});
		await proxy.traffic.route(shop, 'one', app.port);
		const url = await proxy.url();
		const slow = ask(url);
		await until(() => app.seen.length === 1);
		process.kill(await proxy.pid(), 'SIGTERM');
		await until(async () => (await proxy.traffic.observe()).length === 0);
		await proxy.traffic.ensure();
		assert.equal(await proxy.url(), url);
		assert.equal((await slow).text, 'slow', 'what was under way was not cut');
	});

	test('says which port is taken, and stays where it was', async () => {
		await using proxy = await startedProxy();
		await using app = await application((_, to) => to.end('hello'));
		await proxy.traffic.route(shop, 'one', app.port);
		const before = await proxy.traffic.observe();
		await assert.rejects(proxy.traffic.route({ ...shop, port: app.port }, 'two', app.port), {
			message: new RegExp(`port ${app.port} of shop/production is taken`),
		});
		assert.deepEqual(await proxy.traffic.observe(), before);
	});

	test('moves to another port when the environment asks for one', async () => {
		await using proxy = await startedProxy();
		await using app = await application((_, to) => to.end('hello'));
		await proxy.traffic.route(shop, 'one', app.port);
		const old = await proxy.url();
		const port = await freePort();
		await proxy.traffic.route({ ...shop, port }, 'two', app.port);
		assert.equal(await proxy.url(), `http://127.0.0.1:${port}`);
		assert.equal((await ask(`http://127.0.0.1:${port}`)).text, 'hello');
		await assert.rejects(ask(old));
	});
});

describe('a request through the proxy', () => {
	test('arrives with its headers and where it came from, without those of the connection', async () => {
		await using app = await application((from, to) => to.end(JSON.stringify(from.headers)));
		await using listener = await listening(app.port);
		const { text } = await ask(listener.url, {
			headers: {
				...{
					connection: 'keep-alive, x-secret-hop',
					'x-secret-hop': '1',
					te: 'trailers',
					'x-forwarded-for': '10.1.1.1',
				},
				...{ 'x-forwarded-proto': 'https', cookie: 'a=b', host: 'shop.example' },
			},
		});
		const headers = JSON.parse(text);
		assert.equal(headers['x-forwarded-for'], '10.1.1.1, 127.0.0.1');
		assert.equal(headers['x-forwarded-proto'], 'https', 'TLS ended in front of the proxy');
		assert.equal(headers['x-forwarded-host'], 'shop.example');
		assert.deepEqual([headers.cookie, headers.host], ['a=b', 'shop.example']);
		assert.deepEqual([headers['x-secret-hop'], headers.te], [undefined, undefined]);
	});

	test('comes back with status, repeated headers and none of the connection’s', async () => {
		await using app = await application((_, to) => {
			to.writeHead(418, 'Short and stout', ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'proxy-authenticate', 'x']).end();
		});
		await using listener = await listening(app.port);
		const { status, message, headers } = await ask(listener.url);
		assert.deepEqual([status, message], [418, 'Short and stout']);
		assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
		assert.equal(headers['proxy-authenticate'], undefined);
	});

	test('streams both ways: each piece arrives before the next one is sent', async () => {
		await using app = await application((from, to) => {
			from.on('data', (piece: Buffer) => to.write(`<${piece}>`));
			from.on('end', () => to.end());
		});
		await using listener = await listening(app.port);
		const out = request(listener.url, { method: 'POST', agent: false });
		out.write('a');
		const [answer] = (await once(out, 'response')) as [IncomingMessage];
		assert.equal(String((await once(answer, 'data'))[0]), '<a>');
		out.write('b');
		assert.equal(String((await once(answer, 'data'))[0]), '<b>');
		out.end();
		answer.resume();
		await once(answer, 'end');
	});

	test('carries a large body whole', async () => {
		const body = Buffer.alloc(20_000_000, 'footbridge ');
		await using app = await application((from, to) => from.pipe(to));
		await using listener = await listening(app.port);
		const { text } = await ask(listener.url, { method: 'PUT', body });
		assert.equal(text.length, body.length);
		assert.ok(text === body.toString());
	});

	test('that is answered before its body was read gets the answer', async () => {
		await using app = await application((_, to) => {
			to.writeHead(413).end('too much');
		});
		await using listener = await listening(app.port);
		for (let time = 0; time < 5; time += 1) {
			const { status, text } = await ask(listener.url, { method: 'POST', body: Buffer.alloc(5_000_000) });
			assert.deepEqual([status, text], [413, 'too much']);
		}
		assert.equal(listener.listener.open, 0);
		await until(() => app.connections() === 0);
	});

	test('is sent again when the idle connection it was given is closed at that moment, if that is harmless', async () => {
		let connections = 0;
		// Answers the first request of a connection and closes on the second, before any byte: an idle connection that ends.
		await using app = await rawApplication((socket) => {
			connections += 1;
			let requests = 0;
			socket.on('data', () => {
				requests += 1;
				if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
				else socket.resetAndDestroy();
			});
		});
		await using listener = await listening(app.port);
		for (const method of ['GET', 'GET', 'POST', 'DELETE', 'POST'])
			assert.equal((await ask(listener.url, { method })).status, 200, method);
		assert.ok(connections >= 4, 'what is not harmless got connections of its own');
		assert.deepEqual(listener.tally(), { good: 5, bad: 0 });
	});

	test('is not sent again when the version had begun with it', async () => {
		let requests = 0;
		await using app = await rawApplication((socket) => {
			socket.on('data', () => {
				requests += 1;
				socket.resetAndDestroy();
			});
		});
		await using listener = await listening(app.port);
		assert.equal((await ask(listener.url)).status, 502);
		assert.equal(requests, 1);
		assert.deepEqual(listener.tally(), { good: 0, bad: 1 });
	});

	test('that finds nobody gets a page with the reason, or JSON', async () => {
		await using listener = await listening(await freePort());
		const page = await ask(listener.url, { headers: { accept: 'text/html,*/*' } });
		assert.equal(page.status, 503);
		assert.match(page.text, /<h1>503 Service Unavailable<\/h1>\s*<p>The application takes no connections/);
		assert.equal(page.headers['retry-after'], '2');
		const json = await ask(listener.url, { method: 'POST', body: Buffer.from('{}') });
		assert.equal(json.status, 503);
		assert.match(JSON.parse(json.text).detail, /takes no connections/);
	});

	test('that is never answered ends with 504', async () => {
		await using app = await application(() => {});
		await using listener = await listening(app.port, { answerMs: 200 });
		const { status, text } = await ask(listener.url);
		assert.equal(status, 504);
		assert.match(text, /did not answer in 200 ms/);
	});

	test('whose answer breaks off is cut for the user too, and counts as bad', async () => {
		await using app = await rawApplication((socket) => {
			socket.on('data', () => {
				socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
				setTimeout(() => socket.destroy(), 20);
			});
		});
		await using listener = await listening(app.port);
		await assert.rejects(ask(listener.url), /aborted|hang up|ECONNRESET/);
		await until(() => listener.tally().bad === 1);
	});

	test('whose user leaves is ended at the version, and is nobody’s fault', async () => {
		await using app = await application(() => {});
		await using listener = await listening(app.port);
		const out = request(listener.url, { agent: false });
		out.on('error', () => {});
		out.end();
		await until(() => app.seen.length === 1);
		const gone = once(app.seen[0]?.socket ?? out, 'close');
		out.destroy();
		await gone;
		await until(() => listener.tally().good === 1);
		assert.equal(listener.listener.open, 0);
	});
});

describe('a connection to the proxy', () => {
	test('that does not bring its headers to an end is closed in time', async () => {
		await using listener = await listening(await freePort(), { headersMs: 300 });
		for (const text of ['', 'GET / HTTP/1.1\r\nhost: x\r\nx-drip: ']) {
			const answer = await rawAsk(listener.port, text);
			assert.match(answer, /^(HTTP\/1\.1 408 |$)/, JSON.stringify(text));
		}
	});

	test('whose body stops arriving is closed in time', async () => {
		await using app = await application((from, to) => from.resume().on('end', () => to.end()));
		await using listener = await listening(app.port, { bodyPauseMs: 200 });
		await rawAsk(listener.port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhal');
		await until(() => listener.listener.open === 0);
	});

	test('with headers that are too long, or that is no HTTP, gets a plain answer', async () => {
		await using listener = await listening(await freePort(), { headerBytes: 4096 });
		const long = `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(8000)}\r\n\r\n`;
		assert.match(await rawAsk(listener.port, long), /^HTTP\/1\.1 431 /);
		assert.match(await rawAsk(listener.port, 'hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
		const smuggled = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
		assert.match(await rawAsk(listener.port, smuggled), /^HTTP\/1\.1 400 /);
	});

	test('stays open over a switch, and its next request goes to the new version', async () => {
		await using one = await application((_, to) => to.end('one'));
		await using two = await application((_, to) => to.end('two'));
		await using listener = await listening(one.port);
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		assert.equal((await ask(listener.url, { agent })).text, 'one');
		listener.listener.route('two', two.port);
		assert.equal(await listener.listener.drain('one', 1000), 0);
		await until(() => one.connections() === 0);
		const second = await ask(listener.url, { agent });
		assert.equal(second.text, 'two');
		assert.ok(second.isReused, 'the user’s connection is the same one');
		agent.destroy();
	});

	test('that is upgraded carries bytes both ways, and counts as under way until it ends', async () => {
		await using app = await application(() => {});
		app.server.on('upgrade', (from: IncomingMessage, socket: Socket, head: Buffer) => {
			socket.write(
				`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n${from.headers['x-forwarded-for']}:`,
			);
			socket.write(head);
			socket.pipe(socket);
		});
		await using listener = await listening(app.port);
		const socket = connect(listener.port, '127.0.0.1').setEncoding('utf8');
		socket.write('GET /live HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nearly');
		let text = '';
		socket.on('data', (piece: string) => {
			text += piece;
		});
		await until(() => text.endsWith('early'));
		assert.match(text, /^HTTP\/1\.1 101 [\s\S]*upgrade: websocket[\s\S]*\r\n\r\n127\.0\.0\.1:early$/);
		socket.write(' later');
		await until(() => text.endsWith('early later'));
		listener.listener.route('two', await freePort());
		assert.equal(await listener.listener.drain('one', 50), 1);
		socket.end();
		await until(() => listener.tally().good === 1);
	});

	test('that the version does not upgrade is answered and ended', async () => {
		await using app = await application((_, to) => to.writeHead(403).end('no'));
		await using listener = await listening(app.port);
		const asked = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n';
		const answer = await rawAsk(listener.port, asked);
		assert.match(answer, /^HTTP\/1\.1 403 [\s\S]*connection: close[\s\S]*no$/);
		await app[Symbol.asyncDispose]();
		assert.match(await rawAsk(listener.port, asked), /^HTTP\/1\.1 503 /);
	});
});

test('a switch waits for the requests under way, and counts each where it went', async () => {
	const waiting: (() => void)[] = [];
	await using one = await application((_, to) => void waiting.push(() => to.end('one')));
	await using two = await application((_, to) => to.writeHead(500).end('two'));
	await using listener = await listening(one.port);
	const slow = ask(listener.url);
	await until(() => waiting.length === 1);
	listener.listener.route('two', two.port);
	assert.equal((await ask(listener.url)).text, 'two');
	const drained = listener.listener.drain('one', 5000);
	assert.equal(await Promise.race([drained, sleep(100, 'still waiting')]), 'still waiting');
	waiting[0]?.();
	assert.equal(await drained, 0);
	assert.equal((await slow).text, 'one');
	const counts = listener.counts.take().map(({ version, good, bad }) => [version, good, bad]);
	assert.deepEqual(counts.sort(), [
		['one', 1, 0],
		['two', 0, 1],
	]);
	assert.deepEqual(listener.counts.take(), [], 'what was handed over is not told again');
});

async function startedProxy() {
	const directory = mkdtempSync(join(tmpdir(), 'fb-proxy-'));
	const traffic = proxyTraffic({ directory, program });
	await traffic.ensure();
	return {
		directory,
		traffic,
		url: async () => `http://127.0.0.1:${(await traffic.observe())[0]?.port}`,
		pid: async () =>
			JSON.parse((await ask('http://proxy/ping', { socketPath: join(directory, 'control.sock') })).text).pid,
		[Symbol.asyncDispose]: () => endProxy(directory),
	};
}

function scratch() {
	const directory = mkdtempSync(join(tmpdir(), 'fb-proxy-'));
	return { directory, [Symbol.asyncDispose]: () => endProxy(directory) };
}

async function endProxy(directory: string): Promise<void> {
	await stopProxy(directory);
	// Those that came too late to be the one still clear up behind themselves.
	rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
}

/** A listener in this process, with limits that a test can wait for. */
async function listening(target: number, limits: Partial<Limits> = {}) {
	const counts = new Counts();
	const usual = { headersMs: 5000, headerBytes: 16_384, bodyPauseMs: 5000, answerMs: 5000, idleMs: 5000 };
	const listener = new Listener('shop/production', counts, { version: 'one', target, limits: { ...usual, ...limits } });
	await listener.listen(0);
	const sum = { good: 0, bad: 0 };
	return {
		listener,
		counts,
		port: listener.port,
		url: `http://127.0.0.1:${listener.port}`,
		tally: () => {
			for (const { good, bad } of counts.take()) {
				sum.good += good;
				sum.bad += bad;
			}
			return { ...sum };
		},
		[Symbol.asyncDispose]: () => listener.close(0),
	};
}

async function application(listener: RequestListener) {
	const seen: IncomingMessage[] = [];
	const server: Server = createServer((from, to) => {
		seen.push(from);
		listener(from, to);
	});
	return { server, seen, ...(await served(server)) };
}

async function rawApplication(onConnection: (socket: Socket) => void) {
	const server = createTcpServer((socket) => {
		socket.on('error', () => {});
		onConnection(socket);
	});
	return served(server);
}

async function served(server: ReturnType<typeof createTcpServer>) {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		connections: () => sockets.size,
		[Symbol.asyncDispose]: async () => {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}

interface Question {
	readonly method?: string;
	readonly headers?: Record<string, string>;
	readonly body?: Buffer;
	readonly agent?: Agent;
	readonly socketPath?: string;
}

interface Answer {
	readonly status: number;
	readonly message: string;
	readonly headers: IncomingMessage['headers'];
	readonly text: string;
	readonly isReused: boolean;
}

function ask(url: string, { method = 'GET', headers = {}, body, agent, socketPath }: Question = {}): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const out = request(
			url,
			{ method, headers, agent: agent ?? false, ...(socketPath === undefined ? {} : { socketPath }) },
			(answer) => {
				const pieces: Buffer[] = [];
				answer.on('data', (piece: Buffer) => pieces.push(piece));
				answer.on('error', reject);
				answer.on('end', () =>
					resolve({
						status: answer.statusCode ?? 0,
						message: answer.statusMessage ?? '',
						headers: answer.headers,
						text: Buffer.concat(pieces).toString(),
						isReused: out.reusedSocket,
					}),
				);
			},
		);
		out.on('error', reject);
		out.end(body);
	});
}

/** Everything that comes back until the connection is closed. */
async function rawAsk(port: number, text: string): Promise<string> {
	const socket = connect(port, '127.0.0.1').setEncoding('utf8');
	socket.on('error', () => {});
	socket.write(text);
	let answer = '';
	socket.on('data', (piece: string) => {
		answer += piece;
	});
	await once(socket, 'close');
	return answer;
}

async function freePort(): Promise<number> {
	const server = createTcpServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
	for (const end = performance.now() + 10_000; !(await isSo()); await sleep(10))
		assert.ok(performance.now() < end, `still not after 10 s: ${isSo}`);
}
