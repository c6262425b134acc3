import { posix } from 'node:path';
import type { Artifact } from '#core/artifact/artifact.ts';
import { whyForeign } from '#core/job/trust.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork, messageOf } from './inputs.ts';
import { writeToRoom } from './room-stream.ts';
import { tarEnd, tarHeader, tarPadding } from './tar-walk.ts';
import { openZip } from './zip-in.ts';

const known = [
	'name',
	'artifact-ids',
	'path',
	'pattern',
	'merge-multiple',
	'github-token',
	'repository',
	'run-id',
	'skip-decompress',
	'digest-mismatch',
];

/** Does `actions/download-artifact`: artifacts of this run, or of another run of the project, into the room. */
export async function downloadArtifact(
	job: RunningJob,
	_caller: Frame,
	{ inputs: given, timeout }: ActionStep,
): Promise<Work> {
	try {
		const inputs = new BuiltInInputs(job, given, known);
		const target = targetOf(job, inputs.text('path'));
		const run = await runOf(job, inputs);
		const { wanted, isSingle } = await wantedOf(job, inputs, run);
		const merges = inputs.flag('merge-multiple');
		if (wanted.length > 0) job.log.say('Preparing to download the following artifacts:');
		for (const { name, id, sizeBytes, sha256 } of wanted)
			job.log.say(`- ${name} (ID: ${id}, Size: ${sizeBytes}, Expected Digest: sha256:${sha256})`);
		const isPlain = inputs.flag('skip-decompress');
		for (const artifact of wanted) {
			const folder = isSingle || merges ? target : `${target}/${artifact.name}`;
			await unpack(job, { artifact, folder, isPlain, timeout });
		}
		job.log.say(`Total of ${wanted.length} artifact(s) downloaded`);
		job.log.say('Download artifact has finished successfully');
		return doneWork({ 'download-path': target });
	} catch (error) {
		return failedWork(job, timeout, error);
	}
}

function targetOf(job: RunningJob, path: string): string {
	const home = path === '~' || path.startsWith('~/') ? `${job.room.home}${path.slice(1)}` : path;
	return posix.resolve(job.room.workspace, home).replace(/(.)\/$/, '$1');
}

/** The run whose artifacts are meant: by default this one. Code of a stranger sees no other. */
async function runOf(job: RunningJob, inputs: BuiltInInputs): Promise<string> {
	const { run, trigger } = job.request;
	const [asked, repository] = [inputs.text('run-id'), inputs.text('repository')];
	const own = String(job.contexts['github']?.['repository'] ?? '');
	if (repository !== '' && repository.toLowerCase() !== own.toLowerCase())
		throw new Error(`Unable to download artifacts of ${repository}: only those of ${own} are kept here`);
	if (asked === '' || asked === run.id) return run.id;
	if (whyForeign(trigger) !== undefined)
		throw new Error(`Unable to download artifacts of run ${asked}: ${whyForeign(trigger)}, which sees its own only`);
	const found = await job.ports.storage.findRun(run.project, asked);
	if (found === undefined) throw new Error(`Unable to download artifacts: there is no run ${asked}`);
	job.log.say(
		`Artifacts are those of run ${asked}: ${found.ref.replace(/^refs\/(heads|tags)\//, '')} at ${found.sha.slice(0, 12)}`,
	);
	return found.run;
}

interface Wanted {
	readonly wanted: readonly Artifact[];
	/** It goes right into the folder. */
	readonly isSingle: boolean;
}

async function wantedOf(job: RunningJob, inputs: BuiltInInputs, run: string): Promise<Wanted> {
	const all = await job.ports.storage.artifacts.list(job.request.run.project, run);
	const [name, pattern] = [inputs.text('name'), inputs.text('pattern')];
	const ids = inputs.text('artifact-ids');
	if (name !== '' && ids !== '')
		throw new Error("Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.");
	if (name !== '') {
		job.log.say('Downloading single artifact');
		const artifact = all.find((other) => other.name === name);
		if (artifact === undefined) throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
		return { wanted: [artifact], isSingle: true };
	}
	if (ids !== '') return byIds(all, ids);
	const matches = pattern === '' ? all : all.filter((other) => posix.matchesGlob(other.name, pattern));
	job.log.say(
		pattern === ''
			? 'No input name, artifact-ids or pattern filtered specified, downloading all artifacts'
			: `Filtering artifacts by pattern '${pattern}'`,
	);
	if (!inputs.flag('merge-multiple'))
		job.log.say('An extra directory with the artifact name will be created for each download');
	return { wanted: matches.toReversed(), isSingle: false };
}

function byIds(all: readonly Artifact[], text: string): Wanted {
	const ids = text
		.split(/[,\s]+/)
		.filter((id) => id !== '')
		.map((id) => {
			if (!/^\d{1,15}$/.test(id)) throw new Error(`Invalid artifact ID: '${id}'. Must be a number.`);
			return Number(id);
		});
	const wanted = all.filter(({ id }) => ids.includes(id)).toReversed();
	if (wanted.length === 0) throw new Error('None of the provided artifact IDs were found');
	const missing = ids.filter((id) => !wanted.some((artifact) => artifact.id === id));
	if (missing.length > 0) throw new Error(`Could not find the following artifact IDs: ${missing.join(', ')}`);
	return { wanted, isSingle: ids.length === 1 };
}

interface Unpacking {
	readonly artifact: Artifact;
	readonly folder: string;
	/** An archive is kept as it is. */
	readonly isPlain: boolean;
	readonly timeout: AbortSignal;
}

async function unpack(job: RunningJob, { artifact, folder, isPlain, timeout }: Unpacking): Promise<void> {
	const { storage, clock } = job.ports;
	const content = await storage.artifacts.content(artifact);
	if (content === undefined) throw new Error(`Unable to download artifact(s): ${artifact.name} was removed meanwhile`);
	job.log.say(`Starting download of artifact to: ${folder}`);
	const isZip = artifact.mime === 'application/zip';
	const archive = async function* () {
		if (isZip && !isPlain) return yield* (await openZip(content)).tar();
		yield tarHeader(isZip ? `${artifact.name}.zip` : artifact.name, content.sizeBytes, clock.now());
		yield* content.read();
		yield* tarPadding(content.sizeBytes);
		yield tarEnd;
	};
	const script = 'mkdir -p -- "$2" && exec tar -x -B --no-same-owner -C "$2" -f -';
	try {
		await writeToRoom(job, { script, args: [folder], cwd: job.room.workspace, timeout }, archive());
	} catch (error) {
		throw new Error(`Unable to download and extract artifact ${artifact.name}: ${messageOf(error)}`, { cause: error });
	}
	job.log.say('Artifact download completed successfully.');
}
