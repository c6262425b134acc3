import { git, gitFailed, runGit } from './git-command.ts';

/** A file, link, folder or submodule in a tree. */
export interface TreeEntry {
	readonly path: string;
	readonly object: string;
	/** A regular file, executable or not: no link, folder or submodule. */
	readonly isFile: boolean;
	/** Bytes; 0 for what is not a file. */
	readonly size: number;
}

/** One level of a commit's tree: below `path` when it ends in `/`, the entry itself otherwise, the root without. */
export async function treeEntries(
	gitDirectory: string,
	sha: string,
	path: string | undefined,
): Promise<readonly TreeEntry[]> {
	const answer = await git({
		gitDir: gitDirectory,
		args: ['ls-tree', '-z', '-l', '--full-tree', sha, '--', ...(path === undefined ? [] : [path])],
	});
	return answer.split('\0').flatMap((record) => {
		const match = /^(\d+) (\w+) ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(record);
		if (match === null) return [];
		const [, mode = '', type, object = '', size, name = ''] = match;
		return [
			{
				path: name,
				object,
				isFile: type === 'blob' && mode.startsWith('100'),
				size: Number.parseInt(size ?? '', 10) || 0,
			},
		];
	});
}

/** The texts of files, by path. */
export async function readBlobs(
	gitDirectory: string,
	entries: readonly TreeEntry[],
): Promise<ReadonlyMap<string, string>> {
	if (entries.length === 0) return new Map();
	const { exitCode, stdout, stderr } = await runGit({
		gitDir: gitDirectory,
		args: ['cat-file', '--batch'],
		input: entries.map((entry) => `${entry.object}\n`).join(''),
	});
	if (exitCode !== 0) throw gitFailed(['cat-file'], stderr);
	const texts = new Map<string, string>();
	let at = 0;
	for (const entry of entries) {
		const lineEnd = stdout.indexOf(0x0a, at);
		const header = stdout.toString('utf8', at, lineEnd).split(' ');
		if (lineEnd === -1 || header[1] !== 'blob') throw gitFailed(['cat-file'], `the object of ${entry.path} is missing`);
		const size = Number(header[2]);
		texts.set(entry.path, stdout.toString('utf8', lineEnd + 1, lineEnd + 1 + size));
		at = lineEnd + 1 + size + 1;
	}
	return texts;
}
