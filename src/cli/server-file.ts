import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A server that has a data folder: where it is, and what the owner of the folder proves to be that with. */
export interface RunningServer {
	readonly url: string;
	readonly pid: number;
	/** Who can read this file could as well change the record itself. */
	readonly key: string;
}

const fileOf = (data: string): string => join(data, 'server.json');

/** Tells commands of the same data folder, and nobody else, of a server. */
export function writeServerFile(data: string, server: RunningServer): void {
	const draft = `${fileOf(data)}.draft-${process.pid}`;
	rmSync(draft, { force: true });
	writeFileSync(draft, JSON.stringify(server), { mode: 0o600, flag: 'wx' });
	renameSync(draft, fileOf(data));
}

export function removeServerFile(data: string): void {
	rmSync(fileOf(data), { force: true });
}

/** What the server of a data folder has told; undefined: there is none, or this user may not read it. */
export function readServerFile(data: string): RunningServer | undefined {
	try {
		return JSON.parse(readFileSync(fileOf(data), 'utf8')) as RunningServer;
	} catch {
		return undefined;
	}
}

/** The server that has this data folder, when it answers. */
export async function runningServer(data: string): Promise<RunningServer | undefined> {
	const server = readServerFile(data);
	if (server === undefined) return undefined;
	try {
		const answer = await fetch(new URL('/healthz', server.url), { signal: AbortSignal.timeout(2000) });
		return answer.ok ? server : undefined;
	} catch {
		return undefined;
	}
}
