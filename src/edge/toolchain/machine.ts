import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { HereTool, Tool } from './toolchain.ts';

/** Folders that rooms of every tier see as the machine has them. */
const shared = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin'];

/** What the machine has of a tool where every job sees it; of Python also what can be copied. */
export function machineTools(env: NodeJS.ProcessEnv): (tool: Tool) => Promise<readonly HereTool[]> {
	const looks: { readonly [tool in Tool]?: () => Promise<readonly HereTool[]> } = {
		node: () =>
			programsThatSay(
				shared.map((folder) => join(folder, 'node')),
				['--version'],
				/^v(\d+\.\d+\.\d+)/,
			),
		go: () =>
			programsThatSay(
				[...shared, '/usr/local/go/bin', '/usr/lib/go/bin'].map((folder) => join(folder, 'go')),
				['version'],
				/go version go(\S+)/,
			),
		java: () => javas(env),
		python: () => pythonsHere(env),
	};
	return async (tool) => (await looks[tool]?.()) ?? [];
}

/** Versions of pythons, wherever they are on this machine: what is not where jobs see it can be copied. */
export async function pythonsHere(
	env: NodeJS.ProcessEnv,
): Promise<readonly (HereTool & { readonly program: string })[]> {
	const home = env['HOME'] ?? homedir();
	const roots = [join(env['PYENV_ROOT'] ?? join(home, '.pyenv'), 'versions'), join(home, '.local/share/uv/python')];
	const standing = await Promise.all(
		roots.map(async (root) => (await readdir(root).catch(() => [])).map((name) => join(root, name, 'bin/python3'))),
	);
	const system = await Promise.all(
		shared.map(async (folder) =>
			(await readdir(folder).catch(() => []))
				.filter((name) => /^python3\.\d+$/.test(name))
				.map((name) => join(folder, name)),
		),
	);
	const programs = [...standing.flat(), ...system.flat()].filter((program) => existsSync(program));
	const known = new Map<string, HereTool & { readonly program: string }>();
	for (const program of programs) {
		const real = await realpath(program);
		const version = await said(
			real,
			['-c', 'import platform; print(platform.python_implementation(), platform.python_version())'],
			/^CPython (\d+\.\d+\.\d+)$/m,
		);
		if (version !== undefined && !known.has(version))
			known.set(version, { version, folder: dirname(dirname(real)), program: real });
	}
	return [...known.values()];
}

async function programsThatSay(
	programs: readonly string[],
	args: readonly string[],
	pattern: RegExp,
): Promise<readonly HereTool[]> {
	const found: HereTool[] = [];
	for (const program of programs) {
		if (!existsSync(program)) continue;
		const version = await said(program, args, pattern);
		if (version !== undefined && !found.some((other) => other.version === version))
			found.push({ version, folder: dirname(dirname(program)) });
	}
	return found;
}

const answers = new Map<string, string | undefined>();

/** What a program says of its version; asked again only when it has changed. */
async function said(program: string, args: readonly string[], pattern: RegExp): Promise<string | undefined> {
	const { mtimeMs, size } = await stat(program);
	const key = `${program} ${mtimeMs} ${size}`;
	if (answers.has(key)) return answers.get(key);
	const answer = await promisify(execFile)(program, [...args], { timeout: 10_000, cwd: '/' }).then(
		({ stdout }) => pattern.exec(stdout)?.[1],
		() => undefined,
	);
	answers.set(key, answer);
	return answer;
}

/** Every JDK says its version in a file. */
async function javas(env: NodeJS.ProcessEnv): Promise<readonly HereTool[]> {
	const named = Object.entries(env).flatMap(([name, value]) =>
		/^JAVA_HOME(_\d+_\w+)?$/.test(name) ? [value ?? ''] : [],
	);
	const root = '/usr/lib/jvm';
	const standing = (await readdir(root).catch(() => [])).map((name) => join(root, name));
	const found = new Map<string, HereTool>();
	for (const folder of [...standing, ...named].filter((path) => existsSync(join(path, 'bin/javac')))) {
		const release = await readFile(join(folder, 'release'), 'utf8').catch(() => '');
		const version = /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1];
		const vendor = /^IMPLEMENTOR="([^"]+)"/m.exec(release)?.[1] ?? '';
		const real = await realpath(folder);
		if (version !== undefined) found.set(real, { version, folder: real, brings: { vendor } });
	}
	return [...found.values()];
}
