import { join } from 'node:path';
import { plainSettings } from '#core/container/container.ts';
import { dockerEngine } from '#edge/container/docker.ts';
import { containerSandbox } from '#edge/sandbox/container.ts';
import type { RoomContainer, Sandbox } from '#edge/sandbox/sandbox.ts';
import { testImage } from '../needs.ts';

/** A container of the image of the tests, of which nothing else is said. */
export const testContainer: RoomContainer = {
	image: testImage,
	env: {},
	volumes: [],
	ports: [],
	settings: plainSettings,
	labels: {},
};

/** The tier `container`, whose rooms are of the image of the tests where nothing else is said. */
export function testContainers(place: string): Sandbox {
	const ladder = { interruptMs: 300, terminateMs: 500 };
	const sandbox = containerSandbox({ engine: dockerEngine(), folder: join(place, 'containers'), ladder });
	return { ...sandbox, prepare: (spec) => sandbox.prepare({ container: testContainer, ...spec }) };
}
