import { existsSync } from 'node:fs';
import { lchown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isVersion } from '#core/toolchain/newest.ts';
import type { HereTool, Tool } from './toolchain.ts';

/** The folder that fetched tools are kept in. */
export interface ToolFolder {
	kept(tool: Tool): Promise<readonly HereTool[]>;
	/** Keeps a version under its name; `fill` writes it into an empty folder, and tells what it brings. */
	keep(tool: Tool, version: string, fill: Fill): Promise<HereTool>;
}

/** `place` is where the folder will be. */
export type Fill = (folder: string, place: string) => Promise<HereTool['brings']>;

/** Whom the files belong to, so that a job may change its own copy of them. */
export interface ToolOwner {
	readonly uid: number;
	readonly gid: number;
}

/** Opens the folder; files are given to `owner` where Footbridge may do that. */
export function toolFolder(root: string, owner: ToolOwner | undefined): ToolFolder {
	const making = new Map<string, Promise<HereTool>>();
	return {
		kept: (tool) => keptIn(root, tool),
		keep(tool, version, fill) {
			const key = `${tool}/${version}`;
			const known = making.get(key);
			if (known !== undefined) return known;
			const made = make({ root, owner, tool, version, fill }).finally(() => making.delete(key));
			making.set(key, made);
			return made;
		},
	};
}

/** As `@actions/tool-cache` names them. */
const names: { readonly [tool in Tool]?: string } = { python: 'Python', java: 'Java_jdk' };

function folderOf(root: string, tool: Tool): string {
	return join(root, names[tool] ?? tool);
}

async function keptIn(root: string, tool: Tool): Promise<readonly HereTool[]> {
	const folder = folderOf(root, tool);
	const versions = (await readdir(folder).catch(() => [])).filter(isVersion);
	const read = versions.map((version) => readKept(join(folder, version), version));
	return (await Promise.all(read)).filter((one) => one !== undefined);
}

async function readKept(place: string, version: string): Promise<HereTool | undefined> {
	const text = await readFile(join(place, `${process.arch}.complete`), 'utf8').catch(() => undefined);
	if (text === undefined) return undefined;
	const brings = text === '' ? {} : (JSON.parse(text) as { readonly [name: string]: string });
	return { version, folder: join(place, process.arch), brings };
}

interface Making {
	readonly root: string;
	readonly owner: ToolOwner | undefined;
	readonly tool: Tool;
	readonly version: string;
	readonly fill: Fill;
}

/** Another process may have been faster: what it has made is taken. */
async function make({ root, owner, tool, version, fill }: Making): Promise<HereTool> {
	const place = join(folderOf(root, tool), version);
	const here = await readKept(place, version);
	if (here !== undefined) return here;
	const temporary = await mkdtemp(join(root, '.new-'));
	const folder = join(place, process.arch);
	try {
		const filled = join(temporary, 'tool');
		await mkdir(filled);
		const brings = (await fill(filled, folder)) ?? {};
		const complete = join(temporary, 'complete');
		await writeFile(complete, JSON.stringify(brings));
		await mkdir(place, { recursive: true });
		if (owner !== undefined) {
			await giveTo(owner, filled);
			// What is next to it is the job's to fill, too: a tool of its own fetches more.
			for (const path of [complete, place, folderOf(root, tool)]) await lchown(path, owner.uid, owner.gid);
		}
		await rename(filled, folder).catch(async (error: unknown) => {
			// A process that was killed may have left a folder that is not complete; another may be as far as this one.
			if (existsSync(`${folder}.complete`)) return;
			if (!existsSync(folder)) throw error;
			await rm(folder, { recursive: true, force: true });
			await rename(filled, folder);
		});
		await rename(complete, `${folder}.complete`);
		return { version, folder, brings };
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

async function giveTo({ uid, gid }: ToolOwner, folder: string): Promise<void> {
	const entries = await readdir(folder, { recursive: true });
	await lchown(folder, uid, gid);
	for (const entry of entries) await lchown(join(folder, entry), uid, gid);
}
