import type { Result } from '#core/result.ts';
import type { RustWanted } from '#core/toolchain/rust-toolchain.ts';

/** What a workflow may ask for by version. */
export type Tool = 'node' | 'go' | 'python' | 'pnpm' | 'yarn' | 'uv' | 'bun' | 'deno' | 'java';

/**
 * Compilers, interpreters and package managers by version.
 *
 * Life cycle: `kept` and `onMachine` tell what is here -> `offered` tells what could be had -> `fetch` has one version here, whole, under
 * its name in `folder`, and it stays. `folder` is lent to every room (`RoomSpec.lent`): what a job changes of it is gone with its room,
 * so that no job runs what another one wrote.
 *
 * Calls may overlap, also from several processes: a version is fetched once, and is there whole or not at all. What is fetched is
 * compared with the hash that its registry names, holds regular files and folders only, and never leaves its folder.
 */
export interface Toolchains {
	/** Laid out as `@actions/tool-cache` does: `<tool>/<version>/<arch>`, with `<arch>.complete` beside it. */
	readonly folder: string;
	/** Versions that were fetched before. */
	kept(tool: Tool): Promise<readonly HereTool[]>;
	/** Versions that the machine itself has, where a job sees them. */
	onMachine(tool: Tool): Promise<readonly HereTool[]>;
	/** Versions that can be fetched, in no order. FB2090: the registry does not answer. FB2093: nothing offers the tool here. */
	offered(tool: Tool): Promise<Result<readonly string[]>>;
	/** Has a version in `folder`. FB2090; FB2091: there is no such version; FB2092: what came is not what the registry says. */
	fetch(tool: Tool, version: string): Promise<Result<HereTool>>;
	/** Has a toolchain of Rust, with its components, in `folder`. FB2090, FB2093. */
	rust(wanted: RustWanted): Promise<Result<RustHere>>;
}

/** A version of a tool on this machine. */
export interface HereTool {
	readonly version: string;
	/** Its programs are in `bin`, or here where there is none. */
	readonly folder: string;
	/** Versions of what it brings, by name. */
	readonly brings?: { readonly [name: string]: string };
}

/** Rust on this machine. */
export interface RustHere {
	/** RUSTUP_HOME */
	readonly home: string;
	/** Folder of rustup, cargo, rustc and the others. */
	readonly bin: string;
	/** Worth a warning: it could not be asked whether there is a newer one. */
	readonly note?: string;
}
