import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { failed, ok, ProblemError, problemOf, type Result } from '#core/result.ts';
import { newestIn } from '#core/toolchain/newest.ts';
import { nodeFromNpm, programFromNpm, scriptsFromNpm } from './from-npm.ts';
import { goFromProxy } from './go-proxy.ts';
import { machineTools } from './machine.ts';
import { npmRegistry } from './npm-registry.ts';
import { uvFromPypi } from './pypi.ts';
import { pythonFromAnywhere } from './python.ts';
import { rustByRustup } from './rustup.ts';
import type { Supplier } from './supplier.ts';
import { type ToolOwner, toolFolder } from './tool-folder.ts';
import type { Tool, Toolchains } from './toolchain.ts';
import { notOffered, noVersion } from './toolchain-problems.ts';

export interface ToolchainOptions {
	/** Whom the files belong to, so that jobs may change their own copies. Absent: the present user. */
	readonly owner?: ToolOwner;
	/** Where the registries are configured. */
	readonly env?: NodeJS.ProcessEnv;
}

/**
 * Toolchains that are fetched from the registries of packages, and kept below a folder. Nobody else on the machine gets into that folder:
 * what is in it belongs to the user that jobs are, and Footbridge starts some of it itself.
 */
export function fetchedToolchains(root: string, { owner, env = process.env }: ToolchainOptions = {}): Toolchains {
	mkdirSync(root, { recursive: true });
	chmodSync(root, 0o700);
	const folder = join(root, 'kept');
	mkdirSync(folder, { recursive: true });
	chmodSync(folder, 0o755);
	removeLeftovers(folder);
	const tools = toolFolder(folder, owner);
	const fetch: Toolchains['fetch'] = (tool, version) =>
		using(tool, (from) =>
			tools.keep(tool, version, async (empty, place) => {
				const offered = await from.offered();
				if (!offered.includes(version)) throw new ProblemError(noVersion(tool, version, offered));
				return from.fill(version, empty, place);
			}),
		);
	const suppliers = suppliersOf(env, async () => {
		const newest = (versions: readonly string[]) => newestIn('*', versions);
		const kept = await tools.kept('uv');
		const here = kept.find(({ version }) => version === newest(kept.map((one) => one.version)));
		if (here !== undefined) return join(here.folder, 'bin/uv');
		const offered = await using('uv', (from) => from.offered());
		const fetched = offered.ok ? await fetch('uv', newest(offered.value) ?? '') : offered;
		if (fetched.ok) return join(fetched.value.folder, 'bin/uv');
		throw new ProblemError(fetched.error[0] ?? notOffered('uv', 'it cannot be had'));
	});
	async function using<Answer>(tool: Tool, use: (from: Supplier) => Promise<Answer>): Promise<Result<Answer>> {
		const found = suppliers[tool];
		if (found === undefined) return failed(notOffered(tool, 'no registry of packages has it for this platform'));
		return use(found).then(ok, (error: unknown) => failed(problemOf(error)));
	}
	return {
		folder,
		kept: (tool) => tools.kept(tool),
		onMachine: machineTools(env),
		offered: (tool) => using(tool, (from) => from.offered()),
		fetch,
		rust: rustByRustup({ root: folder, owner, env }),
	};
}

const dayMs = 24 * 3600_000;

/** What processes that were killed have left half-made. */
function removeLeftovers(folder: string): void {
	for (const name of readdirSync(folder).filter((one) => one.startsWith('.new-'))) {
		const place = join(folder, name);
		const age = Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? 0);
		if (age > dayMs) rmSync(place, { recursive: true, force: true });
	}
}

function suppliersOf(env: NodeJS.ProcessEnv, uv: () => Promise<string>): { readonly [tool in Tool]?: Supplier } {
	const npm = npmRegistry(env);
	const { platform, arch } = process;
	const isLinux = platform === 'linux';
	const cpu = arch === 'arm64' ? 'aarch64' : arch;
	const deno = isLinux ? `@deno/linux-${arch}-glibc` : `@deno/${platform}-${arch}`;
	return {
		node: nodeFromNpm(npm),
		pnpm: scriptsFromNpm(npm, {
			name: 'pnpm',
			scripts: {
				pnpm: ['bin/pnpm.cjs', 'bin/pnpm.mjs', 'bin/pnpm.js'],
				pnpx: ['bin/pnpx.cjs', 'bin/pnpx.mjs', 'bin/pnpx.js'],
			},
			native: `@pnpm/exe.${platform}-${arch}`,
		}),
		yarn: scriptsFromNpm(npm, { name: 'yarn', scripts: { yarn: ['bin/yarn.js'], yarnpkg: ['bin/yarn.js'] } }),
		bun: programFromNpm(npm, {
			name: `@oven/bun-${platform}-${cpu}`,
			path: 'bin/bun',
			program: 'bun',
			also: { bunx: 'bun' },
		}),
		deno: programFromNpm(npm, { name: deno, path: 'deno', program: 'deno' }),
		go: goFromProxy(env),
		uv: uvFromPypi(env),
		python: pythonFromAnywhere({ env, uv }),
	};
}
