import { failed, ok } from '#core/result.ts';
import type { HereTool, Tool, Toolchains } from './toolchain.ts';
import { notOffered, noVersion } from './toolchain-problems.ts';

/** What the registries of a simulation offer, by tool. */
export type Offers = { readonly [tool in Tool]?: readonly string[] };

/** Toolchains without a network: what is offered is there as soon as it is asked for, as a name. */
export function fakeToolchains(
	offers: Offers = {},
	machine: { readonly [tool in Tool]?: readonly HereTool[] } = {},
): Toolchains {
	const folder = '/toolchains';
	const kept = new Map<Tool, HereTool[]>();
	return {
		folder,
		kept: async (tool) => [...(kept.get(tool) ?? [])],
		onMachine: async (tool) => machine[tool] ?? [],
		async offered(tool) {
			const versions = offers[tool];
			return versions === undefined ? failed(notOffered(tool, 'nobody offers it')) : ok(versions);
		},
		async rust({ toolchain }) {
			return failed(notOffered(`Rust ${toolchain}`, 'nobody offers it'));
		},
		async fetch(tool, version) {
			const versions = offers[tool];
			if (versions === undefined) return failed(notOffered(tool, 'nobody offers it'));
			if (!versions.includes(version)) return failed(noVersion(tool, version, versions));
			const here = kept.get(tool)?.find((one) => one.version === version);
			if (here !== undefined) return ok(here);
			const made = { version, folder: `${folder}/${tool}/${version}/${process.arch}`, brings: {} };
			kept.set(tool, [...(kept.get(tool) ?? []), made]);
			return ok(made);
		},
	};
}
