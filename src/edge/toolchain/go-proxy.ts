import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { unpackZip } from './archive.ts';
import { download, downloadText } from './download.ts';
import type { Supplier } from './supplier.ts';
import { notAsSaid, notOffered, unreachable } from './toolchain-problems.ts';

const path = 'golang.org/toolchain';

/** Go from the module proxies that GOPROXY names, compared with the checksum database that GOSUMDB names. */
export function goFromProxy(env: NodeJS.ProcessEnv): Supplier {
	const suffix = `.${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
	const first = async <Answer>(ask: (proxy: string) => Promise<Answer>): Promise<Answer> => {
		let last: unknown = new ProblemError(notOffered('Go', 'GOPROXY names no proxy that answers by HTTP'));
		for (const proxy of (await settingsOf(env)).proxies) {
			try {
				return await ask(proxy);
			} catch (error) {
				last = error;
			}
		}
		throw last;
	};
	return {
		async offered() {
			const list = await first((proxy) =>
				downloadText({ url: `${proxy}/${path}/@v/list`, what: 'The list of versions of Go' }),
			);
			return list.split('\n').flatMap((line) => {
				const version = line.trim();
				return version.startsWith('v0.0.1-go') && version.endsWith(suffix)
					? [version.slice('v0.0.1-go'.length, -suffix.length)]
					: [];
			});
		},
		async fill(version, folder) {
			const module = `v0.0.1-go${version}${suffix}`;
			const what = `Go ${version}`;
			const file = `${folder}.zip`;
			await first((proxy) => download({ url: `${proxy}/${path}/@v/${module}.zip`, what }, file));
			const hashes = await unpackZip(file, folder, {
				what,
				prefix: `${path}@${module}/`,
				// A zip of a module tells no rights.
				isExecutable: (name) => /^(?:bin|pkg\/tool)\//.test(name),
			});
			const sum = await checksumOf(env, module);
			if (sum !== undefined && sum !== hashOf(hashes))
				throw new ProblemError(notAsSaid(what, 'its hash is not the one that the checksum database has'));
			return {};
		},
	};
}

/** The hash of a module as `go.sum` has it: of the sorted lines of the hashes of its files. */
export function hashOf(files: ReadonlyMap<string, string>): string {
	const lines = [...files]
		.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
		.map(([name, hash]) => `${hash}  ${name}\n`);
	return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}

/** What the checksum database says, through a proxy that passes it on or by itself. Undefined where whoever runs Footbridge has turned it off. */
async function checksumOf(env: NodeJS.ProcessEnv, module: string): Promise<string | undefined> {
	const { proxies, sumdb } = await settingsOf(env);
	if (sumdb === undefined) return undefined;
	const wanted = { what: `The hash of ${module}` };
	let last: unknown;
	for (const place of [...proxies.map((proxy) => `${proxy}/sumdb/${sumdb}`), `https://${sumdb}`]) {
		try {
			const text = await downloadText({ ...wanted, url: `${place}/lookup/${path}@${module}` });
			const sum = text.split('\n').find((line) => line.startsWith(`${path} ${module} h1:`));
			if (sum !== undefined) return sum.split(' ')[2];
			last = new ProblemError(unreachable(wanted.what, sumdb, 'it does not name it'));
		} catch (error) {
			last = error;
		}
	}
	throw last;
}

interface Settings {
	readonly proxies: readonly string[];
	/** Name of the checksum database. */
	readonly sumdb: string | undefined;
}

/** As `go env` reads them: from the environment, else from what `go env -w` wrote. */
async function settingsOf(env: NodeJS.ProcessEnv): Promise<Settings> {
	const file = env['GOENV'] ?? join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'go/env');
	const text = await readFile(file, 'utf8').catch(() => '');
	const setting = (name: string) => env[name] || new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim();
	const proxies = (setting('GOPROXY') ?? 'https://proxy.golang.org,direct').split(/[,|]/);
	const sumdb = (setting('GOSUMDB') ?? 'sum.golang.org').split(/[ +]/)[0];
	return {
		proxies: proxies.map((proxy) => proxy.trim().replace(/\/+$/, '')).filter((proxy) => /^https?:/.test(proxy)),
		sumdb: sumdb === 'off' || sumdb === '' ? undefined : sumdb,
	};
}
