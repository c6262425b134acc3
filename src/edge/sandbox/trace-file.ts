import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileOwner } from './room-files.ts';

/** The file of a trace, open. */
export interface TraceFile {
	readonly descriptor: number;
	close(): void;
}

/** Makes an empty file that strace can open again by its descriptor: the path itself need not be seen where it runs. */
export function openTrace(path: string, owner?: FileOwner): TraceFile {
	mkdirSync(dirname(path), { recursive: true });
	const descriptor = openSync(path, 'w', 0o600);
	if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
	return { descriptor, close: () => closeSync(descriptor) };
}
