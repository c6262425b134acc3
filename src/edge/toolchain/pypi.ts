import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { coerce } from 'semver';
import { ProblemError } from '#core/result.ts';
import { newestIn } from '#core/toolchain/newest.ts';
import { unpackZip } from './archive.ts';
import { download, downloadText } from './download.ts';
import type { Supplier } from './supplier.ts';
import { notAsSaid, noVersion } from './toolchain-problems.ts';

interface Wheel {
	readonly filename: string;
	readonly url: string;
	readonly hashes?: { readonly sha256?: string };
	readonly 'requires-python'?: string;
	readonly yanked?: boolean | string;
}

/** uv from the wheels of the index that pip's or uv's own configuration names. */
export function uvFromPypi(env: NodeJS.ProcessEnv): Supplier {
	const tags = process.platform === 'darwin' ? /-macosx_\d/ : /-manylinux_/;
	const machine = process.arch === 'arm64' ? (process.platform === 'darwin' ? 'arm64' : 'aarch64') : 'x86_64';
	const wheels = async () =>
		byVersion((await wheelsOf(env, 'uv')).filter(({ filename }) => tags.test(filename) && filename.includes(machine)));
	return {
		offered: async () => [...(await wheels()).keys()],
		async fill(version, folder) {
			const all = await wheels();
			const wheel = all.get(version);
			if (wheel === undefined) throw new ProblemError(noVersion('uv', version, [...all.keys()]));
			await unpack(wheel, `uv ${version}`, `${folder}.wheel`);
			await mkdir(join(folder, 'bin'));
			const scripts = join(`${folder}.wheel`, `uv-${version}.data/scripts`);
			// The oldest versions have no uvx.
			for (const program of (await readdir(scripts)).filter((name) => /^uvx?$/.test(name))) {
				await rename(join(scripts, program), join(folder, 'bin', program));
				await chmod(join(folder, 'bin', program), 0o755);
			}
			await rm(`${folder}.wheel`, { recursive: true, force: true });
			return {};
		},
	};
}

/** Unpacks the newest wheel of a package of Python alone that supports a version of Python. Throws FB2090, FB2091, FB2092. */
export async function unpackWheel(
	env: NodeJS.ProcessEnv,
	{ name, python, folder }: { readonly name: string; readonly python: string; readonly folder: string },
): Promise<void> {
	const fitting = (await wheelsOf(env, name)).filter(
		(wheel) =>
			wheel.filename.endsWith('-none-any.whl') &&
			wheel.yanked !== true &&
			newestIn((wheel['requires-python'] ?? '*').replaceAll(',', ' ').replace(/!=\S+/g, ''), [python]) !== undefined,
	);
	const all = byVersion(fitting);
	// Their versions have two parts or three.
	const bySemver = new Map([...all.keys()].map((version) => [coerce(version)?.version ?? '', version] as const));
	const newest = bySemver.get(newestIn('*', [...bySemver.keys()]) ?? '');
	const wheel = newest === undefined ? undefined : all.get(newest);
	if (wheel === undefined) throw new ProblemError(noVersion(name, `for Python ${python}`, []));
	await unpack(wheel, `${name} ${newest}`, folder);
}

async function unpack(wheel: Wheel, what: string, folder: string): Promise<void> {
	const sha256 = wheel.hashes?.sha256;
	if (sha256 === undefined) throw new ProblemError(notAsSaid(what, 'the index names no sha256 of it'));
	const integrity = `sha256-${Buffer.from(sha256, 'hex').toString('base64')}`;
	const file = `${folder}.whl`;
	await download({ url: wheel.url, what, integrity }, file);
	await unpackZip(file, folder, { what, prefix: '' });
	await rm(file);
}

async function wheelsOf(env: NodeJS.ProcessEnv, name: string): Promise<readonly Wheel[]> {
	const url = new URL(`${name}/`, await indexOf(env));
	const headers = { accept: 'application/vnd.pypi.simple.v1+json' };
	const text = await downloadText({ url: url.href, headers, what: `The list of versions of ${name}` });
	const { files } = JSON.parse(text) as { readonly files: readonly Wheel[] };
	return files.map((wheel) => ({ ...wheel, url: new URL(wheel.url, url).href }));
}

function byVersion(wheels: readonly Wheel[]): ReadonlyMap<string, Wheel> {
	const finals = wheels.filter(({ filename }) => /^[^-]+-\d+(?:\.\d+)*-/.test(filename));
	return new Map(finals.map((wheel) => [wheel.filename.split('-')[1] ?? '', wheel]));
}

/** With a slash at its end. */
async function indexOf(env: NodeJS.ProcessEnv): Promise<string> {
	const home = env['HOME'] ?? homedir();
	const files = [
		env['PIP_CONFIG_FILE'],
		join(home, '.config/pip/pip.conf'),
		join(home, '.pip/pip.conf'),
		'/etc/pip.conf',
	];
	const named = env['UV_DEFAULT_INDEX'] || env['UV_INDEX_URL'] || env['PIP_INDEX_URL'];
	let found = named;
	for (const file of files) {
		if (found !== undefined || file === undefined) continue;
		const text = await readFile(file, 'utf8').catch(() => '');
		found = /^\s*index-url\s*=\s*(\S+)/m.exec(text)?.[1];
	}
	return (found ?? 'https://pypi.org/simple').replace(/\/*$/, '/');
}
