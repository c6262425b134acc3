import { basename } from 'node:path';
import { ok, type Result } from '#core/result.ts';
import { git, runGit } from '../git-command.ts';
import { rememberedAnswers } from './git-answers.ts';
import { findRepository } from './git-place.ts';
import type { Repository } from './source.ts';

/** What a folder is as a repository; FB0150 when it is none. A folder inside a work tree stands for the whole. */
export async function describe(path: string): Promise<Result<Repository>> {
	const found = await findRepository(path);
	if (!found.ok) return found;
	const { gitDir, workTree } = found.value;
	const root = workTree ?? gitDir;
	const isBare = workTree === undefined;
	const { origin, defaultBranch } = await remembered(gitDir, async () => {
		const [origin, defaultBranch] = await Promise.all([originOf(gitDir), defaultBranchOf(gitDir, isBare)]);
		return { origin, defaultBranch };
	});
	return ok({
		path: root,
		name: basename(root).replace(/\.git$/, ''),
		defaultBranch,
		isBare,
		...(origin === undefined ? {} : { origin }),
	});
}

/** Asked of every project twice a second by a server that watches. */
const remembered = rememberedAnswers<{ readonly origin: string | undefined; readonly defaultBranch: string }>([
	'refs/remotes/origin/HEAD',
	'refs/heads/main',
	'refs/heads/master',
]);

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
async function defaultBranchOf(gitDir: string, isBare: boolean): Promise<string> {
	const symbolic = async (ref: string) => {
		const { exitCode, stdout } = await runGit({ gitDir, args: ['symbolic-ref', '--quiet', ref] });
		return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
	};
	const [remote, head, usual] = await Promise.all([
		symbolic('refs/remotes/origin/HEAD'),
		symbolic('HEAD'),
		git({ gitDir, args: ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/main', 'refs/heads/master'] }),
	]);
	if (remote !== undefined) return remote.replace(/^refs\/remotes\/origin\//, '');
	const current = head?.replace(/^refs\/heads\//, '');
	if (isBare && current !== undefined) return current;
	return usual.split('\n').find((name) => name === 'main' || name === 'master') ?? current ?? 'main';
}
