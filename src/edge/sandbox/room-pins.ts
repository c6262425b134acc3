import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PinnedFolder } from './sandbox.ts';

const run = promisify(execFile);

/**
 * Mounts an open folder where no job can reach: from there it can be given to a container engine, which would follow a link that a job
 * had put at the folder's own path. `directory` is the room's.
 */
export async function pinFolder(descriptor: string, directory: string): Promise<PinnedFolder> {
	const pins = join(directory, pinsName);
	mkdirSync(pins, { recursive: true });
	const path = mkdtempSync(join(pins, 'pin-'));
	// What is behind the descriptor, and not what its path would be by now.
	await run('mount', ['--no-canonicalize', '--bind', descriptor, path]);
	return { path, release: () => release(path) };
}

/** Lets go of what a killed Footbridge held in a room. */
export async function releasePins(directory: string): Promise<void> {
	for (const path of pinsOf(directory)) await release(path).catch(() => undefined);
}

const pinsName = 'pins';

function pinsOf(directory: string): readonly string[] {
	try {
		return readdirSync(join(directory, pinsName)).map((name) => join(directory, pinsName, name));
	} catch {
		return [];
	}
}

async function release(path: string): Promise<void> {
	await run('umount', ['--lazy', path]);
	rmdirSync(path);
}
