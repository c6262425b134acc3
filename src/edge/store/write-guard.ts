import { type Problem, ProblemError } from '#core/result.ts';
import { errcodeOf } from './lock.ts';

/** Stands before every write of a database. */
export interface WriteGuard {
	/** Runs a write; SQLite's errors become FB7003 or FB7004. After FB7003 every later write is refused with it. */
	protect<T>(write: () => Promise<T>): Promise<T>;
}

/** Lets writes through until one of them leaves the disk in a state that nobody knows: a failed fsync may succeed, wrongly, when tried again. */
export function writeGuard(): WriteGuard {
	let stopped: ProblemError | undefined;
	return {
		async protect(write) {
			if (stopped !== undefined) throw stopped;
			try {
				return await write();
			} catch (error) {
				const code = errcodeOf(error);
				if (code === undefined) throw error;
				const failure = new ProblemError(problemOf(code, error), { cause: error });
				if (unknowable.has(code)) stopped = failure;
				throw failure;
			}
		},
	};
}

/** SQLite's result codes. */
const full = 13;
const corrupt = 11;
const fsyncFailed = 1034;
const directoryFsyncFailed = 1290;
const unknowable = new Set([corrupt, fsyncFailed, directoryFsyncFailed]);

function problemOf(code: number, error: unknown): Problem {
	const why = `SQLite ${code}: ${error instanceof Error ? error.message : String(error)}`;
	if (unknowable.has(code)) {
		const what = 'The disk could not keep the event log; nothing more is accepted';
		return { code: 'FB7003', what, why, next: 'check the disk (dmesg), then start Footbridge again' };
	}
	const what =
		code === full ? 'The disk is full: nothing was recorded' : 'Nothing was recorded: the database refused the write';
	return { code: 'FB7004', what, why, next: code === full ? 'free space, then try again' : 'try again' };
}
