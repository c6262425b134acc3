import { failed, ok, type Result } from '#core/result.ts';
import type { RunningJob } from './running-job.ts';

/** A call of git in the room, as the job's user, with nothing but what the job itself could do. */
export interface GitInRoom {
	readonly cwd: string;
	readonly args: readonly string[];
	readonly env?: { readonly [name: string]: string };
	/** Ends it; the job's end does too. */
	readonly timeout: AbortSignal;
	/** Whether it asks the network, which may be slow. */
	readonly fetches?: true;
	/** Absent: the log. */
	readonly output?: (text: string) => void;
}

/** Runs git in the room. FB2042: it failed, and its own words are in the log; or it took longer than 5 minutes, with the network 30. */
export async function gitInRoom(job: RunningJob, call: GitInRoom): Promise<Result<undefined>> {
	const { cwd, args, env = {}, output, timeout } = call;
	const stream = output === undefined ? job.log.stream() : undefined;
	const decoder = new TextDecoder();
	const minutes = call.fetches === true ? 30 : 5;
	const [limit, over] = [new AbortController(), new AbortController()];
	job.ports.clock.sleep(minutes * 60_000, over.signal).then(
		() => limit.abort(),
		() => {},
	);
	const end = await job.room.run({
		argv: ['git', ...guards, ...args],
		env: { ...job.variables, ...env, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1' },
		cwd,
		output: (chunk) => {
			const text = decoder.decode(chunk, { stream: true });
			if (output !== undefined) output(text);
			else sayLines(stream, text);
		},
		signal: AbortSignal.any([job.stop.signal, timeout, limit.signal]),
	});
	over.abort();
	stream?.end();
	if (end.exitCode === 0) return ok(undefined);
	const [first = '', second = ''] = args.filter((arg) => /^[a-z][a-z-]*$/.test(arg));
	const what = `git ${first === 'submodule' || first === 'lfs' ? `${first} ${second}` : first} failed in the checkout`;
	if (limit.signal.aborted) {
		const next = 'fetch less: a smaller `fetch-depth`, `sparse-checkout`, or no `lfs`';
		return failed({ code: 'FB2042', what, why: `it took longer than ${minutes} minutes, which is the limit`, next });
	}
	const why = end.error ?? `it ended with ${end.exitCode ?? end.signal}`;
	const next = 'its own words are above; look whether the address can be reached from this machine';
	return failed({ code: 'FB2042', what, why, ...(call.fetches === true ? { next } : {}) });
}

/** No helper of transport that runs a program is used, no local path that a commit names, and no bare repository that it brings. */
const guards = [
	'safe.bareRepository=explicit',
	'protocol.ext.allow=never',
	'protocol.file.allow=user',
	'core.hooksPath=/dev/null',
	'core.fsmonitor=false',
	'checkout.workers=0',
	'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

function sayLines(stream: ReturnType<RunningJob['log']['stream']> | undefined, text: string): void {
	const lines = text.split('\n');
	for (const [index, line] of lines.entries()) {
		const isLast = index === lines.length - 1;
		if (!isLast || line !== '') stream?.push(line, !isLast);
	}
}
