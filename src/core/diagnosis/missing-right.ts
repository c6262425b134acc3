import type { FailingCall } from './failing-call.ts';

/** One component of a path, as `stat` saw it in the room. */
export interface PathState {
	readonly path: string;
	readonly owner: string;
	readonly group: string;
	readonly uid: number;
	readonly gid: number;
	/** Permission bits. */
	readonly mode: number;
	readonly isFolder: boolean;
	/** Where the file system that it is on is mounted. */
	readonly mount?: string;
}

export interface Who {
	readonly uid: number;
	readonly gids: readonly number[];
}

export interface MissingRight {
	readonly state: PathState;
	/** `owner`: only the owner may do it, whatever the mode is. */
	readonly right: 'r' | 'w' | 'x' | 'owner';
	/** What the right would allow, with the path: `write in the folder /a/b`. */
	readonly toDo: string;
	/** The commands that give it, each without the path: `['chmod', 'u+w']`. */
	readonly mend: readonly (readonly string[])[];
	/** The path is the operating system's: giving a job rights there is no remedy. */
	readonly isSystems: boolean;
}

/** Which right on which component a refused call lacked; undefined when the modes allow it (then it is something else: a mount, an attribute). */
export function missingRight(call: FailingCall, components: readonly PathState[], who: Who): MissingRight | undefined {
	const target = components.at(-1);
	if (target === undefined || who.uid === 0) return undefined;
	const isThere = target.path === call.path;
	const folders = isThere ? components.slice(0, -1) : components;
	const closed = folders.find((folder) => folder.isFolder && !allows(folder, who, 'x'));
	if (closed !== undefined) return lacking(closed, who, 'x', 'enter the folder');
	if (isThere && isOwnersOnly(call)) {
		return target.uid === who.uid ? undefined : lacking(target, who, 'owner', 'change the rights or times of');
	}
	if (isThere && !changesFolder(call)) {
		const right = rightFor(call);
		if (allows(target, who, right)) return undefined;
		return lacking(target, who, right, right === 'x' ? 'run' : right === 'w' ? 'write to' : 'read');
	}
	const folder = isThere ? components.at(-2) : target;
	if (folder === undefined || allows(folder, who, 'w')) return undefined;
	return lacking(folder, who, 'w', 'write in the folder');
}

function changesFolder(call: FailingCall): boolean {
	return /^(mkdir|rmdir|unlink|rename|link|symlink|mknod)/.test(call.call);
}

function isOwnersOnly(call: FailingCall): boolean {
	return call.errno === 'EPERM' && /^(f?chmod|utime)/.test(call.call);
}

function rightFor(call: FailingCall): 'r' | 'w' | 'x' {
	if (call.call.startsWith('exec') || /\bX_OK\b/.test(call.arguments)) return 'x';
	if (/O_WRONLY|O_RDWR|W_OK/.test(call.arguments) || /^(truncate|utime)/.test(call.call)) return 'w';
	return 'r';
}

const bits = { r: 4, w: 2, x: 1 } as const;

/** The kernel's rule: the owner's bits for the owner, else the group's for the group, else the others'. */
function allows(state: PathState, who: Who, right: 'r' | 'w' | 'x'): boolean {
	return ((state.mode >> shiftFor(state, who)) & bits[right]) !== 0;
}

function shiftFor(state: PathState, who: Who): 6 | 3 | 0 {
	if (state.uid === who.uid) return 6;
	return who.gids.includes(state.gid) ? 3 : 0;
}

/** Of what belongs to somebody else the job becomes the owner: opening it to everybody would be more than is needed. */
function lacking(state: PathState, who: Who, right: MissingRight['right'], toDo: string): MissingRight {
	const shift = shiftFor(state, who);
	const about = { state, right, toDo: `${toDo} ${state.path}`, isSystems: isSystems(state) };
	if (right !== 'owner' && shift !== 0) return { ...about, mend: [['chmod', `${shift === 6 ? 'u' : 'g'}+${right}`]] };
	const owned = ['chown', String(who.uid)];
	const isEnough = right === 'owner' || allows({ ...state, uid: who.uid }, who, right);
	return { ...about, mend: isEnough ? [owned] : [owned, ['chmod', `u+${right}`]] };
}

const systemFolders =
	/^\/(?:$|(?:bin|boot|dev|etc|lib\w*|proc|root|run|sbin|sys|usr)(?:\/|$)|(?:home|mnt|opt|srv|tmp|var)$|var\/(?:cache|lib|log|run|spool)$)/;

function isSystems({ path, uid }: PathState): boolean {
	return uid === 0 && systemFolders.test(path);
}

/** What `stat -c` prints for `pathStates`. */
export const statFormat = '%n\t%U\t%G\t%u\t%g\t%a\t%F\t%m';

/** Reads what `stat -c statFormat` printed. */
export function pathStates(output: string): readonly PathState[] {
	return output.split('\n').flatMap((line) => {
		const [path, owner, group, uid, gid, mode, kind, mount] = line.split('\t');
		if (path === undefined || owner === undefined || group === undefined || kind === undefined) return [];
		return {
			path,
			owner,
			group,
			uid: Number(uid),
			gid: Number(gid),
			mode: Number.parseInt(mode ?? '0', 8) & 0o7777,
			isFolder: kind === 'directory',
			...(mount === undefined ? {} : { mount }),
		};
	});
}

/** As people read modes: `755`. */
export function octal(mode: number): string {
	return mode.toString(8).padStart(3, '0');
}
