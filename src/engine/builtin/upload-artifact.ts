import { randomUUID } from 'node:crypto';
import { basename } from 'node:path/posix';
import { type Artifact, artifactNameProblem, retention, type Uploader } from '#core/artifact/artifact.ts';
import type { Annotation } from '#core/event.ts';
import type { Result } from '#core/result.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork, warned } from './inputs.ts';
import { type FoundFiles, listFiles } from './list-files.ts';
import { readFromRoom } from './room-stream.ts';
import { zipOf } from './zip-out.ts';

const known = [
	'name',
	'path',
	'if-no-files-found',
	'retention-days',
	'compression-level',
	'overwrite',
	'include-hidden-files',
	'archive',
];

/** Does `actions/upload-artifact`: files of the room as one artifact of the run. */
export async function uploadArtifact(
	job: RunningJob,
	_caller: Frame,
	{ inputs: given, timeout }: ActionStep,
): Promise<Work> {
	try {
		const asked = read(new BuiltInInputs(job, given, known));
		const found = granted(
			await listFiles(job, { patterns: asked.path, kind: 'artifact', skipsHidden: !asked.includesHidden }, timeout),
		);
		if (found.count === 0) return nothingFound(job, asked);
		const files = `${found.count} file${found.count === 1 ? '' : 's'}`;
		job.log.say(`With the provided path, there will be ${files} uploaded`);
		return await upload(job, asked, found, timeout);
	} catch (error) {
		return failedWork(job, timeout, error);
	}
}

interface Asked {
	readonly name: string;
	readonly path: string;
	readonly ifNoFiles: string;
	readonly days: number | undefined;
	readonly level: number;
	readonly overwrites: boolean;
	readonly includesHidden: boolean;
	readonly isPacked: boolean;
}

function read(inputs: BuiltInInputs): Asked {
	const path = inputs.text('path');
	if (path === '') throw new Error('Input required and not supplied: path');
	const ifNoFiles = inputs.text('if-no-files-found') || 'warn';
	if (!['warn', 'error', 'ignore'].includes(ifNoFiles))
		throw new Error(
			`Unrecognized if-no-files-found input. Provided: ${ifNoFiles}. Available options: warn,error,ignore`,
		);
	const level = inputs.number('compression-level') ?? 6;
	if (level > 9) throw new Error('Invalid compression-level. Valid values are 0-9');
	const name = inputs.text('name') || 'artifact';
	const problem = artifactNameProblem(name);
	if (problem !== undefined) throw new Error(`The artifact name is not valid: ${name}. ${problem}`);
	return {
		name,
		path,
		ifNoFiles,
		days: inputs.number('retention-days'),
		level,
		overwrites: inputs.flag('overwrite'),
		includesHidden: inputs.flag('include-hidden-files'),
		isPacked: inputs.flag('archive', true),
	};
}

function nothingFound(job: RunningJob, { ifNoFiles, path }: Asked): Work {
	const message = `No files were found with the provided path: ${path}. No artifacts will be uploaded.`;
	if (ifNoFiles === 'error') throw new Error(message);
	if (ifNoFiles === 'warn') return doneWork({}, [warned(job, message)]);
	job.log.say(message);
	return doneWork();
}

async function upload(job: RunningJob, asked: Asked, found: FoundFiles, timeout: AbortSignal): Promise<Work> {
	const { artifacts } = job.ports.storage;
	const { project } = job.request.run;
	const by = uploaderOf(job);
	if (!asked.isPacked && found.count !== 1)
		throw new Error('When archive is set to false, only a single file can be uploaded. Found more than one file.');
	const name = asked.isPacked ? asked.name : await onlyFile(job, found);
	if (asked.overwrites) await removeOld(job, name);
	const wanted = { name, mime: asked.isPacked ? 'application/zip' : 'application/octet-stream', days: asked.days ?? 0 };
	const warnings: Annotation[] = daysWarning(job, asked.days);
	const begun = granted(await artifacts.begin(project, by, wanted));
	job.log.say('Artifact name is valid!');
	job.log.say('Root directory input is valid!');
	job.log.say('Beginning upload of artifact content to blob storage');
	const content = await begun.upload();
	const block = randomUUID();
	const mend = (path: string) =>
		credentialFilter(path, () => warnings.push(warned(job, `A token was taken out of ${path}`)));
	const script = asked.isPacked ? 'tar -c -h --format=pax --no-recursion --null -T "$2" -f -' : 'cat -- "./$2"';
	const source = readFromRoom(job, {
		script,
		args: [asked.isPacked ? found.list : name],
		cwd: found.root,
		timeout,
	});
	try {
		await content.write(block, asked.isPacked ? zipOf(source, { level: asked.level, mend }) : source);
		await content.commit([block]);
	} catch (error) {
		await job.ports.storage.abandon(begun.blob);
		throw error;
	}
	job.log.say('Finished uploading artifact content to blob storage!');
	const artifact = granted(await artifacts.finish(project, by, { ...wanted, blob: begun.blob }, {}));
	return told(job, artifact, warnings);
}

/** Its name is that of the file. */
async function onlyFile(job: RunningJob, { list }: FoundFiles): Promise<string> {
	const text = (await job.room.get(list, 65_536)) ?? '';
	const path = text.replace(/\0$/, '');
	if (basename(path) !== path) throw new Error('When archive is set to false, the path must lead to a single file');
	return path;
}

async function removeOld(job: RunningJob, name: string): Promise<void> {
	const { artifacts } = job.ports.storage;
	const { project, id } = job.request.run;
	const old = (await artifacts.list(project, id)).find((artifact) => artifact.name === name);
	if (old === undefined) {
		job.log.say(`Skipping deletion of '${name}', it does not exist`);
		return;
	}
	await artifacts.remove(project, old, `job ${job.request.job.key} uploaded it again`);
	job.log.say(`Artifact '${name}' (ID: ${old.id}) deleted`);
}

function daysWarning(job: RunningJob, days: number | undefined): Annotation[] {
	if (days === undefined || days <= retention.longestDays) return [];
	const message = `Retention days cannot be greater than the maximum allowed retention set within the repository. Using ${retention.longestDays} instead.`;
	return [warned(job, message)];
}

/** Git keeps the token of a checkout in this file; who downloads the artifact must not have it. */
function credentialFilter(path: string, onFound: () => void): ((text: string) => string) | undefined {
	if (!/(^|\/)\.git\/config$/.test(path)) return undefined;
	return (text) => {
		const clean = text
			.replaceAll(/^.*\bextraheader\b.*$/gim, '')
			.replaceAll(/^(\s*(?:push)?url\s*=\s*\w+:\/\/)[^/@\s]+@/gim, '$1');
		if (clean !== text) onFound();
		return clean;
	};
}

function told(job: RunningJob, artifact: Artifact, warnings: readonly Annotation[]): Work {
	const github = job.contexts['github'] ?? {};
	const url = `${github['server_url']}/${github['repository']}/actions/runs/${github['run_id']}/artifacts/${artifact.id}`;
	const { name, id, sizeBytes, sha256 } = artifact;
	job.log.say(`SHA256 digest of uploaded artifact is ${sha256}`);
	job.log.say(`Artifact ${name} successfully finalized. Artifact ID ${id}`);
	job.log.say(
		`Artifact ${name} has been successfully uploaded! Final size is ${sizeBytes} bytes. Artifact ID is ${id}`,
	);
	job.log.say(`Artifact download URL: ${url}`);
	return doneWork({ 'artifact-id': String(id), 'artifact-url': url, 'artifact-digest': sha256 }, warnings);
}

/** The job as the one that uploads. */
function uploaderOf({ request }: RunningJob): Uploader {
	return {
		run: request.run.id,
		job: request.job.key,
		runAttempt: request.run.attempt,
		jobAttempt: request.attempt,
	};
}

function granted<T>(result: Result<T>): T {
	if (result.ok) return result.value;
	const [problem] = result.error;
	throw new Error(problem?.why === undefined ? (problem?.what ?? 'refused') : `${problem.what}: ${problem.why}`);
}
