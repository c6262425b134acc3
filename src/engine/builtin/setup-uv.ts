import { posix } from 'node:path';
import { isVersion } from '#core/toolchain/newest.ts';
import { pickUv, uvVersionIn } from '#core/toolchain/uv-version.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { wordOf } from './setup-process.ts';
import { findTool, runPublished } from './setup-tool.ts';

const known = [
	...['version', 'version-file', 'python-version', 'activate-environment', 'venv-path', 'no-project'],
	...['working-directory', 'checksum', 'github-token', 'server-url', 'enable-cache', 'cache-dependency-glob'],
	...['restore-cache', 'save-cache', 'cache-suffix', 'cache-local-path', 'prune-cache', 'cache-python'],
	...['ignore-nothing-to-cache', 'ignore-empty-workdir', 'tool-dir', 'tool-bin-dir', 'manifest-file'],
	...['download-from-astral-mirror', 'add-problem-matchers', 'quiet', 'resolution-strategy'],
];
/** What only the published action does. */
const published = ['checksum', 'manifest-file', 'cache-local-path'];

/** Does `astral-sh/setup-uv`. */
export async function setupUv(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const special = published.find((name) => inputs.text(name) !== '');
		if (special !== undefined) return await runPublished(job, caller, call, `\`${special}\` is asked for`);
		const cwd = posix.resolve(job.room.workspace, inputs.text('working-directory') || '.');
		const asked = await askedVersion(job, inputs, cwd);
		const isLowest = inputs.text('resolution-strategy') === 'lowest';
		const found = await findTool(job, {
			tool: 'uv',
			asked,
			pick: (versions) => pickUv(asked, versions, isLowest),
			checksLatest: !isVersion(asked),
			machine: 'last',
		});
		if (found.at === 'not here') return await runPublished(job, caller, call, found.why);
		const { version, folder } = found.tool;
		if (found.from !== 'fetched') job.log.say(`Found uv in tool-cache for ${version}`);
		const outputs: { [name: string]: string } = {
			...{ 'uv-version': version, 'uv-path': `${folder}/bin/uv`, 'uvx-path': `${folder}/bin/uvx` },
		};
		setEnvironment(job, inputs, `${folder}/bin`);
		job.log.say(`Successfully installed uv version ${version}`);
		if (inputs.flag('activate-environment')) outputs['venv'] = await activate(job, call, { inputs, cwd });
		outputs['python-version'] = await pythonVersion(job, call, { inputs, cwd });
		if (isCached(job, inputs)) Object.assign(outputs, await uvCache(job, caller, { call, inputs, cwd, outputs }));
		return doneWork(outputs);
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

async function askedVersion({ room }: RunningJob, inputs: BuiltInInputs, cwd: string): Promise<string> {
	const [version, file] = [inputs.text('version'), inputs.text('version-file')];
	if (version !== '') return version;
	for (const name of file === '' ? ['uv.toml', 'pyproject.toml'] : [file]) {
		const text = await room.get(posix.resolve(cwd, name), 1024 * 1024);
		if (text === undefined && file !== '') throw new Error(`Could not find file: ${file}`);
		const found = text === undefined ? undefined : uvVersionIn(name, text);
		if (found !== undefined) return found;
	}
	return 'latest';
}

function setEnvironment(job: RunningJob, inputs: BuiltInInputs, bin: string): void {
	const { env, room, log, path } = job;
	const set = (name: string, value: string) => {
		env[name] = value;
		log.say(`Set ${name} to ${value}`);
	};
	const toolBin = inputs.text('tool-bin-dir');
	if (toolBin !== '') set('UV_TOOL_BIN_DIR', toolBin);
	if (inputs.text('tool-dir') !== '') set('UV_TOOL_DIR', inputs.text('tool-dir'));
	if (inputs.text('python-version') !== '') set('UV_PYTHON', inputs.text('python-version'));
	set('UV_PYTHON_INSTALL_DIR', env['UV_PYTHON_INSTALL_DIR'] ?? `${room.temp}/uv-python-dir`);
	set('UV_CACHE_DIR', env['UV_CACHE_DIR'] ?? `${room.temp}/setup-uv-cache`);
	path.unshift(bin, toolBin === '' ? `${room.home}/.local/bin` : toolBin);
	log.say(`Added ${bin} to the path`);
}

interface Place {
	readonly inputs: BuiltInInputs;
	readonly cwd: string;
}

async function activate(job: RunningJob, { timeout }: ActionStep, { inputs, cwd }: Place): Promise<string> {
	const venv = posix.resolve(cwd, inputs.text('venv-path') || '.venv');
	job.log.say(`Creating and activating python venv at ${venv}...`);
	const options = inputs.flag('no-project') ? ['--no-project'] : [];
	await wordOf(job, { argv: ['uv', 'venv', venv, '--directory', cwd, '--clear', ...options], timeout, isShown: true });
	job.path.unshift(`${venv}/bin`);
	job.env['VIRTUAL_ENV'] = venv;
	return venv;
}

async function pythonVersion(job: RunningJob, { timeout }: ActionStep, { inputs, cwd }: Place): Promise<string> {
	const asked = inputs.text('python-version');
	if (asked !== '') return asked;
	try {
		const python = await wordOf(job, { argv: ['uv', 'python', 'find', '--directory', cwd], timeout });
		return (await wordOf(job, { argv: [python, '--version'], timeout })).split(' ')[1] ?? 'unknown';
	} catch {
		return 'unknown';
	}
}

/** As on the runners of the forge, where every job starts with nothing. */
function isCached(job: RunningJob, inputs: BuiltInInputs): boolean {
	const asked = inputs.text('enable-cache') || 'auto';
	return asked === 'auto' ? job.contexts['runner']?.['environment'] === 'github-hosted' : inputs.flag('enable-cache');
}

interface Caching extends Place {
	readonly call: ActionStep;
	readonly outputs: { readonly [name: string]: string };
}

const usualDependencies = ['**/*requirements*.txt', '**/*constraints*.txt', '**/pyproject.toml', '**/uv.lock'];

async function uvCache(job: RunningJob, caller: Frame, { call, inputs, cwd, outputs }: Caching) {
	const named = inputs.lines('cache-dependency-glob');
	const patterns = (named.length > 0 ? named : usualDependencies).map((pattern) =>
		pattern.startsWith('!') || pattern.startsWith('/') ? pattern : posix.join(cwd, pattern),
	);
	const hash = await hashOfFiles(job, patterns).catch(() => 'no-dependency-glob');
	const suffix = inputs.text('cache-suffix');
	const parts = [runnerOs(job), process.arch, outputs['python-version'], hash, ...(suffix === '' ? [] : [suffix])];
	const key = `setup-uv-2-${parts.join('-')}`;
	if (!inputs.flag('restore-cache', true)) return { 'cache-key': key, 'cache-hit': 'false' };
	const folder = job.env['UV_CACHE_DIR'] ?? '';
	const cache = {
		key,
		paths: [folder],
		missing: `No GitHub Actions cache found for key: ${key}`,
		saved: 'cache saved with key',
	};
	const matched = await restoreDependencies(job, caller, { call, cache });
	return { 'cache-key': key, 'cache-hit': String(matched !== undefined) };
}
