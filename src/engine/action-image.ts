import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { ContainerRuns } from '#core/action/action.ts';
import { plainSettings } from '#core/container/container.ts';
import { ProblemError } from '#core/result.ts';
import type { Image } from '#edge/container/container.ts';
import { isWithin } from './action-find.ts';
import { haveImage } from './images.ts';
import type { PlacedAction, RunningJob } from './running-job.ts';

/** The image that an action runs in: one of a registry, or one that is built of the action's folder. */
export async function actionImage(
	job: RunningJob,
	{ image }: Pick<ContainerRuns, 'image'>,
	{
		placed,
		uses,
		signal,
	}: { readonly placed: PlacedAction | undefined; readonly uses: string; readonly signal: AbortSignal },
): Promise<Image> {
	const { containers, log, request, ports } = job;
	const { engine } = containers;
	const place = { engine, clock: ports.clock, log, request, signal };
	if (image.startsWith('docker://'))
		return haveImage(place, { image: image.slice('docker://'.length), options: plainSettings }, uses);
	if (placed === undefined) throw new Error('an image is built of an action');
	const file = posix.join(placed.folder, image);
	if (!isWithin(file, placed.tree.folder)) throw new ProblemError(outside(image));
	const context = await packedFolder(job, posix.dirname(file), signal);
	const name = `footbridge-action:${createHash('sha256').update(posix.basename(file)).update(context).digest('hex').slice(0, 32)}`;
	if ((await engine.image(name)) === undefined) {
		log.say(`##[group]Building ${uses}`);
		const labels = { 'footbridge.action': uses };
		const say = (line: string) => void log.say(line);
		await engine
			.build({ name, context, dockerfile: posix.basename(file), labels, say, signal })
			.finally(() => log.say('##[endgroup]'));
	}
	return haveImage(place, { image: name, options: plainSettings }, uses);
}

function outside(image: string) {
	return {
		code: 'FB2105',
		what: `The action's image ${image} is outside its repository`,
		next: 'name a Dockerfile of the repository',
	};
}

/** What the job sees of a folder: it is read in the room, with the job's rights. */
async function packedFolder(job: RunningJob, folder: string, signal: AbortSignal): Promise<Uint8Array> {
	const program = `${job.room.temp}/_runner_pack_folder/pack-folder-program.ts`;
	await job.room.put(program, await readFile(new URL('./pack-folder-program.ts', import.meta.url), 'utf8'));
	const chunks: Uint8Array[] = [];
	let size = 0;
	const end = await job.room.run({
		argv: [`${job.ports.places.node}/node`, '--no-warnings', program, folder],
		env: {},
		cwd: job.room.workspace,
		output: (chunk) => {
			size += chunk.length;
			if (size <= mostBytes) chunks.push(chunk);
		},
		signal,
	});
	if (end.exitCode === 0 && size <= mostBytes) return Buffer.concat(chunks);
	const why =
		size > mostBytes
			? 'its folder has more than 256 MiB'
			: (end.error ?? Buffer.concat(chunks).toString().slice(-1000));
	throw new ProblemError({
		code: 'FB2105',
		what: 'The image of the action cannot be built',
		why,
		next: 'look at the folder of the action',
	});
}

const mostBytes = 256 * 1024 * 1024;
