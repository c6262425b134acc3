import { type ChildProcess, spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Exit, notStarted, type Program, type Started } from './process-start.ts';
import { type Answer, lineReader, type Order } from './process-starter-messages.ts';

/** A small process that starts programs and does nothing else (see process-starter.ts). */
export interface ProcessHelper {
	/** Undefined when it could not be started. */
	readonly pid: number | undefined;
	/** It takes programs. */
	isReady(): boolean;
	/** It has ended, or never began. */
	isGone(): boolean;
	/** Resolves when the program runs, or could not be started. The descriptors may be closed then. */
	start(program: Program): Promise<Started>;
	/** Lets it end; programs go on, and their ends are not known any more. */
	close(): void;
	/** Ends it at once, and resolves when it is gone. */
	kill(): Promise<void>;
}

interface Asked {
	readonly started: (started: Started) => void;
	readonly ended: (exit: Exit) => void;
	readonly exit: Promise<Exit>;
}

/** Starts a helper; `enter` makes of its command the one that leads to where it is to be. */
export function openHelper(enter: (argv: readonly string[]) => readonly string[] = (argv) => argv): ProcessHelper {
	const [program = '', ...args] = enter([process.execPath, '--disable-warning=ExperimentalWarning', helperFile]);
	const child = spawn(program, args, {
		cwd: '/',
		// Ctrl+C in a terminal is not for it.
		detached: true,
		env: { ...compileCache() },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const asked = new Map<number, Asked>();
	const { promise: ended, resolve: end } = Promise.withResolvers<void>();
	let state: 'starting' | 'ready' | 'gone' = 'starting';
	let orders = 0;
	const gone = () => {
		state = 'gone';
		for (const { started, ended, exit } of asked.values()) {
			ended(notStarted('the process that it was started from has ended'));
			// Who waits for the start already has the answer otherwise.
			started({ identity: undefined, exit });
		}
		asked.clear();
		end();
	};
	const hear = (answer: Answer) => {
		if (answer.kind === 'ready') {
			if (state === 'starting') state = 'ready';
			return;
		}
		const order = asked.get(answer.order);
		if (answer.kind === 'started') return order?.started({ identity: answer.identity, exit: order.exit });
		order?.ended(answer.exit);
		order?.started({ identity: undefined, exit: order.exit });
		asked.delete(answer.order);
		if (asked.size === 0) hold(child, false);
	};
	child.once('error', gone);
	child.once('exit', gone);
	// Its end is told by 'exit'.
	child.stdin.on('error', () => undefined);
	child.stdout.on('data', lineReader(hear));
	hold(child, false);
	return {
		pid: child.pid,
		isReady: () => state === 'ready',
		isGone: () => state === 'gone',
		start(program) {
			orders += 1;
			const order: Order = { order: orders, ...program, owner: process.pid };
			const { promise: exit, resolve: ended } = Promise.withResolvers<Exit>();
			const { promise, resolve: started } = Promise.withResolvers<Started>();
			asked.set(orders, { started, ended, exit });
			hold(child, true);
			child.stdin.write(`${JSON.stringify(order)}\n`);
			return promise;
		},
		close: () => child.stdin.end(),
		kill() {
			child.ref();
			child.kill('SIGKILL');
			return ended;
		},
	};
}

const helperFile = fileURLToPath(new URL('./process-starter-child.ts', import.meta.url));

/** What this process has compiled of the helper's modules needs not be compiled again. */
function compileCache(): { readonly NODE_COMPILE_CACHE?: string } {
	const folder = getCompileCacheDir();
	return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

/** Only a program that runs keeps this process from ending. */
function hold(child: ChildProcess, isHeld: boolean): void {
	if (isHeld) child.ref();
	else child.unref();
	// Pipes to a child are sockets, which are not declared so.
	for (const stream of [child.stdin, child.stdout]) {
		if (!(stream instanceof Socket)) continue;
		if (isHeld) stream.ref();
		else stream.unref();
	}
}
