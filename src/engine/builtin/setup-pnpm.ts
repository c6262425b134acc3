import { posix } from 'node:path';
import { parse } from 'yaml';
import { fieldOf, textOf } from '#core/toolchain/fields.ts';
import { newestIn } from '#core/toolchain/newest.ts';
import { packageManagerIn } from '#core/toolchain/package-manager.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { askInRoom, wordOf } from './setup-process.ts';
import { findTool, runPublished } from './setup-tool.ts';

const known = ['version', 'dest', 'run_install', 'package_json_file', 'standalone', 'cache', 'cache_dependency_path'];

/** Does `pnpm/action-setup`: the version that the step or `packageManager` names. */
export async function setupPnpm(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const installs = installsOf(inputs.text('run_install'));
		const asked = await askedVersion(job, inputs);
		const found = await findTool(job, {
			tool: 'pnpm',
			asked,
			pick: (versions) => newestIn(/^(latest|next-\d+)$/.test(asked) ? '*' : asked, versions),
			checksLatest: asked === 'latest',
			machine: 'last',
		});
		if (found.at === 'not here') return await runPublished(job, caller, call, found.why);
		const { version, folder } = found.tool;
		const bin = `${folder}/bin`;
		const home = `${job.room.home}/setup-pnpm`;
		// What is installed for everybody goes to the job's own folder.
		job.path.unshift(bin, home);
		job.env['PNPM_HOME'] = home;
		// It is the version that was asked for: pnpm need not look for another.
		job.env['npm_config_manage_package_manager_versions'] = 'false';
		job.log.say(`pnpm ${version} @ ${folder}`);
		job.log.say('Installation Completed!');
		if (inputs.flag('cache')) await restoreStore(job, caller, call, inputs.lines('cache_dependency_path'));
		for (const install of installs) {
			const failure = await runInstall(job, call, install);
			if (failure !== undefined) throw new Error(failure);
		}
		return doneWork({ dest: folder, bin_dest: bin });
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

async function askedVersion(job: RunningJob, inputs: BuiltInInputs): Promise<string> {
	const version = inputs.text('version');
	const file = posix.resolve(job.room.workspace, inputs.text('package_json_file') || 'package.json');
	const text = await job.room.get(file, 1024 * 1024);
	const named = text === undefined ? undefined : packageManagerIn(text);
	const own = named?.name === 'pnpm' ? named.version : undefined;
	if (version !== '' && own !== undefined && own !== version && newestIn(version, [own]) === undefined)
		throw new Error(
			`Multiple versions of pnpm specified:\n  - version ${version} in the GitHub Action config with the key "version"\n  - version pnpm@${own} in the package.json with the key "packageManager"\nRemove one of these versions to avoid version mismatch errors like ERR_PNPM_BAD_PM_VERSION`,
		);
	if (version !== '') return version;
	if (own !== undefined) return own;
	if (named !== undefined) throw new Error('Invalid packageManager field in package.json');
	throw new Error(
		'No pnpm version is specified.\nPlease specify it by one of the following ways:\n  - in the GitHub Action config with the key "version"\n  - in the package.json with the key "packageManager"',
	);
}

async function restoreStore(job: RunningJob, caller: Frame, call: ActionStep, named: readonly string[]): Promise<void> {
	const store = await wordOf(job, { argv: ['pnpm', 'store', 'path', '--silent'], timeout: call.timeout });
	const hash = await hashOfFiles(job, named.length > 0 ? named : ['pnpm-lock.yaml']);
	const key = `pnpm-cache-${runnerOs(job)}-${process.arch}-${hash}`;
	const cache = { key, paths: [store], missing: 'Cache is not found', saved: 'Cache saved with the key' };
	await restoreDependencies(job, caller, { call, cache });
}

interface Install {
	readonly isRecursive: boolean;
	readonly cwd: string | undefined;
	readonly args: readonly string[];
}

/** What `run_install` asks for: nothing, a plain `true`, one mapping or several. */
function installsOf(text: string): readonly Install[] {
	const asked: unknown = text === '' ? null : parse(text);
	if (asked === null || asked === false) return [];
	if (asked === true) return [{ isRecursive: true, cwd: undefined, args: [] }];
	return [asked].flat().map((one) => {
		const args = fieldOf(one, 'args') ?? [];
		if (typeof one !== 'object' || !Array.isArray(args)) throw new Error(`Error for input "run_install" = ${text}`);
		return {
			isRecursive: fieldOf(one, 'recursive') === true,
			cwd: textOf(fieldOf(one, 'cwd')),
			args: args.map(String),
		};
	});
}

/** Why it failed. */
async function runInstall(
	job: RunningJob,
	{ timeout, env }: ActionStep,
	{ isRecursive, cwd, args }: Install,
): Promise<string | undefined> {
	const argv = ['pnpm', ...(isRecursive ? ['recursive'] : []), 'install', ...args];
	const command = argv.join(' ');
	job.log.say(`##[group]Running ${command}...`);
	const place = posix.resolve(job.room.workspace, cwd ?? '');
	const { exitCode } = await askInRoom(job, { argv, cwd: place, env, timeout, isShown: true });
	job.log.say('##[endgroup]');
	return exitCode === 0 ? undefined : `Command ${command} (cwd: ${cwd}) exits with status ${exitCode}`;
}
