import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { ProblemError } from '#core/result.ts';

/** One call of git: no shell, no configuration but ours, no prompts. */
export interface GitCall {
	/** Git directory that git works on: told, and never searched for. Absent only where there is none yet. */
	readonly gitDir?: string;
	readonly args: readonly string[];
	/** Directory that git works in; absent: `/`. */
	readonly cwd?: string;
	readonly env?: { readonly [name: string]: string };
	readonly input?: string;
	/** True lets git read the configuration of the person who runs Footbridge; only for reading it. */
	readonly withUserConfiguration?: boolean;
	/** Absent: `usualLimits`. */
	readonly limits?: GitLimits;
	/** Is given the output as it comes, instead of the answer. False ends git. */
	readonly onOutput?: (chunk: Buffer) => boolean;
}

/** What one call of git may take, so that no repository holds Footbridge or fills its disk. */
export interface GitLimits {
	readonly timeMs: number;
	/** Of every file that git writes. */
	readonly fileBytes: number;
	/** Of what git prints. */
	readonly outputBytes: number;
}

/** 5 minutes, 5 GB of files, 64 MB of output. */
export const usualLimits: GitLimits = { timeMs: 300_000, fileBytes: 5e9, outputBytes: 64e6 };

export interface GitAnswer {
	readonly exitCode: number;
	readonly stdout: Buffer;
	readonly stderr: string;
}

/** Starts git for who talks with it; nobody looks after its time and output but who called. */
export function startGit(call: GitCall): ChildProcess {
	const { gitDir, cwd = '/', limits = usualLimits } = call;
	const place = gitDir === undefined ? [] : ['--git-dir', gitDir];
	return start([...guards, '-C', cwd, ...place, ...call.args], limits, environment(call));
}

/** Runs git and gives back how it ended; throws FB0151 when git itself is missing, and FB0156 when it went over a limit. */
export function runGit(call: GitCall): Promise<GitAnswer> {
	const { limits = usualLimits, input = '', onOutput } = call;
	const { promise, resolve, reject } = Promise.withResolvers<GitAnswer>();
	const child = startGit(call);
	const out: Buffer[] = [];
	const err: Buffer[] = [];
	let broken: ProblemError | undefined;
	let bytes = 0;
	const end = (problem: ProblemError | undefined) => {
		broken ??= problem;
		child.kill('SIGKILL');
	};
	const timer = setTimeout(() => end(tooMuch(call, `it took more than ${duration(limits.timeMs)}`)), limits.timeMs);
	child.once('error', (error) => {
		clearTimeout(timer);
		reject(missing(error));
	});
	child.stdout?.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
		if (onOutput !== undefined) {
			if (!onOutput(chunk)) end(undefined);
		} else if (bytes > limits.outputBytes) end(tooMuch(call, `it printed more than ${size(limits.outputBytes)}`));
		else out.push(chunk);
	});
	child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
	// Git may end before it has read its input.
	child.stdin?.on('error', () => {});
	child.stdin?.end(input);
	child.once('close', (code, signal) => {
		clearTimeout(timer);
		const complaint = Buffer.concat(err).toString('utf8').trim();
		if (signal === 'SIGXFSZ' || /File too large/.test(complaint))
			broken ??= tooMuch(call, `it wrote more than ${size(limits.fileBytes)}`);
		if (broken !== undefined) reject(broken);
		else resolve({ exitCode: code ?? -1, stdout: Buffer.concat(out), stderr: complaint });
	});
	return promise;
}

/** Runs git and gives back its output as text; throws FB0152 with what git said when it fails. */
export async function git(call: GitCall): Promise<string> {
	const { exitCode, stdout, stderr } = await runGit(call);
	if (exitCode !== 0) throw gitFailed(call.args, stderr || `exit ${exitCode}`);
	return stdout.toString('utf8');
}

/** The problem of a git call that should have worked. */
export function gitFailed(args: readonly string[], why: string): ProblemError {
	return new ProblemError({
		code: 'FB0152',
		what: `git ${nameOf(args)} failed`,
		why,
		next: 'check the repository with `git fsck`',
	});
}

/** The problem of something that went over a limit. */
export function tooMuch({ args }: Pick<GitCall, 'args'>, why: string): ProblemError {
	return new ProblemError({
		code: 'FB0156',
		what: `git ${nameOf(args)} was stopped`,
		why: `${why}, which is the limit`,
		next: 'ask for less: a smaller `fetch-depth`, no `fetch-tags`, or `sparse-checkout`',
	});
}

/** `5 minutes`, `5 GB`, as limits are told. */
function duration(ms: number): string {
	return ms >= 60_000 ? `${ms / 60_000} minutes` : `${ms} ms`;
}

export function size(bytes: number): string {
	const [unit, name] = bytes >= 1e9 ? [1e9, 'GB'] : bytes >= 1e6 ? [1e6, 'MB'] : [1e3, 'kB'];
	return `${Math.round((bytes / unit) * 10) / 10} ${name}`;
}

function nameOf(args: readonly string[]): string {
	return args.find((arg) => /^[a-z][a-z-]+$/.test(arg)) ?? '';
}

/** Only who writes much is started through a shell, which alone can set a limit for it. */
function start(args: readonly string[], { fileBytes }: GitLimits, env: NodeJS.ProcessEnv): ChildProcess {
	const options: SpawnOptions = { cwd: '/', env, stdio: 'pipe' };
	if (!args.some((arg) => writers.has(arg))) return spawn('git', args, options);
	const blocks = String(Math.ceil(fileBytes / 512));
	return spawn('sh', ['-c', 'ulimit -f "$1" && shift && exec git "$@"', 'sh', blocks, ...args], options);
}

const writers: ReadonlySet<string> = new Set(['pack-objects', 'read-tree', 'checkout', 'add', 'fetch']);

function missing(error: Error): ProblemError {
	return new ProblemError(
		{ code: 'FB0151', what: 'git could not be started', why: error.message, next: 'install git 2.39 or newer' },
		{ cause: error },
	);
}

/**
 * Nothing that a repository's own configuration names is started, and nothing is fetched from anywhere. Whose repository it is does
 * not matter, because git is always told the git directory; one that a stranger put into a work tree is never found by itself.
 */
const guards: readonly string[] = [
	'--no-pager',
	'--literal-pathspecs',
	...[
		'safe.bareRepository=explicit',
		'core.fsmonitor=false',
		'core.untrackedCache=false',
		'core.hooksPath=/dev/null',
		'core.pager=cat',
		'core.askPass=',
		'core.sshCommand=false',
		'core.alternateRefsCommand=true',
		'credential.helper=',
		'diff.external=',
		'gc.auto=0',
		'maintenance.auto=false',
		'protocol.allow=never',
		'protocol.file.allow=never',
		'protocol.ext.allow=never',
		'submodule.recurse=false',
		'advice.detachedHead=false',
		'advice.addEmbeddedRepo=false',
	].flatMap((setting) => ['-c', setting]),
];

/** Whoever starts Footbridge inside a hook, or with variables of git set, must not change what git does here. */
function environment(call: GitCall): NodeJS.ProcessEnv {
	const inherited = Object.entries(process.env).filter(([name]) => !/^(GIT_|SSH_ASKPASS|XDG_CONFIG_HOME$)/.test(name));
	const ours = {
		GIT_TERMINAL_PROMPT: '0',
		GIT_OPTIONAL_LOCKS: '0',
		GIT_NO_LAZY_FETCH: '1',
		GIT_NO_REPLACE_OBJECTS: '1',
		GIT_ATTR_NOSYSTEM: '1',
		GIT_DEFAULT_REF_FORMAT: 'files',
		LC_ALL: 'C.UTF-8',
	};
	if (call.withUserConfiguration === true) {
		const xdg = process.env['XDG_CONFIG_HOME'];
		return {
			...Object.fromEntries(inherited),
			...(xdg === undefined ? {} : { XDG_CONFIG_HOME: xdg }),
			...ours,
			...call.env,
		};
	}
	// Without a home there is no ~/.config/git/attributes and no ~/.config/git/ignore either.
	const isolated = { HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
	return { ...Object.fromEntries(inherited), ...ours, ...isolated, ...call.env };
}
