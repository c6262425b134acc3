import { lstat, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { failed, ok, type Problem, type Result } from '#core/result.ts';

/** Where a repository's parts are. */
export interface GitPlace {
	/** Absolute, without links. */
	readonly gitDir: string;
	/** Absent for a bare repository. */
	readonly workTree?: string;
}

/**
 * Finds the repository that a folder is in, as git would, but for three things that a stranger's files could say: the work tree is the
 * folder that `.git` is in (whatever `core.worktree` says), a bare repository inside a work tree is none (FB0150), and a `.git` that
 * leads to the git directory of somebody else than its owner is refused (FB0157).
 */
export async function findRepository(path: string): Promise<Result<GitPlace>> {
	if (/[\n\0]/.test(path))
		return failed({ code: 'FB0150', what: 'The path has a line break inside', next: 'rename the folder' });
	const place = await realpath(resolve(path)).catch(() => undefined);
	if (place === undefined) return failed(none(resolve(path), 'there is no such folder'));
	const found = await search(place);
	if (found === undefined) return failed(none(place, 'neither it nor a folder above it has a .git'));
	return found.ok && found.value.workTree === undefined ? checkBare(found.value, place) : found;
}

async function search(from: string): Promise<Result<GitPlace> | undefined> {
	for (let folder = from; ; folder = dirname(folder)) {
		const found = await lookAt(folder);
		if (found !== undefined || folder === dirname(folder)) return found;
	}
}

function none(where: string, why: string): Problem {
	return { code: 'FB0150', what: 'There is no git repository', why, where, next: `git init ${where}` };
}

async function lookAt(folder: string): Promise<Result<GitPlace> | undefined> {
	const entry = join(folder, '.git');
	const gitDir = await leadsTo(entry);
	if (gitDir !== undefined && (await isGitDirectory(gitDir))) {
		const stranger = await strangerIn(entry, gitDir);
		return stranger === undefined ? ok({ gitDir, workTree: folder }) : failed(stranger);
	}
	return (await isGitDirectory(folder)) ? ok({ gitDir: folder }) : undefined;
}

/** Where `.git` leads: itself, the target of a link, or what the file says that a linked work tree or a submodule has instead. */
async function leadsTo(entry: string): Promise<string | undefined> {
	const kind = await stat(entry).catch(() => undefined);
	if (kind === undefined) return undefined;
	if (kind.isDirectory()) return realpath(entry);
	const target = kind.isFile() ? /^gitdir: (.+?)\r?\n*$/.exec(await start(entry))?.[1] : undefined;
	return target === undefined ? undefined : realpath(resolve(dirname(entry), target)).catch(() => undefined);
}

/** No path is longer than this. */
async function start(file: string): Promise<string> {
	const handle = await open(file);
	try {
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(8192), 0, 8192, 0);
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await handle.close();
	}
}

async function isGitDirectory(folder: string): Promise<boolean> {
	const has = (name: string) =>
		lstat(join(folder, name)).then(
			() => true,
			() => false,
		);
	const [head, objects, refs, common] = await Promise.all(['HEAD', 'objects', 'refs', 'commondir'].map(has));
	return head === true && ((objects === true && refs === true) || common === true);
}

/** Read with more rights than its owner has, somebody else's repository would come into that owner's jobs. */
async function strangerIn(entry: string, gitDir: string): Promise<Problem | undefined> {
	const [said, led] = await Promise.all([lstat(entry), stat(gitDir)]);
	if (said.uid === led.uid || said.uid === process.getuid?.()) return undefined;
	return {
		code: 'FB0157',
		what: 'The .git of this folder leads to the repository of somebody else',
		why: `${entry} belongs to user ${said.uid}, and ${gitDir} to user ${led.uid}`,
		where: dirname(entry),
		next: 'give both to the same user, or name the repository itself',
	};
}

async function checkBare(found: GitPlace, asked: string): Promise<Result<GitPlace>> {
	const { gitDir } = found;
	if (basename(gitDir) === '.git') return failed(inside(asked, 'name the folder above `.git`'));
	if (gitDir !== asked) return failed(inside(asked, `name ${gitDir}`));
	const around = await search(dirname(gitDir));
	if (around === undefined) return ok(found);
	const place = around.ok ? (around.value.workTree ?? around.value.gitDir) : dirname(gitDir);
	return failed({
		code: 'FB0150',
		what: 'A bare repository inside another repository is not used',
		why: 'whoever wrote a file of that one could have written it, and its configuration names programs',
		where: gitDir,
		next: `name ${place}, or move the bare repository out of it`,
	});
}

function inside(where: string, next: string): Problem {
	return { code: 'FB0150', what: 'This is the inside of a repository, not a work tree', where, next };
}
