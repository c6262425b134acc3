import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/**
 * Waits until this process is the one proxy of a folder, and answers with what lets the next one in; undefined when another one answers on the socket.
 * The lock is the operating system's, so it dies with its process.
 */
export async function becomeOnly(file: string, socket: string): Promise<(() => void) | undefined> {
	for (;;) {
		const release = tryLock(file);
		if (release !== undefined) return release;
		if (existsSync(socket) && (await answers(socket))) return undefined;
		await sleep(pollMs);
	}
}

function tryLock(file: string): (() => void) | undefined {
	const lock = new DatabaseSync(file, { timeout: 0 });
	try {
		lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive');
		return () => lock.close();
	} catch (error) {
		lock.close();
		if ((error as { errcode?: number }).errcode !== busy) throw error;
		return undefined;
	}
}

/** SQLITE_BUSY. */
const busy = 5;

function answers(socket: string): Promise<boolean> {
	return new Promise((resolve) => {
		const connection = connect(socket);
		connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
		connection.once('connect', () => connection.destroy());
	});
}
