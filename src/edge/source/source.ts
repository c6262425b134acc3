import type { Commit } from '#core/event.ts';
import type { Result } from '#core/result.ts';

/**
 * A git repository that Footbridge reads. Read-only for the repository's branches and work tree: `snapshot` adds objects
 * to Footbridge's own object store (with the repository's as alternate), never to the repository.
 *
 * No method may run hooks, filters or configured programs of a tree that a job could have written.
 */
export interface Source {
	/** Whether there is a repository, and its default branch. */
	describe(path: string): Promise<Result<Repository>>;
	/** Branches and tags with the commit each points to: full ref -> sha. */
	refs(path: string): Promise<ReadonlyMap<string, string>>;
	/** The full ref that HEAD points to, and its commit. */
	head(path: string): Promise<{ readonly ref: string; readonly sha: string }>;
	/** Turns a branch, tag, `HEAD` or abbreviated sha into a commit. */
	resolve(path: string, revision: string): Promise<Result<string>>;
	/**
	 * What a forge takes a name for: a full commit name, a full ref (`refs/heads/..`, `refs/tags/..`, `refs/pull/..`), else a branch,
	 * else a tag. A branch that only the remote has counts.
	 */
	find(path: string, name: string): Promise<Result<FoundRef>>;
	/** A commit that holds the work tree as it is now (tracked and untracked, not ignored), on no branch; HEAD itself when nothing is changed. */
	snapshot(
		path: string,
	): Promise<Result<{ readonly sha: string; readonly head: string; readonly ref: string; readonly isDirty: boolean }>>;
	commit(path: string, sha: string): Promise<Commit>;
	/** First-parent commits in `from..to`, newest first, at most `limit`. Without `from`: `to` only. */
	commits(path: string, from: string | undefined, to: string, limit: number): Promise<readonly Commit[]>;
	/** Paths that differ between two commits. */
	changed(path: string, from: string, to: string): Promise<readonly string[]>;
	/** Texts of the files below `folder` (one level) at a commit: path -> text. Files over `limitBytes` are left out. */
	files(path: string, sha: string, folder: string, limitBytes: number): Promise<ReadonlyMap<string, string>>;
	/** One file's text at a commit, or undefined. */
	file(path: string, sha: string, name: string): Promise<string | undefined>;
	/** Writes the files of a commit into an empty or missing directory; with `git`, a `.git` folder too. */
	checkout(path: string, sha: string, directory: string, options: CheckoutOptions): Promise<void>;
	/**
	 * Writes what a `.git` folder holds into an empty or missing directory: HEAD is the commit, there is no index yet, and nothing
	 * outside is needed. Whoever the files are for checks them out, with the rights that filters of the repository should have.
	 */
	gitFolder(path: string, sha: string, directory: string, options: GitFolderOptions): Promise<void>;
}

export interface Repository {
	/** Absolute path that later calls take. */
	readonly path: string;
	/** Folder name without `.git`. */
	readonly name: string;
	/** Short name, `main`. */
	readonly defaultBranch: string;
	readonly isBare: boolean;
	/** URL of `origin`, where there is one. */
	readonly origin?: string;
}

export interface FoundRef {
	readonly sha: string;
	/** Full name, as on the forge; absent for a commit's name. */
	readonly ref?: string;
}

export interface GitFolderOptions {
	/** 0 keeps the whole history with all branches and tags; n keeps n commits. */
	readonly depth: number;
	/**
	 * Full ref that the commit is checked out as: HEAD is on a branch of `refs/heads/`; for a tag or a pull request it is detached, and
	 * the ref is there. Absent: detached.
	 */
	readonly ref?: string;
	/** All tags are there, also where the history is not. */
	readonly tags?: boolean;
	/** The files will be only a part: how much all of them are does not matter. */
	readonly isSparse?: boolean;
	/** Submodules whose repositories lie inside this one are brought along, with theirs when `recursive`. */
	readonly submodules?: 'direct' | 'recursive';
}

export interface CheckoutOptions extends GitFolderOptions {
	/** False leaves `.git` out: a deployment has no use for it. */
	readonly git: boolean;
}
