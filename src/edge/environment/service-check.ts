import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Check } from './environment.ts';

/** A health check's command. */
export interface CheckCommand {
	readonly argv: readonly string[];
	readonly env: { readonly [name: string]: string };
	readonly cwd: string;
	readonly timeoutMs: number;
}

const keptBytes = 4096;
const saidCharacters = 300;

/** Runs a check's command once; whatever it started is ended with it. */
export function runCheck({ argv, env, cwd, timeoutMs }: CheckCommand): Promise<Check> {
	const [program = '', ...args] = argv;
	const began = performance.now();
	return new Promise((resolve) => {
		const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
		let said = '';
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			endGroup(child.pid);
		}, timeoutMs);
		const end = (healthy: boolean, detail: string) => {
			clearTimeout(timer);
			endGroup(child.pid);
			child.stdout.destroy();
			child.stderr.destroy();
			resolve({ healthy, detail });
		};
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', (text: string) => {
				said = (said + text).slice(-keptBytes);
			});
		}
		child.once('error', (error: NodeJS.ErrnoException) =>
			end(false, error.code === 'ENOENT' ? `no such program: ${program}` : error.message),
		);
		// Not `close`: a process that the check left behind may hold its output open for ever.
		child.once('exit', (code, signal) => {
			if (isLate) return end(false, `no answer in ${timeoutMs} ms`);
			if (code === 0) return end(true, `passed in ${Math.round(performance.now() - began)} ms`);
			// What it wrote last is still in the pipe.
			setImmediate(() => {
				const line = said.trim().split('\n').at(-1) ?? '';
				end(false, `exit ${code ?? signal}${line === '' ? '' : `: ${line.slice(0, saidCharacters)}`}`);
			});
		});
	});
}

function endGroup(pid: number | undefined): void {
	try {
		if (pid !== undefined) process.kill(-pid, 'SIGKILL');
	} catch {
		// Nothing of it is left.
	}
}

/** For a service without a health check: whether its port accepts a connection. */
export function checkPort(port: number, timeoutMs: number): Promise<Check> {
	return new Promise((resolve) => {
		const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
		const end = (healthy: boolean, detail: string) => {
			socket.destroy();
			resolve({ healthy, detail });
		};
		socket.once('connect', () => end(true, `port ${port} accepts connections`));
		socket.once('timeout', () => end(false, `port ${port} did not answer in ${timeoutMs} ms`));
		socket.once('error', (error: NodeJS.ErrnoException) =>
			end(false, error.code === 'ECONNREFUSED' ? `nobody listens on port ${port}` : `port ${port}: ${error.message}`),
		);
	});
}
