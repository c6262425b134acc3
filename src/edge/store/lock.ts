import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ProblemError } from '#core/result.ts';

/** Held while one process writes a database. */
export interface WriterLock {
	release(): void;
}

/**
 * Makes this process the one writer of a database file; throws FB7001, naming the holder, when another one is.
 * The lock is the operating system's on `<file>.lock`, so it dies with its process; `<file>.writer` only tells people who has it.
 */
export function lockWriter(file: string, since: string): WriterLock {
	const holder = `${file}.writer`;
	const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
	try {
		lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive');
	} catch (error) {
		lock.close();
		if (errcodeOf(error) !== busy) throw error;
		throw new ProblemError({
			code: 'FB7001',
			what: 'Another Footbridge is writing this database',
			why: describe(holder),
			where: file,
			next: 'stop it first, or use another data folder',
		});
	}
	writeFileSync(holder, `${JSON.stringify({ pid: process.pid, since })}\n`);
	let isHeld = true;
	return {
		release() {
			if (!isHeld) return;
			isHeld = false;
			rmSync(holder, { force: true });
			lock.close();
		},
	};
}

const busy = 5;

/** SQLite's extended result code inside what `node:sqlite` throws, or undefined for any other error. */
export function errcodeOf(error: unknown): number | undefined {
	const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
	return typeof code === 'number' ? code : undefined;
}

function describe(holder: string): string {
	try {
		const { pid, since } = JSON.parse(readFileSync(holder, 'utf8')) as { readonly pid: number; readonly since: string };
		return `process ${pid} has had it open since ${since}`;
	} catch {
		return 'a process that is starting or stopping just now has it open';
	}
}
