import type { Result } from '#core/result.ts';

/**
 * Where `uses:` of other repositories comes from.
 *
 * Life cycle: `resolve` turns a ref into a commit, once a run, and has its files on this machine when it answers -> `file`, `has`, `hash`
 * and `checkout` read them, as often as wanted and without the network. A commit that was fetched stays.
 *
 * Calls may overlap, also from several processes: a commit is fetched once, and is there whole or not at all. Nothing that a
 * repository names is started, and no path or link leads out of it.
 */
export interface Actions {
	/** The place that a call without one means, as people read it. */
	readonly from: string;
	/**
	 * The commit of a ref (a tag, else a branch; a full ref; a whole commit name). FB2054: no such repository, or a private one.
	 * FB2055: no such ref. FB2056: the place cannot be reached, and the commit is not here; a ref that was resolved before is
	 * then what it was, and says so.
	 */
	resolve(wanted: WantedCommit): Promise<Result<ActionCommit>>;
	/** What a ref was when it was last resolved; asks no network. */
	known(wanted: WantedCommit): Promise<ActionCommit | undefined>;
	/** Text of a regular file of at most 1 MiB; undefined when there is none. */
	file(commit: ActionCommit, path: string): Promise<string | undefined>;
	/** Whether there is a file, of whatever size. */
	has(commit: ActionCommit, path: string): Promise<boolean>;
	/** A hash of all of its files with their names and modes: `sha256:` and 64 digits. */
	hash(commit: ActionCommit): Promise<string>;
	/** Writes its files into an empty or missing directory. */
	checkout(commit: ActionCommit, directory: string): Promise<void>;
	/** A folder with another Node than Footbridge's own: the newest of a major version when it is first asked for, or an exact one. FB2059. */
	node(version: string): Promise<Result<string>>;
}

export interface WantedCommit {
	/** URL whose `<owner>/<name>.git` are repositories, or an absolute path of a folder of bare ones; absent: `Actions.from`. */
	readonly from?: string;
	/** `owner/name` */
	readonly repository: string;
	readonly ref: string;
}

/** A commit whose files are here. */
export interface ActionCommit {
	readonly repository: string;
	readonly ref: string;
	readonly sha: string;
	/** `cached`: nothing had to be fetched. `offline`: its place could not be asked whether the ref is still this commit. */
	readonly origin: 'fetched' | 'cached' | 'offline';
}
