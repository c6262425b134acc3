import { spawn } from 'node:child_process';
import { ProblemError } from '#core/result.ts';

/** One call of git: no shell, no configuration but ours, no prompts. */
export interface GitCall {
	readonly args: readonly string[];
	/** Directory that git works in; absent: `/`. */
	readonly cwd?: string;
	readonly env?: { readonly [name: string]: string };
	readonly input?: string;
	/** True lets git read the configuration of the person who runs Footbridge; only for reading it. */
	readonly withUserConfiguration?: boolean;
}

export interface GitAnswer {
	readonly exitCode: number;
	readonly stdout: Buffer;
	readonly stderr: string;
}

/** Runs git and gives back how it ended; throws FB0151 only when git itself is missing. */
export function runGit(call: GitCall): Promise<GitAnswer> {
	return new Promise((resolve, reject) => {
		const child = spawn('git', [...guards, '-C', call.cwd ?? '/', ...call.args], {
			cwd: '/',
			env: environment(call),
			stdio: ['pipe', 'pipe', 'pipe'],
		});
		const out: Buffer[] = [];
		const err: Buffer[] = [];
		child.once('error', (error) => reject(missing(error)));
		child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
		child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
		// Git may end before it has read its input.
		child.stdin?.on('error', () => {});
		child.stdin?.end(call.input ?? '');
		child.once('close', (code) =>
			resolve({ exitCode: code ?? -1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8').trim() }),
		);
	});
}

/** Runs git and gives back its output as text; throws FB0152 with what git said when it fails. */
export async function git(call: GitCall): Promise<string> {
	const { exitCode, stdout, stderr } = await runGit(call);
	if (exitCode !== 0) throw gitFailed(call.args, stderr || `exit ${exitCode}`);
	return stdout.toString('utf8');
}

/** The problem of a git call that should have worked. */
export function gitFailed(args: readonly string[], why: string): ProblemError {
	const command = args.find((arg) => /^[a-z][a-z-]+$/.test(arg)) ?? '';
	return new ProblemError({
		code: 'FB0152',
		what: `git ${command} failed`,
		why,
		next: 'check the repository with `git fsck`',
	});
}

function missing(error: Error): ProblemError {
	return new ProblemError(
		{ code: 'FB0151', what: 'git could not be started', why: error.message, next: 'install git 2.39 or newer' },
		{ cause: error },
	);
}

/** Nothing that a repository's own configuration names is started; every owner's repository may be read. */
const guards: readonly string[] = [
	'--no-pager',
	'--literal-pathspecs',
	...[
		'safe.directory=*',
		'core.fsmonitor=false',
		'core.untrackedCache=false',
		'core.hooksPath=/dev/null',
		'core.pager=cat',
		'diff.external=',
		'gc.auto=0',
		'maintenance.auto=false',
		'protocol.allow=never',
		'protocol.file.allow=always',
		'protocol.ext.allow=never',
		'advice.detachedHead=false',
		'advice.addEmbeddedRepo=false',
	].flatMap((setting) => ['-c', setting]),
];

function environment(call: GitCall): NodeJS.ProcessEnv {
	const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
	const ours = {
		GIT_TERMINAL_PROMPT: '0',
		GIT_OPTIONAL_LOCKS: '0',
		GIT_NO_LAZY_FETCH: '1',
		GIT_NO_REPLACE_OBJECTS: '1',
		LC_ALL: 'C.UTF-8',
		...(call.withUserConfiguration === true ? {} : { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }),
	};
	return { ...Object.fromEntries(inherited), ...ours, ...call.env };
}
