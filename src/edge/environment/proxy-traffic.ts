import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { startDetached } from '../process.ts';
import type { Listener, Route, Traffic, TrafficCount } from './environment.ts';

export interface ProxyOptions {
	/** Folder for the proxy's routes, socket and log. */
	readonly directory: string;
	/** Path of the proxy's program. */
	readonly program: string;
}

const startLimitMs = 20_000;
/** A proxy that works answers at once; one that was stopped (SIGSTOP) or hangs must not hang Footbridge. */
const answerLimitMs = 10_000;
/** A path of a Unix socket may be no longer than this on any platform. */
const socketPathLimit = 100;

/** Traffic through the proxy process of a folder; one is started when none answers. */
export function proxyTraffic(options: ProxyOptions): Traffic {
	const { directory } = options;
	const socket = socketIn(directory);
	let starting: Promise<void> | undefined;

	return {
		ensure,
		route: async (listener, version, target) => {
			await ask('PUT /listeners', { listener, body: { port: listener.port, version, target } });
		},
		drain: async (listener, version, timeoutMs) =>
			(
				(await ask('POST /drain', {
					listener,
					body: { version, timeoutMs },
					limitMs: timeoutMs + answerLimitMs,
				})) as { open: number }
			).open,
		observe: async () => ((await look('GET /routes')) ?? []) as readonly Route[],
		collect: async () => ((await look('POST /collect')) ?? []) as readonly TrafficCount[],
		remove: async (listener) => {
			await ask('DELETE /listeners', { listener });
		},
	};

	function ensure(): Promise<void> {
		starting ??= start().finally(() => {
			starting = undefined;
		});
		return starting;
	}

	async function start(): Promise<void> {
		if (await isUp(socket)) return;
		mkdirSync(directory, { recursive: true, mode: 0o700 });
		const argv = [process.execPath, '--disable-warning=ExperimentalWarning', options.program, directory, socket];
		await startDetached({
			argv,
			env: { PATH: process.env['PATH'] ?? '' },
			cwd: '/',
			logFile: join(directory, 'proxy.log'),
		});
		const deadline = performance.now() + startLimitMs;
		while (!(await isUp(socket))) {
			if (performance.now() > deadline)
				throw new ProblemError({
					code: 'FB3010',
					what: 'the proxy did not start',
					where: join(directory, 'proxy.log'),
					next: 'read its log',
				});
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}

	/** Undefined when no proxy runs: looking starts none. */
	async function look(request: string): Promise<unknown> {
		return answerOf(request).catch((error: unknown) => {
			if (isDown(error)) return undefined;
			throw error;
		});
	}

	/** Everything that a proxy is asked may be asked twice: one that ended meanwhile has a successor. */
	async function ask(request: string, asked: Request): Promise<unknown> {
		await ensure();
		return answerOf(request, asked).catch(async (error: unknown) => {
			if (!isDown(error)) throw error;
			await ensure();
			return answerOf(request, asked);
		});
	}

	async function answerOf(
		request: string,
		{ listener, body, limitMs = answerLimitMs }: Request = {},
	): Promise<unknown> {
		const [method = '', path = ''] = request.split(' ');
		const name = listener === undefined ? '' : `?name=${encodeURIComponent(listener.name)}`;
		const { status, text } = await send(socket, { method, path: path + name, body, limitMs }).catch((error: Error) => {
			throw new ProblemError(
				{
					code: 'FB3012',
					what: 'the proxy does not answer',
					why: error.message,
					where: join(directory, 'proxy.log'),
					next: 'end the proxy when it hangs: it starts again with the routes it had',
				},
				{ cause: error },
			);
		});
		const answer = JSON.parse(text) as { error?: string; code?: string };
		if (status === 200) return answer;
		const isTaken = answer.code === 'EADDRINUSE' && listener !== undefined;
		throw new ProblemError({
			code: 'FB3011',
			what: isTaken ? `port ${listener.port} of ${listener.name} is taken by another program` : 'the proxy refused',
			why: answer.error ?? `HTTP ${status}`,
			next: isTaken
				? 'choose another port in footbridge.yaml, or stop that program'
				: `read ${join(directory, 'proxy.log')}`,
		});
	}
}

interface Request {
	readonly listener?: Listener;
	readonly body?: unknown;
	readonly limitMs?: number;
}

function isDown(error: unknown): boolean {
	const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
	return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(cause?.code ?? '');
}

function socketIn(directory: string): string {
	const path = join(directory, 'control.sock');
	if (path.length <= socketPathLimit) return path;
	return join(tmpdir(), `footbridge-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`);
}

function isUp(socket: string): Promise<boolean> {
	return send(socket, { method: 'GET', path: '/ping', limitMs: answerLimitMs }).then(
		({ status }) => status === 200,
		() => false,
	);
}

interface Asked {
	readonly method: string;
	readonly path: string;
	readonly body?: unknown;
	readonly limitMs: number;
}

function send(
	socketPath: string,
	{ method, path, body, limitMs }: Asked,
): Promise<{ readonly status: number; readonly text: string }> {
	return new Promise((resolve, reject) => {
		const limit = setTimeout(() => out.destroy(new Error(`no answer in ${limitMs} ms`)), limitMs);
		const out = request({ socketPath, method, path, agent: false }, (answer) => {
			let text = '';
			answer.setEncoding('utf8');
			answer.on('data', (chunk: string) => {
				text += chunk;
			});
			answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
			answer.on('error', reject);
		});
		out.on('error', reject);
		out.once('close', () => {
			clearTimeout(limit);
			reject(Object.assign(new Error('the proxy closed the connection'), { code: 'ECONNRESET' }));
		});
		out.end(body === undefined ? undefined : JSON.stringify(body));
	});
}

/** Ends the proxy of a folder, when one runs: users are not served any more. */
export async function stopProxy(directory: string): Promise<void> {
	await send(socketIn(directory), { method: 'POST', path: '/stop', limitMs: answerLimitMs }).catch(() => {});
}
