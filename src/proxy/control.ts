import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Counts } from './counts.ts';
import { Listener } from './listener.ts';
import type { Routes } from './routes.ts';

/** What the proxy can be asked over its socket; bodies and answers are JSON. */
export function controlServer(proxy: {
	readonly listeners: Map<string, Listener>;
	readonly counts: Counts;
	readonly routes: Routes;
	readonly stop: () => void;
}): Server {
	const { listeners, counts, routes } = proxy;
	const save = () =>
		routes.save([...listeners.values()].map(({ name, port, version, target }) => ({ name, port, version, target })));

	const requests: { readonly [request: string]: (name: string, body: Record<string, unknown>) => unknown } = {
		'GET /ping': () => ({ pid: process.pid }),
		'GET /routes': () =>
			[...listeners.values()].map(({ name, port, version, target, open }) => ({
				listener: name,
				port,
				version,
				target,
				open,
			})),
		'POST /collect': () => counts.take(),
		'POST /stop': () => {
			setImmediate(proxy.stop);
			return {};
		},
		'PUT /listeners': async (name, { port, version, target }) => {
			const known = listeners.get(name);
			if (known === undefined) {
				const listener = new Listener(name, counts, { version: String(version), target: Number(target) });
				await listener.listen(Number(port));
				listeners.set(name, listener);
			} else known.route(String(version), Number(target));
			await save();
			return { port: listeners.get(name)?.port };
		},
		'POST /drain': async (name, { version, timeoutMs }) => ({
			open: (await listeners.get(name)?.drain(String(version), Number(timeoutMs))) ?? 0,
		}),
		'DELETE /listeners': async (name) => {
			const listener = listeners.get(name);
			listeners.delete(name);
			await save();
			await listener?.close(1000);
			return {};
		},
	};

	return createServer((from, to) => {
		answer(from, to, requests).catch((error: unknown) => {
			const why = error instanceof Error ? error.message : String(error);
			to.writeHead(500, { 'content-type': 'application/json' }).end(
				JSON.stringify({ error: why, code: (error as NodeJS.ErrnoException).code }),
			);
		});
	});
}

async function answer(
	from: IncomingMessage,
	to: ServerResponse,
	requests: { readonly [request: string]: (name: string, body: Record<string, unknown>) => unknown },
): Promise<void> {
	const url = new URL(from.url ?? '/', 'http://proxy');
	const handle = requests[`${from.method} ${url.pathname}`];
	if (handle === undefined) {
		to.writeHead(404).end('{}');
		return;
	}
	const chunks: Buffer[] = [];
	for await (const chunk of from) chunks.push(chunk as Buffer);
	const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
	const result = await handle(url.searchParams.get('name') ?? '', body);
	to.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
}
