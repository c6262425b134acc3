import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** What git says of a work tree: which paths it leaves alone. Asked with the user's own settings, and without running programs of the repository. */
export interface GitIgnore {
	/** Those of the paths that are ignored and not tracked. */
	ignored(paths: readonly string[]): Promise<ReadonlySet<string>>;
	/** Ignored folders (without a slash at the end) and files below a folder; '' is the whole tree. */
	ignoredBelow(folder: string): Promise<ReadonlySet<string>>;
}

/** Asks the git of the work tree at `root`. */
export function gitIgnore(root: string): GitIgnore {
	return {
		ignored: async (paths) => {
			if (paths.length === 0) return new Set();
			const input = paths.map((path) => `${path}\0`).join('');
			return new Set(listOf((await git(root, ['check-ignore', '-z', '--stdin'], input)) ?? ''));
		},
		ignoredBelow: async (folder) => {
			const all = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
			const listed = await git(root, folder === '' ? all : [...all, '--', `:(literal)${folder}`]);
			return new Set(listOf(listed ?? '').map((path) => path.replace(/\/$/, '')));
		},
	};
}

/** Paths that differ between a commit and another, or the work tree with what is in no commit yet; relative to the root. Undefined where git cannot tell. */
export async function changedPaths(root: string, base: string, to: string): Promise<readonly string[] | undefined> {
	const isTree = to === 'worktree';
	const named = ['diff', '--name-only', '--no-renames', '--no-ext-diff', '--no-textconv', '-z', base];
	const [tracked, fresh] = await Promise.all([
		git(root, [...named, ...(isTree ? [] : [to]), '--']),
		isTree ? git(root, ['ls-files', '--others', '--exclude-standard', '-z']) : '',
	]);
	if (tracked === undefined || fresh === undefined) return undefined;
	return [...new Set([...listOf(tracked), ...listOf(fresh)])].sort();
}

/** The commit that one of the revisions names, the first that there is. */
export async function firstCommit(root: string, revisions: readonly string[]): Promise<string | undefined> {
	for (const revision of revisions) {
		const sha = await git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
		if (sha !== undefined) return sha.trim();
	}
	return undefined;
}

/** The root of the work tree that a folder is in; undefined when it is in none. */
export async function workTreeOf(folder: string): Promise<string | undefined> {
	return (await git(folder, ['rev-parse', '--show-toplevel']))?.replace(/\n$/, '');
}

/** Tells the full ref that a work tree is on, `HEAD` when it is on none, as often as it is asked. */
export async function refReader(root: string): Promise<() => Promise<string>> {
	const head = (await git(root, ['rev-parse', '--path-format=absolute', '--git-path', 'HEAD']))?.replace(/\n$/, '');
	const text = head === undefined ? undefined : await readFile(head, 'utf8').catch(() => undefined);
	// Other ways to keep refs than files leave a HEAD that leads nowhere.
	if (head === undefined || text === undefined || text.includes('.invalid'))
		return async () => (await git(root, ['symbolic-ref', '--quiet', 'HEAD']))?.trim() ?? 'HEAD';
	return async () => /^ref: *(\S+)/.exec(await readFile(head, 'utf8').catch(() => ''))?.[1] ?? 'HEAD';
}

const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.untrackedCache=false'];

/** What git prints; undefined where it fails, as `check-ignore` does when no path is ignored. */
function git(cwd: string, args: readonly string[], input = ''): Promise<string | undefined> {
	return new Promise((resolve) => {
		const child = spawn('git', [...quiet, ...args], {
			cwd,
			env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
			stdio: ['pipe', 'pipe', 'ignore'],
		});
		const chunks: Buffer[] = [];
		child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
		child.stdin.on('error', () => {});
		child.once('error', () => resolve(undefined));
		child.once('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : undefined));
		child.stdin.end(input);
	});
}

function listOf(text: string): readonly string[] {
	return text.split('\0').filter((path) => path !== '');
}
