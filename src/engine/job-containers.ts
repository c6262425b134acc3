import { mkdir, rm } from 'node:fs/promises';
import { ownVolumes } from '#core/container/volume.ts';
import type { Json } from '#core/plan.ts';
import { failed, ok, type Problem, problemOf, type Result } from '#core/result.ts';
import type { ContainerEngine } from '#edge/container/container.ts';
import type { Room, RoomContainer } from '#edge/sandbox/sandbox.ts';
import type { AskedContainers } from './container-values.ts';
import { haveImage, type ImagePlace } from './images.ts';
import { ServiceContainers } from './service-containers.ts';

/** The containers of a job that is under way. */
export interface JobContainers {
	readonly engine: ContainerEngine;
	/** By these they are known when nobody else knows them any more. */
	readonly labels: { readonly [name: string]: string };
	/** The network that they share; absent: they have none of their own. */
	readonly network?: string;
	/** What the room is made of, where the job's steps run in one. */
	readonly room?: RoomContainer;
	/** `job.services`. */
	readonly services: { readonly [id: string]: Json };
	/** Ends them, and keeps what they said in the log. */
	close(): Promise<void>;
}

interface Opening extends ImagePlace {
	/** Of the room. */
	readonly id: string;
	readonly asked: AskedContainers;
	/** The room's folder on this machine. */
	readonly directory: string;
}

/** Starts what a job asks for, and waits until it is healthy. FB2103 ... FB2108: what kept it from starting; nothing is left then. */
export async function openJobContainers(opening: Opening): Promise<Result<JobContainers>> {
	const { asked, engine, log, id, directory } = opening;
	const labels = { [roomLabel]: id };
	if (asked.container === undefined && asked.services.length === 0)
		return ok({ engine, labels, services: {}, close: async () => undefined });
	const why = await engine.available();
	if (why !== undefined) return failed(noEngine(why));
	log.say('##[group]Initialize containers');
	// What is left of a room is swept by the name of its folder.
	await mkdir(directory, { recursive: true, mode: 0o700 });
	const services = new ServiceContainers(opening, labels);
	try {
		log.say(`Container engine: ${await engine.version()}`);
		const network = `footbridge-${id}`;
		await engine.createNetwork(network, labels);
		const room = await roomOf(opening, { labels, network });
		await services.start(asked.services, network);
		await services.waitUntilHealthy();
		log.say('##[endgroup]');
		return ok({
			engine,
			labels,
			network,
			...(room === undefined ? {} : { room }),
			services: await services.context(network),
			close: async () => {
				log.say('##[group]Stop containers');
				await services.keepLogs();
				await leave(opening, labels);
				log.say('##[endgroup]');
			},
		});
	} catch (error) {
		log.say('##[endgroup]');
		await services.keepLogs();
		await leave(opening, labels);
		await rm(directory, { recursive: true, force: true });
		return failed(problemOf(error));
	}
}

/** What was made is found by its label: also what nobody was told of. */
async function leave({ engine }: Opening, labels: JobContainers['labels']): Promise<void> {
	await engine.sweep(`${roomLabel}=${labels[roomLabel]}`);
}

/** Removes the containers, networks and volumes of rooms that a killed Footbridge left. */
export async function sweepContainers(engine: ContainerEngine, rooms: readonly string[]): Promise<void> {
	if (rooms.length === 0 || (await engine.available()) !== undefined) return;
	for (const room of rooms) await engine.sweep(`${roomLabel}=${room}`);
}

/** By this label of theirs the containers of a room are known. */
const roomLabel = 'footbridge.room';

async function roomOf(
	opening: Opening,
	{ labels, network }: { readonly labels: JobContainers['labels']; readonly network: string },
): Promise<RoomContainer | undefined> {
	const { container } = opening.asked;
	if (container === undefined) return undefined;
	const image = await haveImage(opening, container, 'job');
	return {
		image: image.id,
		env: container.env,
		volumes: ownVolumes(container.volumes, opening.id),
		ports: container.ports,
		settings: container.options,
		network: { name: network, aliases: [] },
		labels,
	};
}

/** FB2107: how to get a container engine. */
export function noEngine(why: string): Problem {
	return {
		code: 'FB2107',
		what: 'The job needs a container engine, and there is none',
		why,
		next: 'install Docker (apt-get install docker.io) or Podman (apt-get install podman; systemctl --user enable --now podman.socket), or name its socket in DOCKER_HOST',
	};
}

type Contexts = { readonly [name: string]: { readonly [name: string]: Json } };

/** The contexts of a job with `job.container` and `job.services`. */
export function withContainers<Given extends Contexts>(
	contexts: Given,
	{ services, network }: JobContainers,
	{ container }: Pick<Room, 'container'>,
): Given {
	const own = { ...(container === undefined ? {} : { id: container }), ...(network === undefined ? {} : { network }) };
	return { ...contexts, job: { ...contexts['job'], container: own, services } };
}
