import { chmodSync, realpathSync } from 'node:fs';
import { ProblemError } from '#core/result.ts';
import { type RoomEngine, roomContainer, roomFolders } from './container-request.ts';
import { type HeldRoom, makeContainerRoom } from './container-room.ts';
import { containerRuntime } from './container-runtime.ts';
import { HolderAnswers, HolderSession } from './container-session.ts';
import { openFifos } from './fifos.ts';
import { type Ladder, usualLadder } from './room-process.ts';
import { claimDirectory, removeTree, sweepRooms } from './room-record.ts';
import type { Room, RoomSpec, Sandbox } from './sandbox.ts';

/** How the tier `container` is set up. */
export interface ContainerTierOptions {
	readonly engine: RoomEngine;
	/** Folder of this machine for what containers need of Footbridge. */
	readonly folder: string;
	readonly ladder?: Ladder;
}

/** By this label the containers of a room are known. */
const roomLabel = 'footbridge.room';

/**
 * Rooms that are containers, laid out as on GitHub: `/__w` for the workspace, `/__t` for tools, `/github/home`. A program of
 * Footbridge's own holds the container, starts the steps there and ends with the connection to its owner, and the container goes with
 * it: a room never outlives its Footbridge. The engine must be on this machine.
 */
export function containerSandbox(options: ContainerTierOptions): Sandbox {
	const { engine } = options;
	return {
		tier: 'container',
		available: async () => (process.platform === 'linux' ? engine.available() : 'containers of jobs need Linux'),
		prepare: (spec) => prepareRoom(spec, options),
		sweep: (directory) =>
			sweepRooms(directory, 'container', async ({ id }) => {
				if ((await engine.available()) === undefined) await engine.sweep(`${roomLabel}=${id}`);
			}),
	};
}

async function prepareRoom(
	spec: RoomSpec,
	{ engine, folder, ladder = usualLadder }: ContainerTierOptions,
): Promise<Room> {
	const { container } = spec;
	if (container === undefined) throw new ProblemError(noImage);
	claimDirectory(spec.directory, 'container', spec.id);
	const directory = realpathSync(spec.directory);
	try {
		const runtime = containerRuntime(folder);
		const fifos = openFifos(`${directory}/pipes`);
		// Root of a container may be anybody outside of it.
		chmodSync(`${directory}/pipes`, 0o755);
		const folders = roomFolders(spec, directory);
		const image = await engine.image(container.image);
		const { request, env } = roomContainer({
			spec: { ...spec, directory },
			container: { ...container, labels: { ...container.labels, [roomLabel]: spec.id } },
			folders,
			runtime,
			image: image?.env ?? {},
		});
		const id = await engine.create(request);
		const answers = new HolderAnswers();
		const held = await engine.start(id, (chunk, stream) => answers.push(chunk, stream));
		const session = new HolderSession(held, answers);
		const room: HeldRoom = { id, spec, directory, folders, session, env, ladder, fifos };
		const user = container.settings.user ?? image?.user ?? '';
		return await makeContainerRoom(room, { user, runtime, end: () => engine.remove(id) });
	} catch (error) {
		await engine.sweep(`${roomLabel}=${spec.id}`);
		await removeTree(directory);
		throw error;
	}
}

const noImage = {
	code: 'FB2102',
	what: 'A job that is to run in a container names no image',
	next: 'add `container: <image>` to the job, or choose another tier for its label in footbridge.yaml',
};
