import type { CheckoutInputs } from '#core/job/checkout-inputs.ts';
import { failed, ok, type Result } from '#core/result.ts';
import { gitInRoom } from './git-in-room.ts';
import type { RunningJob } from './running-job.ts';

/** A checkout under way. */
export interface Checkout {
	readonly job: RunningJob;
	/** Folder, as the job sees it. */
	readonly target: string;
	readonly asked: CheckoutInputs;
	/** Ends it; the job's end does too. */
	readonly timeout: AbortSignal;
}

/**
 * Writes the files of HEAD. Filters of the repository and of the machine (line ends, Git LFS) work as in any checkout, and the index
 * knows the files as the job sees them.
 */
export async function writeFiles({ job, target, asked, timeout }: Checkout): Promise<Result<undefined>> {
	if (asked.sparse !== undefined) {
		const { isConeMode, patterns } = asked.sparse;
		const args = ['sparse-checkout', 'set', isConeMode ? '--cone' : '--no-cone', '--', ...patterns];
		const done = await gitInRoom(job, { cwd: target, args, timeout });
		if (!done.ok) return done;
	}
	// HEAD says what: no name of a branch is ever on a command line.
	return gitInRoom(job, { cwd: target, args: ['checkout', '--quiet', '--force'], timeout });
}

/** What comes after the files: submodules, files of Git LFS, and the token for later steps. FB2042: git failed. */
export async function finishCheckout(checkout: Checkout): Promise<Result<undefined>> {
	const { job, target, asked, timeout } = checkout;
	const { submodules, lfs, depth, token, keepsToken } = asked;
	const env = tokenEnvironment(job, asked);
	const call = { cwd: target, env, timeout, fetches: true } as const;
	if (submodules !== 'none') {
		const recursive = submodules === 'recursive' ? ['--recursive'] : [];
		const history = depth > 0 ? [`--depth=${depth}`] : [];
		for (const args of [
			['submodule', 'sync', '--quiet', ...recursive],
			['submodule', 'update', '--init', '--force', ...history, ...recursive],
		]) {
			const done = await gitInRoom(job, { ...call, args });
			if (!done.ok) return done;
		}
	}
	if (lfs) {
		const has = await gitInRoom(job, { ...call, args: ['lfs', 'version'], output: () => {} });
		if (!has.ok) job.log.say('Warning: git-lfs is not installed: files of Git LFS are left as the pointers to them');
		else {
			const done = await gitInRoom(job, { ...call, args: ['lfs', 'pull'] });
			if (!done.ok) return done;
		}
	}
	return keepsToken && token !== '' ? keepToken(checkout) : ok(undefined);
}

/**
 * Lets git answer with the token when the server asks for one, and nobody else: a header would go on to wherever the server sends git.
 * By the environment: on a command line it would be in every process list.
 */
export function tokenEnvironment(job: RunningJob, asked: CheckoutInputs): { readonly [name: string]: string } {
	if (asked.token === '') return {};
	const helper = `credential.${tokenServer(job, asked)}.helper`;
	return {
		GIT_CONFIG_COUNT: '2',
		// Those that the user has are not asked.
		GIT_CONFIG_KEY_0: helper,
		GIT_CONFIG_VALUE_0: '',
		GIT_CONFIG_KEY_1: helper,
		GIT_CONFIG_VALUE_1: `!f() { [ "$1" != get ] || printf 'username=x-access-token\\npassword=%s\\n' "$FOOTBRIDGE_GIT_TOKEN"; }; f`,
		FOOTBRIDGE_GIT_TOKEN: asked.token,
	};
}

function tokenServer(job: RunningJob, { server }: CheckoutInputs): string {
	return server === '' ? serverOf(job) : server;
}

/** A repository that has no forge of its own most likely means GitHub. */
export function serverOf(job: RunningJob): string {
	const server = String(job.contexts['github']?.['server_url'] ?? '');
	return job.request.repository.origin === undefined ? 'https://github.com' : server;
}

/** Later steps push with it, as after the original. */
async function keepToken({ job, target, asked, timeout }: Checkout): Promise<Result<undefined>> {
	const script = 'printf "[%s \\"%s\\"]\\n\\textraheader = %s\\n" http "$SERVER/" "$HEADER" >> .git/config';
	const basic = Buffer.from(`x-access-token:${asked.token}`).toString('base64');
	const end = await job.room.run({
		argv: ['sh', '-c', script],
		env: { SERVER: tokenServer(job, asked), HEADER: `AUTHORIZATION: basic ${basic}` },
		cwd: target,
		output: () => {},
		signal: AbortSignal.any([job.stop.signal, timeout]),
	});
	return end.exitCode === 0
		? ok(undefined)
		: failed({ code: 'FB2042', what: 'the token could not be kept for later steps' });
}
