import { readFileSync } from 'node:fs';
import { enterRootlessRoom, holdRootlessRoom } from '#core/isolation/rootless-launch.ts';
import { whyNoUserNamespaces } from '#core/isolation/user-namespaces.ts';
import { type RoomMaker, roomPrograms, whyNoPrograms } from './room-maker.ts';
import { makeRootlessFolders } from './rootless-folders.ts';

/**
 * Rooms that an ordinary user makes by user namespaces: the machine's programs read-only, everything else their own. A job is shown as
 * `runner` there, and is this user to the rest of the machine: of which it sees no file, process or socket with a name. What the kernel
 * names itself (abstract sockets) and ports of this machine can be reached unless its network is private.
 */
export function rootlessMaker(): RoomMaker {
	return {
		whyNot: () => whyNoPrograms() ?? whyNoUserNamespaces(kernelSetting, 'known')?.why,
		explain: (complaint) => whyNoUserNamespaces(kernelSetting, 'failed')?.why ?? complaint,
		makeFolders: makeRootlessFolders,
		hold: (directory, network) => holdRootlessRoom(roomPrograms(), directory, network),
		enter: (entrance, argv) => enterRootlessRoom(roomPrograms(), entrance, argv),
		owner: undefined,
	};
}

/** A setting of the kernel by its name in sysctl; undefined where this kernel has none of that name. */
export function kernelSetting(name: string): string | undefined {
	try {
		return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim();
	} catch {
		return undefined;
	}
}
