import { existsSync } from 'node:fs';
import type { Entrance, RoomPrograms } from '#core/isolation/launch.ts';
import type { FileOwner } from './room-files.ts';
import type { RoomSpec } from './sandbox.ts';

/** What differs between rooms that root makes and rooms that an ordinary user makes. */
export interface RoomMaker {
	/** One sentence, where it is known without a trial that it cannot. */
	whyNot(): string | undefined;
	/** What a trial that failed with this complaint means, where something is known of it. */
	explain?(complaint: string): string;
	/** Fills the room's directory with all that is mounted. */
	makeFolders(spec: RoomSpec): void;
	/** The command that makes the room and holds it. */
	hold(directory: string, network: 'shared' | 'private'): readonly string[];
	/** The command that runs `argv` in it. */
	enter(entrance: Omit<Entrance, 'rights'>, argv: readonly string[]): readonly string[];
	/** Whom the files of jobs belong to; absent: the user that Footbridge runs as. */
	readonly owner: FileOwner | undefined;
}

/** Why no room can be made by this machine's programs; undefined where they are all there. */
export function whyNoPrograms(): string | undefined {
	if (process.platform !== 'linux') return 'a copy of the machine needs Linux';
	const missing = Object.entries(findPrograms()).find(([, path]) => path === undefined);
	return missing === undefined ? undefined : `the program ${missing[0]} is missing (util-linux and coreutils have it)`;
}

/** Where the programs are; only to be asked where rooms can be made. */
export function roomPrograms(): RoomPrograms {
	const { unshare, nsenter, setpriv, chroot } = findPrograms();
	if (unshare === undefined || nsenter === undefined || setpriv === undefined || chroot === undefined)
		throw new Error('prepare was called where the tier is not available');
	return { unshare, nsenter, setpriv, chroot };
}

function findPrograms(): { readonly [name in keyof RoomPrograms]: string | undefined } {
	const find = (name: string) =>
		['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
	return { unshare: find('unshare'), nsenter: find('nsenter'), setpriv: find('setpriv'), chroot: find('chroot') };
}
