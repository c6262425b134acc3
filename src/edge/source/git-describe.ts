import { basename } from 'node:path';
import { ok, type Result } from '#core/result.ts';
import { git, runGit } from './git-command.ts';
import { findRepository } from './git-place.ts';
import type { Repository } from './source.ts';

/** What a folder is as a repository; FB0150 when it is none. A folder inside a work tree stands for the whole. */
export async function describe(path: string): Promise<Result<Repository>> {
	const found = await findRepository(path);
	if (!found.ok) return found;
	const { gitDir, workTree } = found.value;
	const root = workTree ?? gitDir;
	const origin = await originOf(gitDir);
	return ok({
		path: root,
		name: basename(root).replace(/\.git$/, ''),
		defaultBranch: await defaultBranch(gitDir, workTree === undefined),
		isBare: workTree === undefined,
		...(origin === undefined ? {} : { origin }),
	});
}

/** URL of `origin` without credentials, where there is one. */
export async function originOf(gitDir: string): Promise<string | undefined> {
	const { exitCode, stdout } = await runGit({ gitDir, args: ['config', '--get', 'remote.origin.url'] });
	const url = stdout.toString('utf8').trim();
	return exitCode === 0 && url !== '' ? withoutCredentials(url) : undefined;
}

/** A token in a remote's URL is the person's: no job, page or event may get it. */
function withoutCredentials(url: string): string {
	return url.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
}

/** What `origin` says, else the usual names, else the branch that is checked out (born or not). */
async function defaultBranch(gitDir: string, isBare: boolean): Promise<string> {
	const symbolic = async (ref: string) => {
		const { exitCode, stdout } = await runGit({ gitDir, args: ['symbolic-ref', '--quiet', ref] });
		return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
	};
	const remote = await symbolic('refs/remotes/origin/HEAD');
	if (remote !== undefined) return remote.replace(/^refs\/remotes\/origin\//, '');
	const current = (await symbolic('HEAD'))?.replace(/^refs\/heads\//, '');
	if (isBare && current !== undefined) return current;
	const usual = await git({
		gitDir,
		args: ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/main', 'refs/heads/master'],
	});
	return usual.split('\n').find((name) => name === 'main' || name === 'master') ?? current ?? 'main';
}
