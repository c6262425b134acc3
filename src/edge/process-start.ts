import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { identityOf, type ProcessIdentity } from './process.ts';

/** A program to be started in a session of its own. */
export interface Program {
	readonly argv: readonly string[];
	/** The whole environment. */
	readonly env: { readonly [name: string]: string };
	readonly cwd: string;
	/** Descriptor of this process that the program has as stdout and stderr. */
	readonly output: number;
	/** The same for its descriptor 3. */
	readonly extra?: number;
}

/** A program that was started, or could not be. */
export interface Started {
	/** Undefined when it could not be started. */
	readonly identity: ProcessIdentity | undefined;
	readonly exit: Promise<Exit>;
}

/** How a process ended. */
export interface Exit {
	/** Null when a signal ended it, or when that cannot be told. */
	readonly exitCode: number | null;
	readonly signal: string | null;
	/** Why it could not be started, or why its end is not known. */
	readonly error?: string;
}

/** Starts a program as a child of this process. */
export function startProcess({ argv, env, cwd, output, extra }: Program): Started {
	const [program = '', ...args] = argv;
	const { promise: exit, resolve } = Promise.withResolvers<Exit>();
	const fail = (error: unknown) => resolve(notStarted(error instanceof Error ? error.message : String(error)));
	const stdio = ['ignore', output, output, ...(extra === undefined ? [] : [extra])] as const;
	try {
		const child = spawn(program, args, { env, cwd, detached: true, stdio: [...stdio] });
		// The system's own words name the program when it is the folder that is missing.
		child.once('error', (error) => fail(existsSync(cwd) ? error : new Error(`the folder ${cwd} is not there`)));
		child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
		// Read before the next turn of the loop, in which a process that ended at once is reaped.
		const identity = child.pid === undefined ? undefined : (identityOf(child.pid) ?? { pid: child.pid, startTime: 0 });
		return { identity, exit };
	} catch (error) {
		// Arguments or an environment that are too large for the kernel.
		fail(error);
		return { identity: undefined, exit };
	}
}

/** The end of what never began. */
export function notStarted(error: string): Exit {
	return { exitCode: null, signal: null, error };
}
