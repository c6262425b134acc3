import { posix } from 'node:path';
import { ok } from '#core/result.ts';
import { pickPython, pythonVersionsIn, whyNoPython } from '#core/toolchain/python-version.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork, warned } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { wordOf } from './setup-process.ts';
import { findTool, isOwnArchitecture, runPublished } from './setup-tool.ts';

const known = [
	...['python-version', 'python-version-file', 'cache', 'architecture', 'check-latest', 'token'],
	...['cache-dependency-path', 'update-environment', 'allow-prereleases', 'freethreaded', 'pip-version', 'pip-install'],
];

/** Does `actions/setup-python`. */
export async function setupPython(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	const annotations: Work['annotations'][number][] = [];
	const warn = (message: string) => void annotations.push(warned(job, message));
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const versions = await askedVersions(job, inputs, warn);
		const outputs: { [name: string]: string } = {};
		for (const asked of versions) {
			const done = await addPython(job, asked, inputs);
			if ('why' in done) return await runPublished(job, caller, call, done.why);
			outputs['python-version'] = done.version;
			outputs['python-path'] = `${done.folder}/bin/python`;
			await installPip(job, call, { inputs, folder: done.folder });
		}
		if (versions.length === 0)
			warn('The `python-version` input is not set.  The version of Python currently in `PATH` will be used.');
		const cache = inputs.text('cache');
		if (cache !== '' && versions.length > 0) {
			if (cache !== 'pip') warn(`The cache of ${cache} is not kept here`);
			outputs['cache-hit'] =
				cache === 'pip'
					? await pipCache(job, caller, { call, inputs, version: outputs['python-version'] ?? '' })
					: 'false';
		}
		job.matchers.add(async () => ok(matcher), 'python.json');
		return doneWork(outputs, annotations);
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

async function askedVersions(
	job: RunningJob,
	inputs: BuiltInInputs,
	warn: (message: string) => void,
): Promise<readonly string[]> {
	const [asked, named] = [inputs.lines('python-version'), inputs.text('python-version-file')];
	if (asked.length > 0 && named !== '')
		warn('Both python-version and python-version-file inputs are specified, only python-version will be used.');
	if (asked.length > 0) return asked;
	const file = named === '' ? '.python-version' : named;
	const text = await job.room.get(posix.resolve(job.room.workspace, file), 1024 * 1024);
	if (text !== undefined) {
		const found = pythonVersionsIn(file, text);
		job.log.say(`Resolved ${file} as ${found.join(', ')}`);
		return found;
	}
	if (named !== '') throw new Error(`The specified python version file at: ${named} doesn't exist.`);
	job.log.say("Warning: neither 'python-version' nor 'python-version-file' was given, and there is no .python-version");
	return [];
}

type Added = { readonly version: string; readonly folder: string } | { readonly why: string };

async function addPython(job: RunningJob, asked: string, inputs: BuiltInInputs): Promise<Added> {
	const architecture = inputs.text('architecture');
	const why =
		whyNoPython(asked) ??
		(inputs.flag('freethreaded') ? 'a build without the global lock is asked for' : undefined) ??
		(isOwnArchitecture(architecture) ? undefined : `${architecture} is not the architecture of this machine`);
	if (why !== undefined) return { why };
	const allowsPrereleases = inputs.flag('allow-prereleases');
	const found = await findTool(job, {
		tool: 'python',
		asked,
		pick: (versions) => pickPython(asked, versions, { allowsPrereleases }),
		checksLatest: inputs.flag('check-latest'),
		// The job installs packages into it.
		machine: 'copied',
	});
	if (found.at === 'not here') return { why: found.why };
	const { folder, version } = found.tool;
	if (inputs.flag('update-environment', true)) {
		for (const name of ['pythonLocation', 'Python_ROOT_DIR', 'Python2_ROOT_DIR', 'Python3_ROOT_DIR'])
			job.env[name] = folder;
		job.env['PKG_CONFIG_PATH'] = `${folder}/lib/pkgconfig`;
		const before = job.env['LD_LIBRARY_PATH'] ?? '';
		if (process.platform === 'linux' && !before.split(':').includes(`${folder}/lib`))
			job.env['LD_LIBRARY_PATH'] = `${folder}/lib${before === '' ? '' : `:${before}`}`;
		job.path.unshift(`${folder}/bin`, folder);
	}
	job.log.say(`Successfully set up CPython (${version})`);
	return { version, folder };
}

async function installPip(
	job: RunningJob,
	{ timeout }: ActionStep,
	{ inputs, folder }: { readonly inputs: BuiltInInputs; readonly folder: string },
): Promise<void> {
	const version = inputs.text('pip-version');
	if (version !== '' && !/^\d+(\.\d+){0,2}$/.test(version))
		throw new Error(`Invalid pip-version "${version}". Please specify a version in the format major[.minor][.patch].`);
	const pip = [`${folder}/bin/python`, '-m', 'pip', 'install', '--disable-pip-version-check'];
	if (version !== '') await wordOf(job, { argv: [...pip, '--upgrade', `pip==${version}`], timeout, isShown: true });
	const packages = inputs.text('pip-install');
	if (packages !== '') await wordOf(job, { argv: [...pip, ...packages.split(/\s+/)], timeout, isShown: true });
}

interface Caching {
	readonly call: ActionStep;
	readonly inputs: BuiltInInputs;
	readonly version: string;
}

async function pipCache(job: RunningJob, caller: Frame, { call, inputs, version }: Caching): Promise<string> {
	const named = inputs.lines('cache-dependency-path');
	const patterns = named.length > 0 ? named : ['**/requirements.txt'];
	const hash = await hashOfFiles(job, patterns)
		.catch(() => hashOfFiles(job, ['**/pyproject.toml']))
		.catch(() => '');
	if (hash === '')
		throw new Error(
			`No file in ${job.room.workspace} matched to [${patterns.join(',')} or **/pyproject.toml], make sure you have checked out the target repository`,
		);
	const folder = await wordOf(job, { argv: ['pip', 'cache', 'dir'], timeout: call.timeout });
	const prefix = `setup-python-${runnerOs(job)}-${process.arch}-python-${version}-pip`;
	const key = `${prefix}-${hash}`;
	const cache = {
		...{ key, restoreKeys: [prefix], paths: [folder] },
		...{ missing: 'pip cache is not found', saved: 'Cache saved with the key' },
	};
	return String((await restoreDependencies(job, caller, { call, cache })) === key);
}

const matcher = JSON.stringify({
	problemMatcher: [
		{
			owner: 'python',
			pattern: [
				{ regexp: '^\\s*File "(.*)", line (\\d+), in .*$', file: 1, line: 2 },
				{ regexp: "^\\s*raise .*\\('(.*)'\\)$", message: 1 },
			],
		},
	],
});
