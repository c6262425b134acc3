import { ok, type Result } from '#core/result.ts';
import type { Checkout } from './checkout-in-room.ts';

/** Whether the job has git: images of containers often have none. */
export async function hasGit({ job, timeout }: Pick<Checkout, 'job' | 'timeout'>): Promise<boolean> {
	if (job.room.tier !== 'container') return true;
	const end = await job.room.run({
		argv: ['sh', '-c', 'command -v git'],
		env: job.path.length === 0 ? {} : { PATH: [...job.path, job.room.env['PATH'] ?? ''].join(':') },
		cwd: job.room.workspace,
		output: () => {},
		signal: AbortSignal.any([job.stop.signal, timeout]),
	});
	return end.exitCode === 0;
}

/** As the original does without git: the files of the commit, and no repository. The folder is empty. */
export async function bringFiles({ job, target, asked }: Checkout, sha: string): Promise<Result<undefined>> {
	const { repository } = job.request;
	await job.room.bring(target, (folder) =>
		job.ports.source.checkout(repository.path, sha, folder, { depth: 1, git: false }),
	);
	job.log.say('The image has no git: these are the files of the commit, without a repository');
	const left = [
		asked.submodules === 'none' ? '' : 'submodules',
		asked.lfs ? 'files of Git LFS' : '',
		asked.sparse === undefined ? '' : 'a sparse checkout',
	].filter((part) => part !== '');
	if (left.length > 0) job.log.say(`Warning: ${left.join(', ')} cannot be had without git in the image`);
	return ok(undefined);
}
