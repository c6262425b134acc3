import { basename, resolve } from 'node:path';
import { failed, ok, type Result } from '#core/result.ts';
import { git, runGit } from './git-command.ts';
import type { Repository } from './source.ts';

/** What a folder is as a repository; FB0150 when it is none. A folder inside a work tree stands for the whole. */
export async function describe(path: string): Promise<Result<Repository>> {
	if (path.includes('\n') || path.includes('\0'))
		return failed({ code: 'FB0150', what: 'The path has a line break inside', next: 'rename the folder' });
	const place = resolve(path);
	const found = await runGit({
		args: ['-C', place, 'rev-parse', '--is-bare-repository', '--is-inside-work-tree', '--absolute-git-dir'],
	});
	if (found.exitCode !== 0) {
		return failed({
			code: 'FB0150',
			what: 'There is no git repository',
			why: found.stderr,
			where: place,
			next: `git init ${place}`,
		});
	}
	const [bare, inside, gitDirectory = ''] = found.stdout.toString('utf8').trimEnd().split('\n');
	const isBare = bare === 'true';
	if (!isBare && inside !== 'true') {
		return failed({
			code: 'FB0150',
			what: 'This is the inside of a repository, not a work tree',
			where: place,
			next: 'name the folder above `.git`',
		});
	}
	const root = isBare ? gitDirectory : (await git({ args: ['-C', place, 'rev-parse', '--show-toplevel'] })).trimEnd();
	const origin = await originOf(root);
	return ok({
		path: root,
		name: basename(root).replace(/\.git$/, ''),
		defaultBranch: await defaultBranch(root, isBare),
		isBare,
		...(origin === undefined ? {} : { origin }),
	});
}

/** URL of `origin` without credentials, where there is one. */
export async function originOf(root: string): Promise<string | undefined> {
	const { exitCode, stdout } = await runGit({ args: ['-C', root, 'config', '--get', 'remote.origin.url'] });
	const url = stdout.toString('utf8').trim();
	return exitCode === 0 && url !== '' ? withoutCredentials(url) : undefined;
}

/** A token in a remote's URL is the person's: no job, page or event may get it. */
function withoutCredentials(url: string): string {
	return url.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
}

/** What `origin` says, else the usual names, else the branch that is checked out (born or not). */
async function defaultBranch(root: string, isBare: boolean): Promise<string> {
	const symbolic = async (ref: string) => {
		const { exitCode, stdout } = await runGit({ args: ['-C', root, 'symbolic-ref', '--quiet', ref] });
		return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
	};
	const remote = await symbolic('refs/remotes/origin/HEAD');
	if (remote !== undefined) return remote.replace(/^refs\/remotes\/origin\//, '');
	const current = (await symbolic('HEAD'))?.replace(/^refs\/heads\//, '');
	if (isBare && current !== undefined) return current;
	const usual = await git({
		args: ['-C', root, 'for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/main', 'refs/heads/master'],
	});
	return usual.split('\n').find((name) => name === 'main' || name === 'master') ?? current ?? 'main';
}
