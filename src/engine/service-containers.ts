import { ownVolumes } from '#core/container/volume.ts';
import type { Json } from '#core/plan.ts';
import { ProblemError } from '#core/result.ts';
import type { ContainerState } from '#edge/container/container.ts';
import type { AskedService } from './container-values.ts';
import { haveImage, type ImagePlace } from './images.ts';

/** The `services` of a job. */
export class ServiceContainers {
	readonly #place: ImagePlace & { readonly id: string };
	readonly #labels: { readonly [name: string]: string };
	readonly #started: Service[] = [];

	constructor(place: ImagePlace & { readonly id: string }, labels: { readonly [name: string]: string }) {
		this.#place = place;
		this.#labels = labels;
	}

	/** Pulls and starts them, one after the other, each reached in the network by its id. */
	async start(services: readonly AskedService[], network: string): Promise<void> {
		const { engine, log, id: room } = this.#place;
		for (const { id, definition } of services) {
			log.say(`Starting the service ${id}`);
			const image = await haveImage(this.#place, definition, id);
			const container = await engine.create({
				image: image.id,
				labels: { ...this.#labels, 'footbridge.service': id },
				env: definition.env,
				...(definition.entrypoint === undefined ? {} : { entrypoint: definition.entrypoint }),
				...(definition.command === undefined ? {} : { command: definition.command }),
				volumes: ownVolumes(definition.volumes, room),
				ports: definition.ports,
				network: { name: network, aliases: [id] },
				settings: definition.options,
			});
			this.#started.push({ id, container });
			await engine.start(container);
			const { ports } = await engine.state(container);
			for (const [inside, outside] of Object.entries(ports)) log.say(`${id}: port ${inside} is 127.0.0.1:${outside}`);
		}
	}

	/** Waits for those that say how healthy they are. FB2108: one ended, or is not healthy. */
	async waitUntilHealthy(): Promise<void> {
		const { clock, engine, log, signal } = this.#place;
		for (const service of this.#started) {
			let told = 0;
			const began = clock.monotonic();
			for (;;) {
				signal.throwIfAborted();
				const state = await engine.state(service.container);
				if (state.exitCode === 0) {
					log.say(`${service.id} has ended, with exit code 0`);
					break;
				}
				const isTooLong = clock.monotonic() - began > longestMs;
				if (!state.isRunning || state.health === 'unhealthy' || isTooLong)
					throw new ProblemError(await this.#broken(service, state));
				if (state.health !== 'starting') {
					if (state.health === 'healthy') log.say(`${service.id} is healthy`);
					break;
				}
				const seconds = Math.floor((clock.monotonic() - began) / 1000);
				if (seconds >= told + toldEverySeconds) {
					told = seconds;
					log.say(
						`${service.id} is starting for ${seconds} s${state.healthOutput === '' ? '' : `: ${state.healthOutput}`}`,
					);
				}
				await clock.sleep(lookEveryMs, signal);
			}
		}
	}

	/** `job.services`. */
	async context(network: string): Promise<{ readonly [id: string]: Json }> {
		const { engine } = this.#place;
		const entries = await Promise.all(
			this.#started.map(async ({ id, container }) => {
				const { ports } = await engine.state(container);
				const mapped = Object.entries(ports).map(([port, host]) => [port.replace(/\/tcp$/, ''), String(host)] as const);
				return [id, { id: container, network, ports: Object.fromEntries(mapped) }] as const;
			}),
		);
		return Object.fromEntries(entries);
	}

	/** Writes what they said into the log; said is where it begins, when it was more than that. */
	async keepLogs(): Promise<void> {
		const { engine, log } = this.#place;
		for (const { id, container } of this.#started) {
			const said = await engine.logs(container, keptLines + 1).catch(() => '');
			const lines = said.replace(/\n$/, '').split('\n');
			log.say(`Log of the service ${id}${lines.length > keptLines ? `, its last ${keptLines} lines` : ''}:`);
			if (said !== '') log.say(lines.slice(-keptLines).join('\n'));
		}
	}

	async #broken({ id, container }: Service, state: ContainerState) {
		const said = (await this.#place.engine.logs(container, shownLines)).trim();
		const ended = state.isOutOfMemory ? 'it had too little memory' : `it ended with exit code ${state.exitCode}`;
		const why = state.isRunning
			? `its health check fails${state.healthOutput === '' ? '' : `: ${state.healthOutput}`}`
			: ended;
		return {
			code: 'FB2108',
			what: `The service ${id} ${state.isRunning ? 'is not healthy' : 'has ended'}`,
			why: said === '' ? why : `${why}; its last words are: ${said}`,
			next: state.isRunning
				? 'compare the command of --health-cmd with what the image has, and give it more time with --health-retries'
				: 'its log is below; mostly a variable in `env` is missing',
		};
	}
}

interface Service {
	readonly id: string;
	/** Id of its container. */
	readonly container: string;
}

const lookEveryMs = 200;
/** An engine that never looks at the health of a container must not hold up its job for ever. */
const longestMs = 10 * 60_000;
const toldEverySeconds = 5;
const shownLines = 10;
const keptLines = 2000;
