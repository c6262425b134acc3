import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Named pipes for the output of processes, made some at a time: Node cannot make them, and a program for each would cost its start. */
export interface Fifos {
	/** A new one; it is the caller's to remove. */
	take(): Promise<string>;
	/** Resolves when none is being made any more: the directory can go. */
	close(): Promise<void>;
}

/** Keeps them in `directory`, which it makes. */
export function openFifos(directory: string): Fifos {
	mkdirSync(directory, { mode: 0o700 });
	let batches = 0;
	let last: Promise<unknown> = Promise.resolve();
	const make = (): Batch => {
		// Who has had many will have more.
		const size = Math.min(smallBatch * 2 ** batches, largeBatch);
		batches++;
		const paths = Array.from({ length: size }, (_, index) => join(directory, `${batches}-${index}`));
		const made = makeFifos(paths);
		last = Promise.allSettled([last, made]);
		return { paths, made };
	};
	let present = make();
	let spare: Batch | undefined;
	return {
		async take() {
			for (;;) {
				const batch = present;
				await batch.made;
				const path = batch.paths.shift();
				if (path !== undefined) {
					if (batch === present && batch.paths.length < smallBatch / 2) spare ??= make();
					return path;
				}
				if (batch !== present) continue;
				present = spare ?? make();
				spare = undefined;
			}
		},
		async close() {
			await last;
		},
	};
}

interface Batch {
	readonly paths: string[];
	readonly made: Promise<void>;
}

const smallBatch = 16;
const largeBatch = 128;

function makeFifos(paths: readonly string[]): Promise<void> {
	return new Promise((resolve, reject) => {
		// The job's user opens them again by /dev/stdout; only its own processes ever get hold of one.
		const child = spawn('mkfifo', ['-m', '666', ...paths], { stdio: 'ignore' });
		child.once('error', reject);
		child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`mkfifo ended with ${code}`))));
	});
}
