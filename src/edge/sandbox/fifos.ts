import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Named pipes for the output of processes, made some at a time: Node cannot make them, and a program for each would cost its start. */
export interface Fifos {
	/** A new one; it is the caller's to remove. */
	take(): Promise<string>;
}

/** Keeps them in `directory`, which it makes. */
export function fifos(directory: string): Fifos {
	mkdirSync(directory, { mode: 0o700 });
	let batches = 0;
	const make = async () => {
		batches++;
		const paths = Array.from({ length: batchSize }, (_, index) => join(directory, `${batches}-${index}`));
		await makeFifos(paths);
		return paths;
	};
	let next: Promise<string[]> = make();
	next.catch(() => undefined);
	const take = async (): Promise<string> => {
		const current = next;
		const path = (await current).shift();
		if (path !== undefined) return path;
		if (current === next) next = make();
		return take();
	};
	return { take };
}

const batchSize = 16;

function makeFifos(paths: readonly string[]): Promise<void> {
	return new Promise((resolve, reject) => {
		// The job's user opens them again by /dev/stdout; only its own processes ever get hold of one.
		const child = spawn('mkfifo', ['-m', '666', ...paths], { stdio: 'ignore' });
		child.once('error', reject);
		child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`mkfifo ended with ${code}`))));
	});
}
