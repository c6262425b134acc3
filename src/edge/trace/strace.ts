import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { readTrace } from '#core/diagnosis/trace-reading.ts';
import { traced } from '#core/isolation/launch.ts';
import type { Traces } from './trace.ts';

/** Traces of strace 5.16 or later, as `RoomProcess.trace` writes them. */
export function straceTraces(): Traces {
	let works: Promise<string | undefined> | undefined;
	return {
		available() {
			works ??= process.platform === 'linux' ? tryStrace() : Promise.resolve('strace is a program of Linux');
			return works;
		},
		failures: (path, limit) => lastFailures(path, limit),
		remove: (path) => rm(path, { force: true }),
	};
}

/** With the very arguments of a real trace: an old strace refuses some, a container may refuse to trace at all. */
function tryStrace(): Promise<string | undefined> {
	const [program = '', ...args] = traced(['true'], '/dev/null');
	return new Promise((resolve) => {
		const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
		let complaint = '';
		child.stderr.on('data', (chunk) => {
			complaint += chunk;
		});
		child.once('error', () => resolve('strace is not installed'));
		child.once('close', (code) => {
			const line = complaint.trim().split('\n')[0] ?? '';
			resolve(code === 0 ? undefined : `strace does not work here: ${line === '' ? `it ended with ${code}` : line}`);
		});
	});
}

async function lastFailures(path: string, limit: number): Promise<readonly string[]> {
	const reading = readTrace(limit);
	const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
	for await (const line of lines) reading.add(line);
	return reading.failures();
}
