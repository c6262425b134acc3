import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitLimits, git } from '../git-command.ts';
import { listRefs } from './git-refs.ts';
import { commitsAtDepth, packedShallow } from './git-shallow.ts';
import type { GitFolderOptions } from './source.ts';

/** What becomes a git directory. */
export interface NewGitFolder extends GitFolderOptions {
	/** Git directory whose objects are taken. */
	readonly objectsOf: string;
	/** Git directory whose branches and tags are taken. */
	readonly refsOf: string;
	readonly sha: string;
	/** The git directory to be; missing or empty. */
	readonly directory: string;
	readonly origin?: string;
	readonly limits: GitLimits;
}

/**
 * Writes a git directory that needs nothing outside itself, as actions/checkout leaves it, but for the index: the objects are one pack
 * that git copies out of the packs that are there, and refs, HEAD and configuration are plain files. Nothing is fetched.
 */
export async function writeGitFolder(folder: NewGitFolder): Promise<void> {
	const { directory, objectsOf, sha, depth, limits } = folder;
	await git({
		args: ['init', '--quiet', '--bare', '--template=', `--object-format=${formatOf(sha)}`, directory],
	});
	const refs = await refsOf(folder);
	const tips = new Set([sha, ...refs.map((ref) => ref.object)]);
	const cuts = depth === 0 ? [] : await commitsAtDepth(objectsOf, [sha, ...refs.map((ref) => ref.commit)], depth);
	await pack({ objectsOf, directory, limits, lines: [...cuts.map((cut) => `--shallow ${cut}`), ...tips] });
	const shallow = [...cuts, ...(await packedShallow(objectsOf, directory))];
	if (shallow.length > 0) await writeFile(join(directory, 'shallow'), linesOf(shallow));
	await writeFile(join(directory, 'packed-refs'), linesOf(refs.map(({ name, object }) => `${object} ${name}`)));
	await writeFile(join(directory, 'HEAD'), `${headOf(folder)}\n`);
	await mkdir(join(directory, 'info'), { recursive: true });
	await configure(folder);
}

function formatOf(sha: string): string {
	return sha.length === 64 ? 'sha256' : 'sha1';
}

interface NewRef {
	readonly name: string;
	readonly object: string;
	readonly commit: string;
}

/** What is checked out comes first: of two names that cannot be files beside each other, the later one is left out. */
async function refsOf({ refsOf: gitDir, sha, ref, depth, tags }: NewGitFolder): Promise<readonly NewRef[]> {
	const isTag = ref?.startsWith('refs/tags/') === true;
	const wantsTags = depth === 0 || tags === true;
	const branches = depth === 0 ? await listRefs(gitDir, 'refs/remotes/origin/', 'refs/heads/') : [];
	const allTags = wantsTags ? await listRefs(gitDir, 'refs/tags/') : isTag ? await listRefs(gitDir, ref) : [];
	// What origin has comes before a branch of the same name that is behind or ahead here: a forge knows only that.
	const remote = branches.filter(({ name }) => name.startsWith('refs/remotes/') && name !== 'refs/remotes/origin/HEAD');
	const local = branches.filter(({ name }) => name.startsWith('refs/heads/'));
	const own = allTags.filter((tag) => tag.name === ref && tag.commit === sha);
	const present = [...ownRefs(ref), ...(isTag && own.length === 0 ? [ref] : [])];
	const rest = [...remote, ...local, ...allTags.filter((tag) => tag.name !== ref)];
	return withoutConflicts([
		...present.map((name) => ({ name, object: sha, commit: sha })),
		...own,
		...rest.map((other) => ({ ...other, name: other.name.replace(/^refs\/heads\//, 'refs/remotes/origin/') })),
	]);
}

/** Under which names the commit is known. A full ref of another kind gets none, and HEAD is the commit. */
function ownRefs(ref: string | undefined): readonly string[] {
	const branch = branchOf(ref);
	if (branch !== undefined) return [`refs/heads/${branch}`, `refs/remotes/origin/${branch}`];
	return ref?.startsWith('refs/pull/') === true ? [ref.replace('refs/pull/', 'refs/remotes/pull/')] : [];
}

function branchOf(ref: string | undefined): string | undefined {
	return ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : undefined;
}

function withoutConflicts(refs: readonly NewRef[]): readonly NewRef[] {
	const names = new Set<string>();
	const folders = new Set<string>();
	return refs.filter(({ name }) => {
		const parents = name.split('/').map((_, index, parts) => parts.slice(0, index).join('/'));
		if (names.has(name) || folders.has(name) || parents.some((parent) => names.has(parent))) return false;
		names.add(name);
		for (const parent of parents) folders.add(parent);
		return true;
	});
}

interface Packing {
	readonly objectsOf: string;
	readonly directory: string;
	readonly limits: GitLimits;
	readonly lines: readonly string[];
}

/** Searching for more deltas would make it a little smaller and take much longer. The pack is thrown away: it need not be durable. */
async function pack({ objectsOf, directory, limits, lines }: Packing): Promise<void> {
	const settings = ['-c', 'core.fsync=none', '-c', 'pack.compression=1'];
	const options = ['-q', '--revs', '--delta-base-offset', '--window=0'];
	await git({
		gitDir: objectsOf,
		limits,
		args: [...settings, 'pack-objects', ...options, join(directory, 'objects', 'pack', 'pack')],
		input: linesOf(lines),
	});
}

function headOf({ ref, sha }: NewGitFolder): string {
	return branchOf(ref) === undefined ? sha : `ref: ${ref}`;
}

async function configure({ directory, origin, ref }: NewGitFolder): Promise<void> {
	const file = join(directory, 'config');
	const made = await readFile(file, 'utf8');
	await writeFile(file, made.replace('bare = true', 'bare = false\n\tlogallrefupdates = true'));
	const branch = branchOf(ref);
	const sections = ['[gc]\n\tauto = 0\n'];
	if (origin !== undefined) {
		sections.push(`[remote "origin"]\n\turl = ${quoted(origin)}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`);
		if (branch !== undefined)
			sections.push(`[branch ${quoted(branch)}]\n\tremote = origin\n\tmerge = ${quoted(`refs/heads/${branch}`)}\n`);
	}
	await appendFile(file, sections.join(''));
}

function quoted(value: string): string {
	return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function linesOf(list: readonly string[]): string {
	return list.map((line) => `${line}\n`).join('');
}
