import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { type GitLimits, runGit } from '../git-command.ts';
import { originOf } from './git-describe.ts';
import { writeGitFolder } from './git-folder.ts';

/** A git directory that is being written, whose submodules are to be in it. */
export interface WithSubmodules {
	/** Git directory that has the commit. */
	readonly objectsOf: string;
	/** Git directories that may have repositories of submodules inside. */
	readonly kept: readonly string[];
	readonly sha: string;
	readonly directory: string;
	readonly depth: number;
	readonly limits: GitLimits;
	readonly isRecursive: boolean;
}

/**
 * Writes the git directories of a commit's submodules into its own, as far as the repository keeps theirs inside: git then takes them
 * from there and asks no network. Whatever else their URLs name is for the job to fetch, with its own rights.
 */
export async function bringSubmodules(parent: WithSubmodules): Promise<void> {
	for (const { name, sha } of await submodulesAt(parent)) {
		const from = await keptRepository(parent.kept, name, sha);
		if (from === undefined) continue;
		const directory = join(parent.directory, 'modules', ...name.split('/'));
		await mkdir(dirname(directory), { recursive: true });
		const origin = await originOf(from);
		const { depth, limits } = parent;
		await writeGitFolder({
			...{ objectsOf: from, refsOf: from, sha, directory, depth, limits },
			...(origin === undefined ? {} : { origin }),
		});
		if (parent.isRecursive) await bringSubmodules({ ...parent, objectsOf: from, kept: [from], sha, directory });
	}
}

interface Submodule {
	readonly name: string;
	readonly sha: string;
}

async function submodulesAt({ objectsOf, sha }: WithSubmodules): Promise<readonly Submodule[]> {
	const asked = ['config', '-z', `--blob=${sha}:.gitmodules`, '--get-regexp', '^submodule\\..*\\.path$'];
	const { stdout } = await runGit({ gitDir: objectsOf, args: asked });
	const records = stdout.toString('utf8').split('\0');
	const paths = new Map(
		records.flatMap((record) => {
			const [key = '', ...path] = record.split('\n');
			const name = key.slice('submodule.'.length, -'.path'.length);
			return isSafeName(name) ? [[path.join('\n'), name]] : [];
		}),
	);
	if (paths.size === 0) return [];
	const links = await runGit({ gitDir: objectsOf, args: ['ls-tree', '-z', '--full-tree', sha, '--', ...paths.keys()] });
	return links.stdout
		.toString('utf8')
		.split('\0')
		.flatMap((entry) => {
			const [, commit, path] = /^160000 commit ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
			const name = path === undefined ? undefined : paths.get(path);
			return name === undefined || commit === undefined ? [] : [{ name, sha: commit }];
		});
}

/** The name becomes a path. */
function isSafeName(name: string): boolean {
	return name !== '' && !name.includes('\0') && name.split(/[/\\]/).every((part) => !['', '.', '..'].includes(part));
}

async function keptRepository(kept: readonly string[], name: string, sha: string): Promise<string | undefined> {
	for (const gitDir of kept) {
		const modules = join(gitDir, 'modules');
		const place = await realpath(join(modules, name)).catch(() => undefined);
		const isInside = place?.startsWith(`${await realpath(modules).catch(() => '')}${sep}`);
		if (place === undefined || isInside !== true) continue;
		const hasHead = await lstat(join(place, 'HEAD')).catch(() => undefined);
		if (hasHead === undefined) continue;
		const has = await runGit({ gitDir: place, args: ['cat-file', '-e', `${sha}^{commit}`] });
		if (has.exitCode === 0) return place;
	}
	return undefined;
}
