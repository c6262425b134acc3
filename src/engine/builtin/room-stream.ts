import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';

import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RunningJob } from '../running-job.ts';

/** A program in the room that gives or takes a stream. */
interface RoomProgram {
	/** A script for `sh`, with what it gets as `$2`, `$3` ...; what it says on its standard error is told when it fails. */
	readonly script: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly timeout: AbortSignal;
}

/** Many small pieces cost more than a few large ones, wherever they go. */
const batchBytes = 1024 * 1024;

/**
 * The output of a program of the room. It has the rights of the job and no others: what it can read, the job can. It is read no faster
 * than it is used. Throws when the program fails.
 */
export async function* readFromRoom(job: RunningJob, program: RoomProgram): AsyncGenerator<Uint8Array> {
	const complaints = `${job.room.temp}/_builtin_${randomUUID()}`;
	const stop = new AbortController();
	let waiting: Uint8Array[] = [];
	let waitingBytes = 0;
	let used = () => {};
	let wake = () => {};
	let ended: { readonly why?: string } | undefined;
	const running = job.room
		.run({
			argv: ['sh', '-c', `exec 2>"$0"; ${program.script}`, complaints, '', ...program.args],
			env: {},
			cwd: program.cwd,
			output: (chunk) => {
				waiting.push(chunk);
				waitingBytes += chunk.length;
				wake();
				if (waitingBytes < batchBytes) return;
				return new Promise<void>((resolve) => {
					used = resolve;
				});
			},
			signal: AbortSignal.any([job.stop.signal, program.timeout, stop.signal]),
		})
		.then(async (end) => {
			ended = end.exitCode === 0 ? {} : { why: await complaintOf(job, complaints, end) };
			wake();
		});
	running.catch((error: unknown) => {
		ended = { why: String(error) };
		wake();
	});
	try {
		while (true) {
			if (waiting.length > 0) {
				const batch = Buffer.concat(waiting);
				waiting = [];
				waitingBytes = 0;
				used();
				yield batch;
			} else if (ended !== undefined) {
				if (ended.why !== undefined) throw new Error(ended.why);
				return;
			} else
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
		}
	} finally {
		stop.abort(new Error('nobody reads any more'));
		used();
		await running.catch(() => {});
	}
}

/**
 * Gives a stream to a program of the room, which reads it as its standard input. The pipe is opened before the room can reach it, and
 * what is opened is what is written to. Throws when the stream breaks or the program fails.
 */
export async function writeToRoom(
	job: RunningJob,
	program: RoomProgram,
	content: AsyncIterable<Uint8Array>,
): Promise<void> {
	const folder = `${job.room.temp}/_builtin_${randomUUID()}`;
	const complaints = `${folder}.log`;
	let [descriptor, keeper] = [-1, -1];
	await job.room.bring(folder, async (outside) => {
		await makeFifo(`${outside}/stream`);
		const opened = () => openSync(`${outside}/stream`, constants.O_RDWR | constants.O_NONBLOCK);
		[descriptor, keeper] = [opened(), opened()];
	});
	// A socket waits without holding a thread when the program is slow.
	const pipe = new Socket({ fd: descriptor, readable: false, writable: true });
	const stop = new AbortController();
	// What was written is lost when nobody has the pipe open: it stays so until the program has it.
	const release = () => {
		if (keeper !== -1) closeSync(keeper);
		keeper = -1;
	};
	const running = job.room.run({
		argv: ['sh', '-c', `exec 2>"$0" <"$1"; echo; ${program.script}`, complaints, `${folder}/stream`, ...program.args],
		env: {},
		cwd: program.cwd,
		output: release,
		signal: AbortSignal.any([job.stop.signal, program.timeout, stop.signal]),
	});
	const writing = pipeline(
		Readable.from(withoutEmpty(content), { objectMode: false, highWaterMark: 1024 * 1024 }),
		pipe,
	);
	// Who reads has gone: nothing more can be written, and nobody would tell.
	const over = () => {
		release();
		pipe.destroy();
	};
	running.then(over, over);
	const broken = await writing.then(
		() => undefined,
		(error: unknown) => error,
	);
	pipe.destroy();
	if (broken !== undefined && !isClosed(broken)) stop.abort(new Error('the stream broke'));
	const end = await running;
	if (broken !== undefined && !isClosed(broken)) throw broken;
	if (end.exitCode !== 0) throw new Error(await complaintOf(job, complaints, end));
	if (broken !== undefined) throw broken;
}

/** A stream of bytes stops at a chunk that has none. */
async function* withoutEmpty(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	for await (const chunk of content) if (chunk.length > 0) yield chunk;
}

function isClosed(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function makeFifo(path: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn('mkfifo', ['-m', '600', path], { stdio: 'ignore' });
		child.once('error', reject);
		child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`mkfifo ended with ${code}`))));
	});
}

async function complaintOf(
	job: RunningJob,
	path: string,
	end: { readonly exitCode: number | null; readonly signal: string | null; readonly error?: string },
): Promise<string> {
	const said = await job.room.get(path, 4096).catch(() => undefined);
	if (said !== undefined && said.trim() !== '') return said.trim();
	return end.error ?? `it ended with ${end.exitCode ?? end.signal}`;
}
