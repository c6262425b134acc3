import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isCommitName } from '#core/action/uses-reference.ts';
import { ProblemError } from '#core/result.ts';
import { type GitAnswer, type GitCall, git, runGit } from '../git-command.ts';
import { checkTreeSize, type TreeLimits } from '../git-size.ts';
import type { WantedCommit } from './action.ts';
import { noRef, noRepository, unreachable } from './action-problems.ts';

/** A repository of actions, as git is told of it. */
export interface Remote {
	readonly wanted: WantedCommit;
	readonly from: string;
	/** URL or path. */
	readonly address: string;
	/** Settings that allow this one way of transport. */
	readonly settings: readonly string[];
	readonly env: { readonly [name: string]: string };
}

/** Where a repository is, below a URL or a folder. Throws FB2054 when a folder does not have it, FB2056 for any other kind of address. */
export async function remoteOf(wanted: WantedCommit, from: string, directory: string): Promise<Remote> {
	const { repository } = wanted;
	const scheme = /^(https?):\/\/[^/\s@]+(?:\/\S*)?$/i.exec(from)?.[1]?.toLowerCase();
	if (scheme !== undefined) {
		const settings = ['-c', `protocol.${scheme}.allow=always`, '-c', 'http.followRedirects=initial'];
		return { wanted, from, address: `${from}/${repository}.git`, settings, env: certificates() };
	}
	if (!isAbsolute(from))
		throw new ProblemError(unreachable(wanted, from, 'it is neither an https:// URL nor the path of a folder'));
	if (!existsSync(from)) throw new ProblemError(unreachable(wanted, from, 'there is no such folder'));
	const address = join(from, `${repository}.git`);
	if (!existsSync(join(address, 'objects'))) throw new ProblemError(noRepository(wanted, from));
	// The folder was named by whoever runs Footbridge; the repositories in it may belong to anybody.
	const configuration = join(directory, 'folder.gitconfig');
	await mkdir(directory, { recursive: true });
	await writeFile(configuration, `[safe]\n\tdirectory = *\n`);
	const env = { GIT_CONFIG_GLOBAL: configuration };
	return { wanted, from, address, settings: ['-c', 'protocol.file.allow=always'], env };
}

/** Networks with certificates of their own. */
function certificates(): { readonly [name: string]: string } {
	const names = ['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'];
	return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** The commit that a tag or a branch is now. Throws FB2054, FB2055 or FB2056. */
export async function remoteCommit(remote: Remote): Promise<string> {
	const { wanted, address, settings, env } = remote;
	const names = namesOf(wanted.ref);
	const patterns = names.flatMap((name) => [name, `${name}^{}`]);
	const args = [...settings, 'ls-remote', '--quiet', '--end-of-options', address, ...patterns];
	const answer = await askRemote(remote, { args, env, limits: askingLimits });
	if (answer.exitCode !== 0) throw refusal(remote, answer);
	const rows = answer.stdout.toString('utf8').matchAll(/^([0-9a-f]+)\t(.+)$/gm);
	const objects = new Map([...rows].map(([, object = '', name = '']) => [name, object]));
	for (const name of names) {
		const sha = objects.get(`${name}^{}`) ?? objects.get(name);
		if (sha !== undefined) return sha;
	}
	throw new ProblemError(noRef(wanted));
}

export const askingLimits = { timeMs: 60_000, fileBytes: 1e6, outputBytes: 16e6 };

/** Tags first, as git itself reads a name. */
function namesOf(ref: string): readonly string[] {
	if (ref.startsWith('refs/')) return [ref];
	return [`refs/tags/${ref}`, `refs/heads/${ref}`, ...(/^(?:heads|tags)\//.test(ref) ? [`refs/${ref}`] : [])];
}

/** A commit that is to be here. */
export interface NewCommit {
	readonly ref: string;
	readonly sha: string;
	/** The bare repository to be. */
	readonly tree: string;
	readonly limits: TreeLimits;
}

/** Fetches one commit with its files and nothing else. It appears when it is whole. */
export async function fetchCommit(remote: Remote, { ref, sha, tree, limits }: NewCommit): Promise<void> {
	await mkdir(dirname(tree), { recursive: true });
	const temporary = await mkdtemp(join(dirname(tree), '.new-'));
	const gitDir = join(temporary, 'new.git');
	try {
		const format = sha.length === 64 ? 'sha256' : 'sha1';
		await git({ args: ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, gitDir] });
		const fetched = await fetchInto(gitDir, remote, { ref, sha, limits });
		if (fetched.exitCode !== 0) throw refusal(remote, fetched);
		await within(remote, () => checkTreeSize(gitDir, sha, limits));
		await rename(gitDir, tree).catch((error: unknown) => {
			// Another process was faster: it is the same commit.
			if (!existsSync(tree)) throw error;
		});
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

/** By its name, which every newer server allows; else by the ref, if that is still this commit. */
async function fetchInto(
	gitDir: string,
	remote: Remote,
	{ ref, sha, limits }: Omit<NewCommit, 'tree'>,
): Promise<GitAnswer> {
	const { wanted, address, settings, env } = remote;
	const options = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
	const get = (what: string) =>
		askRemote(remote, {
			gitDir,
			env,
			limits,
			args: [...settings, 'fetch', ...options, '--end-of-options', address, what],
		});
	const answer = await get(sha);
	if (answer.exitCode === 0 || isCommitName(ref)) return answer;
	for (const name of namesOf(wanted.ref)) {
		await get(name);
		const has = await runGit({ gitDir, args: ['cat-file', '-e', `${sha}^{commit}`] });
		if (has.exitCode === 0) return has;
	}
	return answer;
}

/** A place that takes too long, or has too much to say, does not answer. */
export async function askRemote({ wanted, from }: Remote, call: GitCall): Promise<GitAnswer> {
	try {
		return await runGit(call);
	} catch (error) {
		if (!(error instanceof ProblemError) || error.problem.code !== 'FB0156') throw error;
		throw new ProblemError(unreachable(wanted, from, error.problem.why ?? error.problem.what), { cause: error });
	}
}

/** Says of a limit whose it was. */
async function within(remote: Remote, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		if (!(error instanceof ProblemError)) throw error;
		const { repository, ref } = remote.wanted;
		throw new ProblemError(
			{ ...error.problem, where: `${repository}@${ref}`, next: 'check that it is the action you mean' },
			{ cause: error },
		);
	}
}

/** What git's words mean. Nobody is asked for a password: where one is wanted, a repository is private or missing. */
export function refusal({ wanted, from }: Remote, { stderr }: GitAnswer): ProblemError {
	const isMissing =
		/not found|does not appear to be a git repository|could not read Username|Authentication failed|terminal prompts disabled|error: 40[134]|access denied/i;
	if (/not our ref|couldn't find remote ref|unadvertised object|no such remote ref/i.test(stderr))
		return new ProblemError(noRef(wanted));
	if (isMissing.test(stderr) && !/resolve host/i.test(stderr)) return new ProblemError(noRepository(wanted, from));
	const said = stderr.split('\n').find((line) => /^(?:fatal|error):/.test(line)) ?? stderr;
	return new ProblemError(unreachable(wanted, from, said.replace(/^(?:fatal|error): /, '').slice(0, 300)));
}
