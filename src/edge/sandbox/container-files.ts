import { lchownSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Whom a job's files belong to in its container. */
export interface Account {
	readonly uid: number;
	readonly gid: number;
}

/** The account that `name`, `id`, `name:group` or `id:gid` means in this container; root when it is empty. */
export function accountOf(words: string): Account {
	const [user = '', group] = words.split(':');
	if (user === '') return { uid: 0, gid: 0 };
	const entry = entryOf('/etc/passwd', user);
	const uid = /^\d+$/.test(user) ? Number(user) : Number(entry?.[2]);
	if (Number.isNaN(uid)) throw new Error(`the image has no user ${user}`);
	if (group === undefined || group === '') return { uid, gid: Number(entry?.[3] ?? 0) };
	const gid = /^\d+$/.test(group) ? Number(group) : Number(entryOf('/etc/group', group)?.[2]);
	if (Number.isNaN(gid)) throw new Error(`the image has no group ${group}`);
	return { uid, gid };
}

/** The line of a name or of an id. */
function entryOf(file: string, wanted: string): readonly string[] | undefined {
	let text = '';
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
	const entries = text.split('\n').map((line) => line.split(':'));
	return entries.find(([name]) => name === wanted) ?? entries.find(([, , id]) => id === wanted);
}

/** Gives an account everything below a path; links are not followed. */
export function giveTree(path: string, { uid, gid }: Account): void {
	lchownSync(path, uid, gid);
	if (!lstatSync(path).isDirectory()) return;
	for (const name of readdirSync(path)) giveTree(join(path, name), { uid, gid });
}

/** Removes what is in a folder. */
export function emptyFolder(path: string): void {
	for (const name of readdirSync(path)) {
		try {
			rmSync(join(path, name), { recursive: true, force: true });
		} catch {
			// Another folder is mounted there.
		}
	}
}
