import type { FailingCall } from './failing-call.ts';
import { type MissingName, missingNames } from './missing-name.ts';

/** A failed call that may be the cause, and how likely. */
export interface Suspect {
	readonly call: FailingCall;
	readonly score: number;
	/** The kind of cause it stands for. */
	readonly class: string;
	/** Set when a program or a library was looked for in several folders and found in none; `call` is the last look. */
	readonly missing?: MissingName;
}

export interface RankFacts {
	/** The end of the failed step's log. */
	readonly logTail: string;
	/** Keys (`keyOf`) of the calls that failed in a traced run that passed: they are no cause. */
	readonly inPassed?: ReadonlySet<string>;
	/** Keys of the calls that failed in another traced run that failed: a cause of both is among them. */
	readonly inFailed?: ReadonlySet<string>;
}

/** From here on a suspect may be named by itself; below, it is only a failed call among others. */
export const strongScore = 8;

/** How much an error number tells by itself, what it stands for, and how programs say it. */
const errors: { readonly [errno: string]: readonly [weight: number, kind: string, text: string] } = {
	EROFS: [9, 'read-only-file-system', 'read-only file system'],
	ENOSPC: [9, 'disk-full', 'no space left on device'],
	EDQUOT: [9, 'disk-full', 'quota exceeded'],
	EACCES: [8, 'permission', 'permission denied'],
	EPERM: [7, 'permission', 'operation not permitted'],
	EMFILE: [8, 'limit', 'too many open files'],
	ENFILE: [8, 'limit', 'too many open files'],
	EFBIG: [8, 'limit', 'file too large'],
	ENOMEM: [8, 'memory', 'cannot allocate memory'],
	EADDRINUSE: [7, 'port-in-use', 'address already in use'],
	ECONNREFUSED: [6, 'service-down', 'connection refused'],
	EHOSTUNREACH: [6, 'network', 'no route to host'],
	ENETUNREACH: [6, 'network', 'network is unreachable'],
	ETIMEDOUT: [6, 'network', 'timed out'],
	ENOEXEC: [7, 'architecture', 'exec format error'],
	ETXTBSY: [6, 'busy-file', 'text file busy'],
	ENAMETOOLONG: [5, 'path', 'file name too long'],
	ELOOP: [5, 'path', 'too many levels of symbolic links'],
	ENOTDIR: [2, 'path', 'not a directory'],
	ENOENT: [1, 'missing-file', 'no such file or directory'],
};

/** What programs try and do not mind failing: message catalogues, caches of name services, byte code, optional settings. */
const noise =
	/\.mo$|\/nscd\/|locale-archive|\/gconv|\/etc\/ld\.so|__pycache__|\/\.?netrc$|\/proc\/|\/sys\/|\/\.git\/|\.gitconfig$|\/etc\/(gitconfig|terminfo)|\/node_modules$|package\.json$|^\/dev\/tty$|systemd\/(resolve|userdb)/;
const harmlessCalls = new Set([
	'ioctl',
	'readlink',
	'readlinkat',
	'wait4',
	'waitid',
	'getxattr',
	'lgetxattr',
	'getpeername',
	'lseek',
	'prctl',
	'kill',
	'fcntl',
]);
/** Asking whether something may be done is not doing it. */
const questions = new Set(['access', 'faccessat', 'faccessat2', 'stat', 'statx', 'newfstatat', 'lstat']);

/** Ranks failed calls by how likely each is the cause, best first: by its error, whether the end of the log speaks of it, and how late it came. */
export function rankSuspects(calls: readonly FailingCall[], facts: RankFacts): readonly Suspect[] {
	const tail = facts.logTail.toLowerCase();
	const possible = calls.filter((call) => facts.inPassed?.has(keyOf(call)) !== true && !isNoise(call));
	const missing = missingNames(possible, facts.logTail);
	const best = new Map<string, Suspect>();
	const consider = (suspect: Suspect) => {
		const name = keyOf(suspect.call);
		const score = facts.inFailed?.has(name) === false ? suspect.score / 2 : suspect.score;
		if ((best.get(name)?.score ?? 0) < score) best.set(name, { ...suspect, score });
	};
	for (const name of missing) {
		consider({ call: name.call, class: name.kind, score: strongScore + 4, missing: name });
	}
	const collapsed = new Set(missing.flatMap(({ looks }) => looks));
	for (const [index, call] of possible.entries()) {
		if (collapsed.has(call)) continue;
		const [, kind = ''] = errors[call.errno] ?? [];
		consider({ call, class: kind, score: scoreOf(call, tail) + index / possible.length });
	}
	return [...best.values()].sort((a, b) => b.score - a.score);
}

function isNoise(call: FailingCall): boolean {
	if (isForkRefused(call)) return false;
	if (errors[call.errno] === undefined || harmlessCalls.has(call.call)) return true;
	return call.path !== undefined && noise.test(call.path);
}

function scoreOf(call: FailingCall, tail: string): number {
	const [weight, , text] = errors[call.errno] ?? [8, '', 'resource temporarily unavailable'];
	const isTold = tail.includes(call.errno.toLowerCase()) || tail.includes(text);
	return weight * (questions.has(call.call) ? 0.4 : 1) + mention(call, tail) + (isTold ? 3 : 0);
}

/** Whether the log speaks of what the call was about: its whole path or port, or the last name of the path. */
function mention(call: FailingCall, tail: string): number {
	const port = call.address === undefined ? undefined : /\d+$/.exec(call.address)?.[0];
	if (port !== undefined) return hasWord(tail, port) ? 6 : 0;
	const path = call.path?.toLowerCase() ?? '';
	if (path === '') return 0;
	if (tail.includes(path)) return 6;
	const name = path.split('/').at(-1) ?? '';
	return name.length >= 4 && hasWord(tail, name) ? 5 : 0;
}

function hasWord(text: string, word: string): boolean {
	for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
		const around = `${text[at - 1] ?? ' '}${text[at + word.length] ?? ' '}`;
		if (!/[\w-]/.test(around)) return true;
	}
	return false;
}

/** A new process was refused: the only EAGAIN that is no "not yet". */
function isForkRefused({ call, errno }: FailingCall): boolean {
	return errno === 'EAGAIN' && /^(?:clone3?|v?fork)$/.test(call);
}

/** The same failure in two runs has the same key: numbers and random names in paths do not count. */
export function keyOf(call: FailingCall): string {
	const about = call.address ?? (call.path ?? '').replaceAll(/[0-9a-f]{8,}|\d+/gi, '#');
	return `${call.call} ${call.errno} ${about}`;
}
