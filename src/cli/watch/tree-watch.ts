import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitIgnore } from '#cli/git-tree.ts';
import { type Problem, ProblemError } from '#core/result.ts';

export interface TreeWatch {
	/** Folders that are looked at; 1 where the system watches whole trees. */
	readonly folders: number;
	close(): void;
}

export interface TreeWatchOptions {
	readonly ignore: GitIgnore;
	/** Paths (relative, with slashes) that were written, made or removed, and that git does not ignore. */
	readonly onChange: (paths: readonly string[], firstAt: number) => void;
	/** Something can be watched no longer; the rest is. */
	readonly onProblem: (problem: Problem) => void;
	/** One save is several events: this long a silence ends it. */
	readonly settleMs?: number;
}

/** A storm of writes is told in parts of this length. */
const mostMs = 200;

/**
 * Watches a work tree. On Linux a folder at a time: a recursive watch would take one of the system's watches for every folder
 * and file of `node_modules` too.
 */
export async function watchTree(root: string, options: TreeWatchOptions): Promise<TreeWatch> {
	const watchers = new Map<string, FSWatcher>();
	const pending = new Set<string>();
	let [firstAt, timer]: [number, NodeJS.Timeout | undefined] = [0, undefined];
	/** Asked of git while the save settles: most saves are of one file. */
	let firstIgnored: Promise<ReadonlySet<string>> = Promise.resolve(new Set());
	const isWhole = process.platform !== 'linux';

	const close = () => {
		clearTimeout(timer);
		for (const watcher of watchers.values()) watcher.close();
		watchers.clear();
	};
	try {
		if (isWhole) open('');
		else await openBelow('');
	} catch (error) {
		close();
		throw error;
	}
	return {
		get folders() {
			return watchers.size;
		},
		close,
	};

	/** Watches a folder and those in it that git does not ignore; gives back the files that are there. */
	async function openBelow(folder: string): Promise<readonly string[]> {
		const ignored = await options.ignore.ignoredBelow(folder);
		const files: string[] = [];
		const queue = [folder];
		for (const next of queue) {
			if (watchers.has(next)) continue;
			// Watched before it is read: what is made in between is seen twice rather than not at all.
			if (!open(next)) continue;
			const entries = await entriesIn(root, next);
			if (entries === undefined) forget(next);
			for (const { path, isFolder } of entries?.filter((entry) => !ignored.has(entry.path)) ?? [])
				(isFolder ? queue : files).push(path);
		}
		return files;
	}

	/** False where the folder is gone already. */
	function open(folder: string): boolean {
		const watcher = opened(join(root, folder), isWhole, (name) => {
			if (name === null) return note(folder);
			const path = (folder === '' ? name : `${folder}/${name}`).replaceAll('\\', '/');
			if (!path.split('/').includes('.git')) note(path);
		});
		if (watcher === undefined) return false;
		// A folder that was removed says so as an error; its parent has told of it.
		watcher.on('error', () => forget(folder));
		watchers.set(folder, watcher);
		return true;
	}

	function forget(folder: string): void {
		watchers.get(folder)?.close();
		watchers.delete(folder);
	}

	function note(path: string): void {
		if (pending.size === 0) {
			firstAt = performance.now();
			firstIgnored = options.ignore.ignored([path]);
		}
		pending.add(path);
		clearTimeout(timer);
		const left = firstAt + mostMs - performance.now();
		timer = setTimeout(() => void settle(), Math.max(0, Math.min(options.settleMs ?? 20, left)));
	}

	async function settle(): Promise<void> {
		const [paths, since] = [[...pending], firstAt];
		pending.clear();
		const ignored = await Promise.all([firstIgnored, options.ignore.ignored(paths.slice(1))]);
		const changed: string[] = [];
		for (const path of paths.filter((one) => one !== '' && !ignored.some((some) => some.has(one)))) {
			try {
				const kind = await stat(join(root, path)).catch(() => undefined);
				if (kind?.isDirectory() !== true) changed.push(path);
				else if (!isWhole) changed.push(...(await openBelow(path)));
				if (kind === undefined) forgetBelow(path);
			} catch (error) {
				options.onProblem(error instanceof ProblemError ? error.problem : unwatched(path, error));
			}
		}
		if (changed.length > 0) options.onChange([...new Set(changed)].sort(), since);
	}

	/** A removed folder's watches are gone with it; one of the same name is a new one. */
	function forgetBelow(folder: string): void {
		for (const path of [...watchers.keys()]) if (path === folder || path.startsWith(`${folder}/`)) forget(path);
	}
}

/** What is in a folder; undefined for a repository inside this one, which is not part of its work tree. */
async function entriesIn(root: string, folder: string) {
	const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
	if (folder !== '' && entries.some((entry) => entry.name === '.git')) return undefined;
	return entries
		.filter((entry) => entry.name !== '.git')
		.map((entry) => ({
			path: folder === '' ? entry.name : `${folder}/${entry.name}`,
			isFolder: entry.isDirectory(),
		}));
}

function opened(path: string, recursive: boolean, onName: (name: string | null) => void): FSWatcher | undefined {
	try {
		return watch(path, { recursive, persistent: true }, (_event, name) => onName(name));
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return undefined;
		if (codeOf(error) === 'ENOSPC') throw new ProblemError(tooMany(path));
		throw new ProblemError(unwatched(path, error));
	}
}

function codeOf(error: unknown): string | undefined {
	return (error as NodeJS.ErrnoException).code;
}

/** What the system says of it, `ENOSPC: no space left`, speaks of a disk that is not full. */
function tooMany(path: string): Problem {
	return {
		code: 'FB0131',
		what: 'the system lets this user watch no more folders',
		why: 'the limit is fs.inotify.max_user_watches, and other programs such as editors count too',
		where: path,
		next: 'sudo sysctl fs.inotify.max_user_watches=524288',
	};
}

function unwatched(path: string, error: unknown): Problem {
	return {
		code: 'FB0132',
		what: 'a folder cannot be watched',
		why: error instanceof Error ? error.message : String(error),
		where: path,
		next: 'check that it is there and may be read',
	};
}
