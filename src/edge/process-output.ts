import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';

/** The output of one process tree: stdout and stderr in one real pipe, so that their order is kept and /dev/stderr can be opened. */
export interface OutputPipe {
	/** To be given to the child as stdout and stderr. */
	readonly writer: number;
	/** After the child was started: from then on the pipe ends when its last writer does. */
	closeWriter(): void;
	/**
	 * Hands every chunk to `output` and waits for it before reading on. `ended` resolves with true when the last writer has gone;
	 * it rejects with what `output` threw.
	 */
	follow(output: (chunk: Uint8Array) => void | Promise<void>): Following;
	/** Stops reading; who still writes gets EPIPE. */
	close(): void;
}

export interface Following {
	readonly ended: Promise<void>;
	/** Resolves once nothing was written for a moment: what is kept back by a process left in the background is not waited for. */
	quiet(): Promise<void>;
	/** From now on reads to nowhere, so that such a process can go on. */
	ignore(): void;
}

/** Opens both ends of a FIFO and takes its name away. */
export function openOutputPipe(fifo: string): OutputPipe {
	const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
	const writer = openSync(fifo, constants.O_WRONLY);
	unlinkSync(fifo);
	const socket = new Socket({ fd: reader, readable: true, writable: false });
	socket.pause();
	return {
		writer,
		closeWriter: () => closeSync(writer),
		follow: (output) => follow(socket, output),
		close: () => socket.destroy(),
	};
}

function follow(socket: Socket, output: (chunk: Uint8Array) => void | Promise<void>): Following {
	let lastRead = performance.now();
	let bytes = 0;
	let isReading = true;
	let isIgnored = false;
	let pending: Promise<void> = Promise.resolve();
	let stopWaiting = () => {};
	const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
	const goOn = () => {
		lastRead = performance.now();
		isReading = true;
		socket.resume();
	};
	socket.on('data', (chunk: Buffer) => {
		if (isIgnored) return;
		lastRead = performance.now();
		bytes += chunk.length;
		try {
			const written = output(chunk);
			if (written === undefined) return;
			isReading = false;
			socket.pause();
			pending = written;
			written.then(goOn, reject);
		} catch (error) {
			reject(error);
		}
	});
	const finish = () => void pending.then(resolve, reject);
	socket.once('end', finish);
	socket.once('close', finish);
	socket.once('error', reject);
	socket.resume();
	return {
		ended,
		async quiet() {
			const from = { bytes, time: performance.now() };
			lastRead = from.time;
			// What a process wrote before it ended is at most a full pipe (1 MiB); a chatty one in the background is not waited for.
			while (bytes - from.bytes <= fullPipe && !(isReading && performance.now() - from.time > longest)) {
				if (isIgnored || (isReading && performance.now() - lastRead >= quietMs)) return;
				await new Promise<void>((next) => {
					const timer = setTimeout(next, quietMs / 4);
					stopWaiting = () => {
						clearTimeout(timer);
						next();
					};
				});
			}
		},
		ignore() {
			isIgnored = true;
			// Nobody asks any more whether it is quiet, and a timer would keep this process from ending.
			stopWaiting();
			socket.resume();
			socket.unref();
		},
	};
}

const quietMs = 100;
const longest = 2000;
const fullPipe = 1 << 20;
