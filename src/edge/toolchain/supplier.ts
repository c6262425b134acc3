import type { HereTool } from './toolchain.ts';

/** Where the versions of one tool come from. */
export interface Supplier {
	/** Throws FB2090, FB2093. */
	offered(): Promise<readonly string[]>;
	/** Writes a version into an empty folder, and tells what it brings. `place` is where it will be. Throws FB2090, FB2091, FB2092. */
	fill(version: string, folder: string, place: string): Promise<HereTool['brings']>;
}
