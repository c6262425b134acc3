import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { unpackTar } from './archive.ts';
import { download, downloadText } from './download.ts';
import { noVersion } from './toolchain-problems.ts';

/** A registry of npm packages. */
export interface NpmRegistry {
	/** What it has of a package, by version. Throws FB2090. */
	versions(name: string): Promise<ReadonlyMap<string, PackageVersion>>;
	/** Unpacks a version into a folder. Throws FB2090, FB2091, FB2092. */
	unpack(name: string, version: string, folder: string): Promise<void>;
}

export interface PackageVersion {
	readonly tarball: string;
	readonly integrity: string;
	/** The versions of Node that it supports. */
	readonly node: string;
}

interface Manifest {
	readonly dist?: { readonly tarball?: string; readonly integrity?: string; readonly shasum?: string };
	readonly engines?: { readonly node?: string } | readonly string[];
	readonly deprecated?: unknown;
}

const publicRegistry = 'https://registry.npmjs.org/';
const freshMs = 5 * 60_000;

/** The registry that npm's own configuration names, in the environment or in `.npmrc`. */
export function npmRegistry(env: NodeJS.ProcessEnv): NpmRegistry {
	const known = new Map<
		string,
		{ readonly at: number; readonly versions: Promise<ReadonlyMap<string, PackageVersion>> }
	>();
	const ask = async (name: string) => {
		const { registry, headersFor } = await settingsOf(env);
		const url = `${registry}${name.replace('/', '%2f')}`;
		const headers = { ...headersFor(url), accept: 'application/vnd.npm.install-v1+json' };
		const text = await downloadText({ url, headers, what: `The list of versions of ${name}` });
		const { versions = {} } = JSON.parse(text) as { readonly versions?: { readonly [version: string]: Manifest } };
		return new Map(Object.entries(versions).flatMap(([version, manifest]) => usable(version, manifest)));
	};
	const versions: NpmRegistry['versions'] = (name) => {
		const recent = known.get(name);
		if (recent !== undefined && performance.now() - recent.at < freshMs) return recent.versions;
		const asked = ask(name);
		known.set(name, { at: performance.now(), versions: asked });
		asked.catch(() => known.delete(name));
		return asked;
	};
	return {
		versions,
		async unpack(name, version, folder) {
			const all = await versions(name);
			const found = all.get(version);
			if (found === undefined) throw new ProblemError(noVersion(name, version, [...all.keys()]));
			const { registry, headersFor } = await settingsOf(env);
			// As npm does: a mirror has what the public registry's addresses name.
			const url = found.tarball.replace(publicRegistry, () => registry);
			const what = `${name} ${version}`;
			const file = `${folder}.tgz`;
			await download({ url, headers: headersFor(url), what, integrity: found.integrity }, file);
			await unpackTar(file, folder, { what, strip: 1 });
		},
	};
}

function usable(version: string, { dist, engines }: Manifest): readonly (readonly [string, PackageVersion])[] {
	const hex = dist?.shasum;
	const integrity =
		dist?.integrity ?? (hex === undefined ? undefined : `sha1-${Buffer.from(hex, 'hex').toString('base64')}`);
	if (dist?.tarball === undefined || integrity === undefined) return [];
	const node = engines !== undefined && 'node' in engines ? (engines.node ?? '*') : '*';
	return [[version, { tarball: dist.tarball, integrity, node }]];
}

interface Settings {
	/** With a slash at its end. */
	readonly registry: string;
	readonly headersFor: (url: string) => { readonly [name: string]: string };
}

/** Read each time: who changes the file need not start Footbridge again. */
async function settingsOf(env: NodeJS.ProcessEnv): Promise<Settings> {
	const variable = (name: string) =>
		Object.entries(env).find(([key, value]) => key.toLowerCase() === `npm_config_${name}` && value !== '')?.[1];
	const files = [
		variable('globalconfig') ?? '/etc/npmrc',
		variable('userconfig') ?? join(env['HOME'] ?? homedir(), '.npmrc'),
	];
	const lines: Map<string, string> = new Map();
	for (const file of files) {
		const text = await readFile(file, 'utf8').catch(() => '');
		for (const line of text.split(/\r?\n/)) {
			const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
			if (key !== undefined && value !== undefined)
				lines.set(
					key,
					value.replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole).replace(/^"(.*)"$/, '$1'),
				);
		}
	}
	const registry = (variable('registry') ?? lines.get('registry') ?? publicRegistry).replace(/\/*$/, '/');
	return {
		registry,
		headersFor(url) {
			const place = url.replace(/^https?:/, '');
			for (const [key, value] of lines) {
				const [, prefix, kind] = /^(\/\/.*?):(_authToken|_auth)$/.exec(key) ?? [];
				if (prefix !== undefined && place.startsWith(prefix.replace(/\/*$/, '/')))
					return { authorization: `${kind === '_auth' ? 'Basic' : 'Bearer'} ${value}` };
			}
			return {};
		},
	};
}
