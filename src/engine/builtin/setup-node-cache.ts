import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import type { ActionStep, Frame, RunningJob } from '../running-job.ts';
import type { BuiltInInputs } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { askInRoom, wordOf } from './setup-process.ts';

interface Manager {
	readonly lockFiles: readonly string[];
	/** The folder that it keeps downloads in, for a project's folder. */
	readonly folder: (job: RunningJob, cwd: string, timeout: AbortSignal) => Promise<string>;
}

const managers: { readonly [name: string]: Manager } = {
	npm: {
		lockFiles: ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock'],
		folder: (job, cwd, timeout) => wordOf(job, { argv: ['npm', 'config', 'get', 'cache'], cwd, timeout }),
	},
	pnpm: {
		lockFiles: ['pnpm-lock.yaml'],
		folder: (job, cwd, timeout) => wordOf(job, { argv: ['pnpm', 'store', 'path', '--silent'], cwd, timeout }),
	},
	yarn: {
		lockFiles: ['yarn.lock'],
		async folder(job, cwd, timeout) {
			const version = await wordOf(job, { argv: ['yarn', '--version'], cwd, timeout });
			const argv = version.startsWith('1.') ? ['yarn', 'cache', 'dir'] : ['yarn', 'config', 'get', 'cacheFolder'];
			return wordOf(job, { argv, cwd, timeout });
		},
	},
};

interface Asked {
	readonly call: ActionStep;
	readonly inputs: BuiltInInputs;
	/** A manifest names npm as the package manager. */
	readonly isNamed: boolean;
}

/** Restores the downloads of the package manager that the step names; the outputs about that. */
export async function nodeCache(
	job: RunningJob,
	caller: Frame,
	{ call, inputs, isNamed }: Asked,
): Promise<{ readonly [output: string]: string }> {
	const name = inputs.text('cache') || (isNamed ? 'npm' : '');
	if (name === '') return {};
	const manager = managers[name];
	if (manager === undefined) throw new Error(`Caching for '${name}' is not supported`);
	if (isNamed)
		job.log.say(
			'package.json names npm as the package manager: its cache is kept (`package-manager-cache: false` turns that off)',
		);
	const { timeout } = call;
	const { workspace } = job.room;
	const dependencies = inputs.lines('cache-dependency-path');
	const patterns = dependencies.length > 0 ? dependencies : [await lockFile(job, manager)];
	const projects = name === 'yarn' ? projectsOf(dependencies, workspace) : [workspace];
	const paths = [...new Set(await Promise.all(projects.map((cwd) => manager.folder(job, cwd, timeout))))];
	const prefix = `node-cache-${runnerOs(job)}-${process.arch}-${name}`;
	const key = `${prefix}-${await hashOfFiles(job, patterns)}`;
	const isManagedHere = name === 'yarn' && (await areAllManagedHere(job, projects, timeout));
	if (isManagedHere) job.log.say('All dependencies are managed locally by yarn3, the previous cache can be used');
	const matched = await restoreDependencies(job, caller, {
		call,
		cache: {
			key,
			paths,
			...(isManagedHere ? { restoreKeys: [prefix] } : {}),
			missing: `${name} cache is not found`,
			saved: 'Cache saved with the key',
		},
	});
	return { 'cache-primary-key': key, 'cache-hit': String(matched !== undefined), 'cache-matched-key': matched ?? '' };
}

async function lockFile({ room }: RunningJob, { lockFiles }: Manager): Promise<string> {
	const names = await readdir(room.hostPath(room.workspace));
	const found = lockFiles.find((name) => names.includes(name));
	if (found === undefined)
		throw new Error(
			`Dependencies lock file is not found in ${room.workspace}. Supported file patterns: ${lockFiles.toString()}`,
		);
	return found;
}

/** Folders of the files that `cache-dependency-path` names; of a pattern, those above its first wildcard. */
function projectsOf(dependencies: readonly string[], workspace: string): readonly string[] {
	const folders = dependencies.map((path) => {
		const wild = path.search(/[*?[]/);
		return posix.join(workspace, posix.dirname(wild === -1 ? path : `${path.slice(0, wild)}x`));
	});
	return folders.length === 0 ? [workspace] : [...new Set(folders)];
}

/** Yarn 2 and later may keep its cache in the project, and clean it by itself. */
async function areAllManagedHere(job: RunningJob, projects: readonly string[], timeout: AbortSignal): Promise<boolean> {
	for (const cwd of projects) {
		const isCommitted = (await askInRoom(job, { argv: ['test', '-d', '.yarn/cache'], cwd, timeout })).exitCode === 0;
		const { output } = await askInRoom(job, { argv: ['yarn', 'config', 'get', 'enableGlobalCache'], cwd, timeout });
		if (isCommitted || !output.includes('false')) return false;
	}
	return true;
}
