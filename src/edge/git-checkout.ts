import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type GitLimits, git } from './git-command.ts';

/** Where the files of a commit come from and go to. */
export interface NewFiles {
	/** Git directory with configuration of ours: no filter of a repository is started. */
	readonly gitDir: string;
	readonly sha: string;
	/** Empty or missing. */
	readonly target: string;
	readonly limits: GitLimits;
}

/** Writes a commit's files and nothing else. */
export async function exportFiles({ gitDir, sha, target, limits }: NewFiles): Promise<void> {
	await mkdir(target, { recursive: true });
	const temporary = await mkdtemp(join(dirname(gitDir), 'checkout-'));
	try {
		const env = { GIT_INDEX_FILE: join(temporary, 'index') };
		const args = [...quick, '--work-tree', target, 'read-tree', '-m', '-u', sha];
		await git({ gitDir, cwd: target, env, limits, args });
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

/** Writes the files of the commit that HEAD is, and the index, into the folder that a `.git` is in. */
export async function checkOutHead({ gitDir, target, limits }: Omit<NewFiles, 'sha'>): Promise<void> {
	await git({ gitDir, cwd: target, limits, args: [...quick, '--work-tree', target, 'checkout', '--quiet', '--force'] });
}

/** What is written is thrown away after a crash: it need not be durable, and many files are written by several workers. */
const quick = ['-c', 'core.fsync=none', '-c', 'checkout.workers=0'];
