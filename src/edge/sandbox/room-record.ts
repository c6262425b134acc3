import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tier } from '#core/event.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../process.ts';
import { releasePins } from './room-pins.ts';

/** What is known of a room when everybody who knew it is gone: kept in the room's directory. */
export interface RoomRecord {
	readonly tier: Tier;
	readonly id: string;
	/** The Footbridge that made the room. */
	readonly owner: ProcessIdentity;
	/** The process with which everything in the room ends. */
	readonly holder?: ProcessIdentity;
	/** The control groups that everything in the room is in. */
	readonly cgroups?: readonly string[];
}

/** Makes the room's directory, which nobody else may enter, and its first record. */
export function claimDirectory(directory: string, tier: Tier, id: string): RoomRecord {
	const owner = identityOf(process.pid) ?? { pid: process.pid, startTime: 0 };
	const record: RoomRecord = { tier, id, owner };
	mkdirSync(directory, { recursive: true, mode: 0o700 });
	saveRecord(directory, record);
	return record;
}

/** Replaces the record in one step. */
export function saveRecord(directory: string, record: RoomRecord): void {
	const path = join(directory, recordName);
	writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
	renameSync(`${path}.new`, path);
}

const recordName = 'room.json';

/**
 * Ends and removes every room of `tier` in `directory` whose Footbridge is gone; the names of their folders. `end` stops what runs in
 * such a room. A folder that never got a record is one, too, once it is a minute old. Only folders whose name begins with `prefix` and
 * that belong to this user count: others might tell of processes to end that are no room's.
 */
export async function sweepRooms(
	directory: string,
	tier: Tier,
	end: (record: RoomRecord) => Promise<void>,
	prefix = '',
): Promise<readonly string[]> {
	const swept: string[] = [];
	for (const name of foldersIn(directory)) {
		const room = join(directory, name);
		if (!name.startsWith(prefix) || !isOwn(room)) continue;
		const record = readRecord(room);
		const isLeft = record === undefined ? isOld(room) : record.tier === tier && !isAlive(record.owner);
		if (!isLeft) continue;
		if (record !== undefined) await end(record);
		await removeTree(room);
		swept.push(name);
	}
	return swept;
}

function foldersIn(directory: string): readonly string[] {
	try {
		const entries = readdirSync(directory, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
	} catch {
		return [];
	}
}

function readRecord(room: string): RoomRecord | undefined {
	try {
		return JSON.parse(readFileSync(join(room, recordName), 'utf8')) as RoomRecord;
	} catch {
		return undefined;
	}
}

function isOwn(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

function isOld(path: string): boolean {
	return Date.now() - statSync(path).mtimeMs > 60_000;
}

/** Removes a folder with everything in it: links are not followed, and folders without rights are given them first. */
export async function removeTree(path: string): Promise<void> {
	await releasePins(path);
	if (await succeeds('rm', '-rf', '--', path)) return;
	await succeeds('chmod', '-R', 'u+rwX', '--', path);
	if (!(await succeeds('rm', '-rf', '--', path))) throw new Error(`${path} could not be removed`);
}

function succeeds(program: string, ...args: readonly string[]): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { stdio: 'ignore' });
		child.once('error', reject);
		child.once('close', (code) => resolve(code === 0));
	});
}
