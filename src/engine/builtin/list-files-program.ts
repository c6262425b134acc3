import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { filesOf, readPatterns, searchPaths } from '../hash-files-program.ts';

/**
 * Finds the files that a step of an artifact or a cache names. It runs in the job's room as the job's user, so that it sees what the
 * job sees and no more. It imports nothing but Node and its neighbour.
 */

/** What is asked for, in a file. */
export interface ListRequest {
	/** Patterns, one a line. */
	readonly patterns: string;
	/** `artifact`: files, below the folder that all of them have in common. `cache`: files and folders, below the workspace. */
	readonly kind: 'artifact' | 'cache';
	readonly skipsHidden: boolean;
	/** Where the names go, each with a NUL behind it, relative to the root. */
	readonly list: string;
}

/** What was found. */
export interface ListAnswer {
	/** Folder that the names are relative to. */
	readonly root: string;
	readonly count: number;
}

/** Finds them, writes the list, and tells about it. */
async function answer({ patterns: text, kind, skipsHidden, list }: ListRequest): Promise<ListAnswer> {
	const workspace = process.cwd();
	const isCache = kind === 'cache';
	const all = readPatterns([text], workspace, process.env['HOME'] ?? '/');
	const patterns = isCache ? all.filter(({ isImplicit }) => !isImplicit) : all;
	const found: string[] = [];
	for await (const path of filesOf(patterns, { followLinks: true, findsFolders: isCache, skipsHidden }))
		if (isCache || (await stat(path)).isFile()) found.push(path);
	const root = isCache ? workspace : rootOf(searchPaths(patterns), found);
	await writeFile(list, found.map((path) => `${relative(root, path) || '.'}\0`).join(''));
	return { root, count: found.length };
}

/** As the original has it: one folder that was searched, that of the only file, or what several have in common. */
function rootOf(searched: readonly string[], found: readonly string[]): string {
	const [first = '/', ...others] = searched;
	if (others.length === 0) return found.length === 1 && found[0] === first ? dirname(first) : first;
	const common = first.split('/');
	for (const other of others) {
		const parts = other.split('/');
		const end = common.findIndex((part, index) => part !== parts[index]);
		if (end !== -1) common.length = end;
	}
	return common.join('/') || '/';
}

const request = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as ListRequest;
process.stdout.write(JSON.stringify(await answer(request)));
