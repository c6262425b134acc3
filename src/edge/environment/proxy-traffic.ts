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

const startLimitMs = 10_000;
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
			await ask('PUT', '/listeners', listener, { port: listener.port, version, target });
		},
		drain: async (listener, version, timeoutMs) =>
			((await ask('POST', '/drain', listener, { version, timeoutMs })) as { open: number }).open,
		observe: async () => ((await isUp(socket)) ? ((await ask('GET', '/routes')) as readonly Route[]) : []),
		collect: async () => ((await isUp(socket)) ? ((await ask('POST', '/collect')) as readonly TrafficCount[]) : []),
		remove: async (listener) => {
			await ask('DELETE', '/listeners', listener);
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

	async function ask(method: string, path: string, listener?: Listener, body?: unknown): Promise<unknown> {
		await ensure();
		const name = listener === undefined ? '' : `?name=${encodeURIComponent(listener.name)}`;
		const { status, text } = await send(socket, method, path + name, body);
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

function socketIn(directory: string): string {
	const path = join(directory, 'control.sock');
	if (path.length <= socketPathLimit) return path;
	return join(tmpdir(), `footbridge-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`);
}

function isUp(socket: string): Promise<boolean> {
	return send(socket, 'GET', '/ping').then(
		({ status }) => status === 200,
		() => false,
	);
}

function send(
	socketPath: string,
	method: string,
	path: string,
	body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
	return new Promise((resolve, reject) => {
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
		out.end(body === undefined ? undefined : JSON.stringify(body));
	});
}

/** Ends the proxy of a folder, when one runs: users are not served any more. */
export async function stopProxy(directory: string): Promise<void> {
	await send(socketIn(directory), 'POST', '/stop').catch(() => {});
}
