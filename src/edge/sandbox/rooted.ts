import { runner } from '#core/isolation/accounts.ts';
import { type Entrance, enterRoom, holdRoom } from '#core/isolation/launch.ts';
import { makeOverlayFolders } from './overlay-folders.ts';
import { type RoomMaker, roomPrograms, whyNoPrograms } from './room-maker.ts';

/** Rooms that root makes: an overlay of the whole machine, and a user of their own. */
export function rootedMaker(rights: Entrance['rights']): RoomMaker {
	return {
		whyNot() {
			if (process.platform === 'linux' && process.getuid?.() !== 0) return 'Footbridge does not run as root';
			return whyNoPrograms();
		},
		makeFolders: makeOverlayFolders,
		hold: (directory, network) => holdRoom(roomPrograms(), directory, network),
		enter: (entrance, argv) => enterRoom(roomPrograms(), { ...entrance, rights }, argv),
		owner: runner,
	};
}
