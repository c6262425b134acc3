import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/footbridge', import.meta.url));

/** What a finished program left. */
export interface Finished {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface RunOptions {
	readonly cwd?: string;
	readonly env?: { readonly [name: string]: string };
	readonly input?: string;
	/** Told of everything it has written to stdout so far. */
	readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the real `bin/footbridge`. */
export function footbridge(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
	return runProgram(program, args, options);
}

/** Runs a program to its end, without colours. */
export function runProgram(
	command: string,
	args: readonly string[],
	{ cwd, env, input, onOutput }: RunOptions,
): Promise<Finished> {
	const { FORCE_COLOR: _, FOOTBRIDGE_DATA: __, ...own } = process.env;
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			...(cwd === undefined ? {} : { cwd }),
			env: { ...own, NO_COLOR: '1', ...env },
			stdio: ['pipe', 'pipe', 'pipe'],
		});
		let [stdout, stderr] = ['', ''];
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			stdout += chunk;
			onOutput?.(stdout, (signal) => child.kill(signal));
		});
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
			stderr += chunk;
		});
		child.once('error', reject);
		child.once('close', (code) => resolve({ code, stdout, stderr }));
		// A program may end before it has read what it is given.
		child.stdin.on('error', () => undefined);
		child.stdin.end(input ?? '');
	});
}
