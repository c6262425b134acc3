import type { CheckoutInputs } from '#core/job/checkout-inputs.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { RunningJob } from './running-job.ts';

/**
 * The parts of a checkout that need the network, or programs that a repository names. They run in the room as the job's user, with
 * nothing but what the job itself could do. FB2042: git failed; its own words are in the log.
 */
export async function finishCheckout(
	job: RunningJob,
	target: string,
	{ submodules, lfs, depth, token, keepsToken, server }: CheckoutInputs,
): Promise<Result<undefined>> {
	const env = tokenEnvironment(token, server === '' ? String(job.contexts['github']?.['server_url']) : server);
	if (submodules !== 'none') {
		const recursive = submodules === 'recursive' ? ['--recursive'] : [];
		const history = depth > 0 ? [`--depth=${depth}`] : [];
		for (const args of [
			['submodule', 'sync', ...recursive],
			['submodule', 'update', '--init', '--force', ...history, ...recursive],
		]) {
			const done = await gitInRoom(job, target, { args, env });
			if (!done.ok) return done;
		}
	}
	if (lfs) {
		const done = await gitInRoom(job, target, { args: ['lfs', 'pull'], env });
		if (!done.ok) return done;
	}
	if (keepsToken && token !== '') return keepToken(job, target, env);
	return ok(undefined);
}

/** Fetches another repository than the run's into an empty folder; the commit that it is at. */
export async function checkOutOther(job: RunningJob, target: string, asked: CheckoutInputs): Promise<Result<string>> {
	const server = asked.server === '' ? serverOf(job) : asked.server;
	const env = tokenEnvironment(asked.token, server);
	const ref = asked.ref ?? 'HEAD';
	const history = asked.depth > 0 ? [`--depth=${asked.depth}`] : [];
	const steps: readonly (readonly string[])[] = [
		['init', '--quiet', '.'],
		['remote', 'add', 'origin', '--', `${server}/${asked.repository}.git`],
		['fetch', '--quiet', ...history, asked.tags ? '--tags' : '--no-tags', 'origin', '--', ref],
		...(asked.sparse === undefined
			? []
			: [['sparse-checkout', 'set', asked.sparse.isConeMode ? '--cone' : '--no-cone', '--', ...asked.sparse.patterns]]),
		['checkout', '--quiet', '--force', '--detach', 'FETCH_HEAD'],
	];
	for (const args of steps) {
		const done = await gitInRoom(job, target, { args, env });
		if (!done.ok) return done;
	}
	let sha = '';
	const asks = await gitInRoom(job, target, {
		args: ['rev-parse', 'HEAD'],
		env,
		output: (chunk) => {
			sha += Buffer.from(chunk).toString();
		},
	});
	if (!asks.ok) return asks;
	const finished = await finishCheckout(job, target, asked);
	return finished.ok ? ok(sha.trim()) : finished;
}

/** A repository that has no forge of its own most likely means GitHub. */
function serverOf(job: RunningJob): string {
	const server = String(job.contexts['github']?.['server_url'] ?? '');
	return job.request.repository.origin === undefined ? 'https://github.com' : server;
}

/** Settings by the environment: a token on a command line would be in every process list. */
function tokenEnvironment(token: string, server: string): { readonly [name: string]: string } {
	if (token === '') return {};
	const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
	return {
		GIT_CONFIG_COUNT: '1',
		GIT_CONFIG_KEY_0: `http.${server}/.extraheader`,
		GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
	};
}

/** Later steps push with it, as after the original. */
async function keepToken(
	job: RunningJob,
	target: string,
	env: { readonly [name: string]: string },
): Promise<Result<undefined>> {
	const script = 'printf "[%s \\"%s\\"]\\n\\textraheader = %s\\n" http "$SERVER" "$GIT_CONFIG_VALUE_0" >> .git/config';
	const server = env['GIT_CONFIG_KEY_0']?.slice('http.'.length, -'.extraheader'.length) ?? '';
	const end = await job.room.run({
		argv: ['sh', '-c', script],
		env: { ...env, SERVER: server },
		cwd: target,
		output: () => {},
		signal: job.stop.signal,
	});
	return end.exitCode === 0
		? ok(undefined)
		: failed({ code: 'FB2042', what: 'the token could not be kept for later steps' });
}

interface GitStep {
	readonly args: readonly string[];
	readonly env: { readonly [name: string]: string };
	/** Absent: the log. */
	readonly output?: (chunk: Uint8Array) => void;
}

const guards = [
	'safe.directory=*',
	'protocol.ext.allow=never',
	'core.hooksPath=/dev/null',
	'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

async function gitInRoom(job: RunningJob, cwd: string, { args, env, output }: GitStep): Promise<Result<undefined>> {
	const stream = output === undefined ? job.log.stream() : undefined;
	const decoder = new TextDecoder();
	const end = await job.room.run({
		argv: ['git', ...guards, ...args],
		env: { ...job.variables, ...env, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1' },
		cwd,
		output: output ?? ((chunk) => sayLines(stream, decoder.decode(chunk, { stream: true }))),
		signal: job.stop.signal,
	});
	stream?.end();
	if (end.exitCode === 0) return ok(undefined);
	const why = end.error ?? `it ended with ${end.exitCode ?? end.signal}`;
	return failed({
		code: 'FB2042',
		what: `git ${args.slice(0, 2).join(' ')} failed in the checkout`,
		why,
		next: 'its own words are above; look whether the address can be reached from this machine',
	});
}

function sayLines(stream: ReturnType<RunningJob['log']['stream']> | undefined, text: string): void {
	const lines = text.split('\n');
	for (const [index, line] of lines.entries()) {
		const isLast = index === lines.length - 1;
		if (!isLast || line !== '') stream?.push(line, !isLast);
	}
}
