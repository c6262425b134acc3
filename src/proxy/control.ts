import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Counts } from './counts.ts';
import { Listener } from './listener.ts';
import type { Routes } from './routes.ts';

interface Controlled {
	readonly listeners: Map<string, Listener>;
	readonly counts: Counts;
	readonly routes: Routes;
	readonly stop: () => void;
}

type Handle = (name: string, body: { readonly [key: string]: unknown }) => unknown;

const removeMs = 1000;

/** What the proxy can be asked over its socket; bodies and answers are JSON. */
export function controlServer(proxy: Controlled): Server {
	const requests = requestsOf(proxy);
	return createServer((from, to) => {
		answer(from, to, requests).catch((error: unknown) => {
			const why = error instanceof Error ? error.message : String(error);
			to.writeHead(500, { 'content-type': 'application/json' }).end(
				JSON.stringify({ error: why, code: (error as NodeJS.ErrnoException).code }),
			);
		});
	});
}

function requestsOf({ listeners, counts, routes, stop }: Controlled): { readonly [request: string]: Handle } {
	const alone = oneAtATime();
	const save = () =>
		routes.save([...listeners.values()].map(({ name, port, version, target }) => ({ name, port, version, target })));
	return {
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
			setImmediate(stop);
			return {};
		},
		'PUT /listeners': (name, { port, version, target }) =>
			alone(async () => {
				const to = { version: String(version), target: Number(target) };
				const known = listeners.get(name);
				const listener = known ?? new Listener(name, counts, to);
				// The new port first: when it is taken, everything stays as it was.
				if (known === undefined || (port !== 0 && port !== known.port)) await listener.listen(Number(port));
				listener.route(to.version, to.target);
				listeners.set(name, listener);
				await save();
				return { port: listener.port };
			}),
		'POST /drain': async (name, { version, timeoutMs }) => ({
			open: (await listeners.get(name)?.drain(String(version), Number(timeoutMs))) ?? 0,
		}),
		'DELETE /listeners': (name) =>
			alone(async () => {
				const listener = listeners.get(name);
				listeners.delete(name);
				await save();
				await listener?.close(removeMs);
				return {};
			}),
	};
}

/** Changes of the routes come one after the other, so that what is saved last is what holds. */
function oneAtATime(): <T>(act: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (act) => {
		const next = last.then(act, act);
		last = next;
		return next;
	};
}

async function answer(
	from: IncomingMessage,
	to: ServerResponse,
	requests: { readonly [request: string]: Handle },
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
