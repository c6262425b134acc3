import { gitFailed } from './git-command.ts';
import { objectKind, readObject } from './git-reader.ts';

/** A file, link, folder or submodule in a tree. */
export interface TreeEntry {
	readonly path: string;
	readonly object: string;
	/** A regular file, executable or not: no link, folder or submodule. */
	readonly isFile: boolean;
	/** Bytes; 0 for what is not a file. */
	readonly size: number;
}

/** What a commit's own record says. */
export interface CommitRecord {
	readonly tree: string;
	/** Epoch, seconds. */
	readonly authoredAt: number;
	readonly committedAt: number;
	/** The first paragraph of the message in one line, as git shows it. */
	readonly subject: string;
}

/** One level of a commit's tree: below `path` when it ends in `/`, the entry itself otherwise, the root without. */
export async function treeEntries(
	gitDirectory: string,
	sha: string,
	path: string | undefined,
): Promise<readonly TreeEntry[]> {
	const slash = path?.lastIndexOf('/') ?? -1;
	const folder = path?.slice(0, Math.max(0, slash)) ?? '';
	const below = folder === '' ? '' : `${folder}/`;
	const tree = await readObject(gitDirectory, `${sha}:${folder}`);
	if (tree === undefined && (await objectKind(gitDirectory, sha)) === undefined)
		throw gitFailed(['cat-file'], `there is no commit ${sha}`);
	if (tree?.type !== 'tree') return [];
	const wanted = rowsOf(tree.body, tree.name.length / 2)
		.map((row) => ({ ...row, path: `${below}${row.name}` }))
		.filter((row) => path === undefined || path === below || row.path === path);
	return Promise.all(
		wanted.map(async ({ mode, object, path }) => {
			const isFile = mode.startsWith('100');
			const kind = isFile ? await objectKind(gitDirectory, object) : undefined;
			return { path, object, isFile, size: kind?.size ?? 0 };
		}),
	);
}

/** The texts of files, by path. */
export async function readBlobs(
	gitDirectory: string,
	entries: readonly TreeEntry[],
): Promise<ReadonlyMap<string, string>> {
	const read = entries.map(async ({ path, object }) => {
		const blob = await readObject(gitDirectory, object);
		if (blob?.type !== 'blob') throw gitFailed(['cat-file'], `the object of ${path} is missing`);
		return [path, blob.body.toString('utf8')] as const;
	});
	return new Map(await Promise.all(read));
}

/** Reads a commit; undefined where there is none of this name. */
export async function readCommit(gitDirectory: string, sha: string): Promise<CommitRecord | undefined> {
	const commit = await readObject(gitDirectory, sha);
	if (commit?.type !== 'commit') return undefined;
	const end = commit.body.indexOf('\n\n');
	const headers = commit.body.toString('utf8', 0, end === -1 ? undefined : end);
	const header = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(headers)?.[1] ?? '';
	const time = (name: string) => Number(/ (-?\d+) [+-]\d+$/.exec(header(name))?.[1] ?? 0);
	const message = end === -1 ? '' : decoded(commit.body.subarray(end + 2), header('encoding'));
	const [paragraph = ''] = message.replace(/^\s*\n/, '').split(/\n[ \t]*\n/);
	const subject = paragraph
		.split('\n')
		.map((line) => line.trimEnd())
		.join(' ')
		.trim();
	return { tree: header('tree'), authoredAt: time('author'), committedAt: time('committer'), subject };
}

/** Git writes `<mode> <name>`, a zero byte and the object's name as bytes. */
function rowsOf(body: Buffer, nameBytes: number) {
	const rows: { readonly mode: string; readonly name: string; readonly object: string }[] = [];
	for (let at = 0; at < body.length; ) {
		const [space, zero] = [body.indexOf(0x20, at), body.indexOf(0, at)];
		const object = body.toString('hex', zero + 1, zero + 1 + nameBytes);
		rows.push({ mode: body.toString('latin1', at, space), name: body.toString('utf8', space + 1, zero), object });
		at = zero + 1 + nameBytes;
	}
	return rows;
}

/** A commit may say that its message is in another encoding. */
function decoded(message: Buffer, encoding: string): string {
	try {
		return new TextDecoder(encoding === '' ? 'utf-8' : encoding).decode(message);
	} catch {
		return message.toString('utf8');
	}
}
