import type { ContainerDefinition } from '#core/container/definition.ts';
import { imageReference, isNewest } from '#core/container/image-reference.ts';
import { ProblemError, problemOf } from '#core/result.ts';
import type { Clock } from '#edge/clock/clock.ts';
import type { ContainerEngine, Image } from '#edge/container/container.ts';
import type { JobLog } from './job-log.ts';
import type { JobRequest } from './job-request.ts';

/** Where images are brought, and whom that is told. */
export interface ImagePlace {
	readonly engine: ContainerEngine;
	readonly clock: Clock;
	readonly log: JobLog;
	readonly request: JobRequest;
	readonly signal: AbortSignal;
}

/**
 * Sees to it that an image is here: pulled where it is not, and where its name means the newest one. Such a one that cannot be asked
 * for is taken as it is. What it was goes into the record. `container` says for which container of the job it is.
 */
export async function haveImage(
	{ engine, log, request, signal }: ImagePlace,
	{ image: name, credentials, options }: Pick<ContainerDefinition, 'image' | 'credentials' | 'options'>,
	container: string,
): Promise<Image> {
	const before = await engine.image(name);
	const reference = imageReference(name);
	if (before === undefined || (reference !== undefined && isNewest(reference))) {
		log.say(`Pulling ${name}`);
		try {
			await engine.pull(name, {
				...(credentials === undefined ? {} : { credentials }),
				...(options.platform === undefined ? {} : { platform: options.platform }),
				say: (line) => log.say(line),
				signal,
			});
		} catch (error) {
			if (before === undefined || signal.aborted) throw error;
			log.say(`Warning: ${problemOf(error).what}, so it is the one that is here: ${problemOf(error).why ?? ''}`);
		}
	}
	const image = await engine.image(name);
	if (image === undefined) throw new ProblemError({ code: 'FB2104', what: `The image ${name} is gone again` });
	log.say(`Image ${name} is ${image.digest ?? image.id}`);
	const { job, attempt } = request;
	await request.emit({
		kind: 'image-used',
		job: job.key,
		attempt,
		container,
		image: name,
		id: image.id,
		...(image.digest === undefined ? {} : { digest: image.digest }),
	});
	return image;
}
