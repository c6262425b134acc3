import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { git, runGit } from '../git-command.ts';
import type { TreeLimits } from '../git-size.ts';
import { foreignCommit } from './action-problems.ts';
import { askingLimits, askRemote, type Remote, refusal } from './git-remote.ts';

interface Place {
	/** For what is needed only now. */
	readonly directory: string;
	readonly limits: TreeLimits;
}

/**
 * Throws FB2055 for a commit that no branch and no tag of the repository leads to. A forge gives out the commits of all forks under the
 * name of the repository: anybody could write one, and it would look as if it were the repository's own.
 */
export async function checkOwnCommit(remote: Remote, sha: string, place: Place): Promise<void> {
	const { address, settings, env, wanted } = remote;
	const args = [...settings, 'ls-remote', '--quiet', '--heads', '--tags', '--end-of-options', address];
	const answer = await askRemote(remote, { args, env, limits: askingLimits });
	if (answer.exitCode !== 0) throw refusal(remote, answer);
	const isTip = answer.stdout.toString('latin1').includes(`${sha}\t`);
	if (isTip || (await isReached(remote, sha, place))) return;
	throw new ProblemError(foreignCommit(wanted));
}

/** A folder is asked itself; of a server, the commits are fetched without their files. */
async function isReached(remote: Remote, sha: string, { directory, limits }: Place): Promise<boolean> {
	const { address, settings, env } = remote;
	if (isAbsolute(address)) return leadsTo(address, sha);
	await mkdir(directory, { recursive: true });
	const temporary = await mkdtemp(join(directory, '.commits-'));
	const gitDir = join(temporary, 'commits.git');
	try {
		const format = sha.length === 64 ? 'sha256' : 'sha1';
		await git({ args: ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, gitDir] });
		const options = ['--quiet', '--filter=tree:0', '--no-recurse-submodules', '--no-write-fetch-head'];
		const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
		const args = [...settings, 'fetch', ...options, '--end-of-options', address, ...refs];
		const fetched = await askRemote(remote, { gitDir, env, limits, args });
		if (fetched.exitCode !== 0) throw refusal(remote, fetched);
		return await leadsTo(gitDir, sha);
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

async function leadsTo(gitDir: string, sha: string): Promise<boolean> {
	const args = ['for-each-ref', '--count=1', `--contains=${sha}`, 'refs/heads', 'refs/tags'];
	const { exitCode, stdout } = await runGit({ gitDir, args });
	return exitCode === 0 && stdout.length > 0;
}
