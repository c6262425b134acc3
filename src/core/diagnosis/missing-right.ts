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
}

export interface Who {
	readonly uid: number;
	readonly gids: readonly number[];
}

export interface MissingRight {
	readonly state: PathState;
	readonly right: 'r' | 'w' | 'x';
	/** What the right would allow. */
	readonly toDo: string;
	/** Arguments of chmod or chown that give it, without the path. */
	readonly mend: readonly string[];
}

/** Which right on which component a refused call lacked; undefined when the modes allow it (then it is something else: a mount, an attribute). */
export function missingRight(call: FailingCall, components: readonly PathState[], who: Who): MissingRight | undefined {
	const target = components.at(-1);
	if (target === undefined) return undefined;
	const isThere = target.path === call.path;
	const folders = isThere ? components.slice(0, -1) : components;
	const closed = folders.find((folder) => folder.isFolder && !allows(folder, who, 'x'));
	if (closed !== undefined) return lacking(closed, who, 'x', 'enter the folder');
	if (isThere && !changesFolder(call)) {
		const right = rightFor(call);
		return allows(target, who, right)
			? undefined
			: lacking(target, who, right, right === 'x' ? 'run it' : right === 'w' ? 'write it' : 'read it');
	}
	const folder = isThere ? components.at(-2) : target;
	if (folder === undefined || allows(folder, who, 'w')) return undefined;
	return lacking(folder, who, 'w', 'write in the folder');
}

function changesFolder(call: FailingCall): boolean {
	return /^(mkdir|rmdir|unlink|rename|link|symlink|mknod)/.test(call.call);
}

function rightFor(call: FailingCall): 'r' | 'w' | 'x' {
	if (call.call.startsWith('exec')) return 'x';
	if (/O_WRONLY|O_RDWR|W_OK/.test(call.arguments) || /^(truncate|utime)/.test(call.call)) return 'w';
	return 'r';
}

const bits = { r: 4, w: 2, x: 1 } as const;

/** The kernel's rule: the owner's bits for the owner, else the group's for the group, else the others'; root may. */
function allows(state: PathState, who: Who, right: 'r' | 'w' | 'x'): boolean {
	if (who.uid === 0) return true;
	return ((state.mode >> shiftFor(state, who)) & bits[right]) !== 0;
}

function shiftFor(state: PathState, who: Who): 6 | 3 | 0 {
	if (state.uid === who.uid) return 6;
	return who.gids.includes(state.gid) ? 3 : 0;
}

function lacking(state: PathState, who: Who, right: 'r' | 'w' | 'x', toDo: string): MissingRight {
	const shift = shiftFor(state, who);
	const mend = shift === 0 ? ['chown', String(who.uid)] : ['chmod', `${shift === 6 ? 'u' : 'g'}+${right}`];
	return { state, right, toDo, mend };
}

/** Reads `stat -c '%n<TAB>%U<TAB>%G<TAB>%u<TAB>%g<TAB>%a<TAB>%F'`. */
export function pathStates(output: string): readonly PathState[] {
	return output.split('\n').flatMap((line) => {
		const [path, owner, group, uid, gid, mode, kind] = line.split('\t');
		if (path === undefined || owner === undefined || group === undefined || kind === undefined) return [];
		return {
			path,
			owner,
			group,
			uid: Number(uid),
			gid: Number(gid),
			mode: Number.parseInt(mode ?? '0', 8) & 0o7777,
			isFolder: kind === 'directory',
		};
	});
}

/** `drwxr-xr-x` is for machines; people read `755`. */
export function octal(mode: number): string {
	return mode.toString(8).padStart(3, '0');
}
