import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProblemError } from '#core/result.ts';
import { pythonsHere } from './machine.ts';
import { unpackWheel } from './pypi.ts';
import type { Supplier } from './supplier.ts';
import { unreachable } from './toolchain-problems.ts';

const run = promisify(execFile);

interface PythonSources {
	readonly env: NodeJS.ProcessEnv;
	/** A uv on this machine; throws where none can be had. */
	readonly uv: () => Promise<string>;
}

/**
 * Python, so that a job may install packages in it: a copy of one that stands alone on this machine (pyenv's, uv's), an environment of the
 * machine's own, or one that uv fetches.
 */
export function pythonFromAnywhere({ env, uv }: PythonSources): Supplier {
	const offeredByUv = async (): Promise<readonly string[]> => {
		const args = ['python', 'list', '--all-versions', '--only-downloads', '--output-format', 'json'];
		const { stdout } = await run(await uv(), args, { cwd: '/', env, maxBuffer: 64 * 1024 ** 2, timeout: 60_000 });
		const list = JSON.parse(stdout) as readonly { version: string; implementation: string; variant: string }[];
		return list
			.filter(({ implementation, variant }) => implementation === 'cpython' && variant === 'default')
			.map(({ version }) => version.replace(/(\d)(a|b|rc)(\d+)$/, '$1-$2.$3'));
	};
	return {
		async offered() {
			const here = (await pythonsHere(env)).map(({ version }) => version);
			const more = await offeredByUv().catch((error: unknown) => (here.length === 0 ? Promise.reject(error) : []));
			return [...new Set([...here, ...more])];
		},
		async fill(version, folder, place) {
			const here = (await pythonsHere(env)).find((one) => one.version === version);
			if (here === undefined) await fetchByUv(await uv(), { env, version, folder });
			else if (existsSync(join(here.folder, 'bin/python3')) && !/^\/usr(\/local)?$/.test(here.folder))
				await copyAlone(here.folder, folder);
			else await makeEnvironment(here.program, folder);
			await settle({ env, version, folder, place });
			return {};
		},
	};
}

interface Settling {
	readonly env: NodeJS.ProcessEnv;
	readonly version: string;
	readonly folder: string;
	/** Where it will be. */
	readonly place: string;
}

async function fetchByUv(uv: string, { env, version, folder }: Omit<Settling, 'place'>): Promise<void> {
	const into = `${folder}.uv`;
	const args = [
		'python',
		'install',
		'--no-config',
		'--no-bin',
		'--install-dir',
		into,
		version.replace(/-(a|b|rc)\./, '$1'),
	];
	await run(uv, args, { cwd: '/', env, timeout: 15 * 60_000 }).catch((error: unknown) => {
		const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
		const from = env['UV_PYTHON_INSTALL_MIRROR'] ?? 'the place where uv gets Pythons from';
		throw new ProblemError(unreachable(`Python ${version}`, from, said.split('\n').at(-1)?.trim() ?? said));
	});
	const made = (await readdir(into)).find(
		(name) => name.startsWith('cpython-') && name.includes(version.split('-')[0] ?? version),
	);
	if (made === undefined) throw new Error(`uv left no Python ${version}`);
	await rm(folder, { recursive: true });
	await rename(join(into, made), folder);
	await rm(into, { recursive: true, force: true });
}

/** Without what somebody has installed in it. */
async function copyAlone(from: string, to: string): Promise<void> {
	const isOwn = (path: string) => {
		const [top, name = '', inner] = path.slice(from.length + 1).split('/');
		if (top === 'bin')
			return name === '' || /^(?:python[\d.]*(?:-config)?|pydoc[\d.]*|idle[\d.]*|2to3[\d.-]*)$/.test(name);
		return !(top === 'lib' && inner === 'site-packages') && top !== 'share';
	};
	await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: isOwn });
}

async function makeEnvironment(program: string, folder: string): Promise<void> {
	await run(program, ['-m', 'venv', '--without-pip', folder], { cwd: '/', timeout: 60_000 });
	// They name the folder that it is made in.
	for (const name of await readdir(join(folder, 'bin')))
		if (/^activate/i.test(name)) await rm(join(folder, 'bin', name));
}

/** What `setup-python` promises: `python` and `pip`, which install into it, and nothing that names another folder. */
async function settle({ env, version, folder, place }: Settling): Promise<void> {
	const [major, minor] = version.split('.');
	const line = `${major}.${minor}`;
	const library = join(folder, 'lib', `python${line}`);
	await rm(join(library, 'EXTERNALLY-MANAGED'), { force: true });
	const bin = join(folder, 'bin');
	for (const name of ['python', `python${major}`])
		if (!existsSync(join(bin, name))) await symlink(`python${line}`, join(bin, name));
	const packages = join(library, 'site-packages');
	await mkdir(packages, { recursive: true });
	const installed = await readdir(packages);
	const wanted = Number(minor) < 12 ? ['pip', 'setuptools'] : ['pip'];
	for (const name of wanted)
		if (!installed.includes(name)) await unpackWheel(env, { name, python: version, folder: packages });
	for (const name of ['pip', `pip${major}`, `pip${line}`])
		await writeFile(join(bin, name), pipScript(place), { mode: 0o755 });
	await pointScripts(bin, place);
}

function pipScript(place: string): string {
	return [
		`#!${place}/bin/python`,
		'import sys',
		'from pip._internal.cli.main import main',
		"if __name__ == '__main__':",
		'\tsys.exit(main())',
		'',
	].join('\n');
}

/** Scripts that were copied name the Python of the folder that they were copied from. */
async function pointScripts(bin: string, place: string): Promise<void> {
	for (const name of await readdir(bin)) {
		const path = join(bin, name);
		if (!(await lstat(path)).isFile()) continue;
		const content = await readFile(path);
		if (content.subarray(0, 2).toString() !== '#!') continue;
		const text = content.toString();
		const changed = text.replace(/^#!\S*\/bin\/(python[\d.]*)/, (_whole, python: string) => `#!${place}/bin/${python}`);
		if (changed === text) continue;
		await writeFile(path, changed);
		await chmod(path, 0o755);
	}
}
