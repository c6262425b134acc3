import { type ChildProcess, spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Exit, notStarted, type Program, type Started, startProcess } from './process-start.ts';
import { type Answer, lineReader, type Order } from './process-starter-messages.ts';

/** Starts programs for who starts many. */
export interface ProcessStarter {
	/** Resolves when the program runs, or could not be started. The descriptors may be closed then. */
	start(program: Program): Promise<Started>;
	/** Ends the helper process; programs go on, and their ends are not known any more. */
	close(): void;
}

/**
 * Starts programs from a small process that does nothing else. To start one, the kernel copies the page tables of who starts it: 1 ms for
 * a Node that has only begun, 5 ms for one of 160 MB, 17 ms for one of 360 MB, in which the event loop stands still; and the parent
 * then pays a page fault for each page that it writes to. The helper is made when the first program is started; until it is up, and
 * where there is no /proc through which it could open descriptors, this process starts programs itself.
 */
export function processStarter(): ProcessStarter {
	let helper: Helper | undefined;
	let isClosed = false;
	return {
		async start(program) {
			if (process.platform !== 'linux' || isClosed) return startProcess(program);
			if (helper === undefined || helper.isGone()) helper = openHelper();
			return helper.isReady() ? helper.start(program) : startProcess(program);
		},
		close() {
			isClosed = true;
			helper?.close();
		},
	};
}

interface Helper extends ProcessStarter {
	isReady(): boolean;
	isGone(): boolean;
}

interface Asked {
	readonly started: (started: Started) => void;
	readonly ended: (exit: Exit) => void;
	readonly exit: Promise<Exit>;
}

function openHelper(): Helper {
	const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', helperFile], {
		cwd: '/',
		// Ctrl+C in a terminal is not for it.
		detached: true,
		env: { ...compileCache() },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const asked = new Map<number, Asked>();
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
