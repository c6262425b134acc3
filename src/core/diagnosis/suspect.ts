import type { FailingCall } from './failing-call.ts';

/** A failed call that may be the cause, and how likely. */
export interface Suspect {
	readonly call: FailingCall;
	readonly score: number;
	/** The kind of cause it stands for. */
	readonly class: string;
}

/** How much an error number tells by itself, and what it stands for. */
const errors: { readonly [errno: string]: readonly [weight: number, kind: string, text: string] } = {
	EROFS: [9, 'read-only-file-system', 'read-only file system'],
	ENOSPC: [9, 'disk-full', 'no space left on device'],
	EDQUOT: [9, 'disk-full', 'quota exceeded'],
	EACCES: [8, 'permission', 'permission denied'],
	EPERM: [7, 'permission', 'operation not permitted'],
	EMFILE: [8, 'limit', 'too many open files'],
	ENFILE: [8, 'limit', 'too many open files'],
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

/** What programs try and do not mind failing: message catalogues, caches of name services, byte code. */
const noise =
	/\.mo$|\/nscd\/|locale-archive|\/gconv|\/etc\/ld\.so|__pycache__|\/\.?netrc$|\/proc\/|\/sys\/|\.gitconfig$|\/etc\/(gitconfig|terminfo)|\/node_modules$|package\.json$/;
const harmlessCalls = new Set([
	'ioctl',
	'readlink',
	'readlinkat',
	'wait4',
	'waitid',
	'getxattr',
	'lgetxattr',
	'lseek',
	'prctl',
	'kill',
	'fcntl',
]);
/** Asking whether something may be done is not doing it. */
const questions = new Set(['access', 'faccessat', 'faccessat2', 'stat', 'statx', 'newfstatat', 'lstat']);
/** From here on a suspect may be named by itself; below, only when the log or the record of the last good run speaks for it. */
export const strongScore = 8;

/**
 * Ranks failed calls by how likely each is the cause, best first: by its error, whether the end of the log speaks of it, and how late it
 * came. Calls that failed in a run that passed (`alsoInGood`) are no cause.
 */
export function rankSuspects(
	calls: readonly FailingCall[],
	facts: { readonly logTail: string; readonly alsoInGood?: ReadonlySet<string> },
): readonly Suspect[] {
	const tail = facts.logTail.toLowerCase();
	const best = new Map<string, Suspect>();
	for (const [index, call] of calls.entries()) {
		const [weight = 0, kind = '', text = ''] = errors[call.errno] ?? [];
		const name = keyOf(call);
		if (weight === 0 || harmlessCalls.has(call.call) || facts.alsoInGood?.has(name) === true) continue;
		if (call.path !== undefined && noise.test(call.path)) continue;
		const target = (call.path ?? call.address ?? '').toLowerCase();
		const base = target.split('/').at(-1) ?? '';
		const isNamed = target !== '' && (tail.includes(target) || (base.length >= 4 && tail.includes(base)));
		const isTold = tail.includes(call.errno.toLowerCase()) || tail.includes(text);
		const score =
			weight * (questions.has(call.call) ? 0.4 : 1) +
			(isNamed ? 6 : 0) +
			(isTold ? 3 : 0) +
			index / Math.max(1, calls.length);
		if ((best.get(name)?.score ?? 0) < score) best.set(name, { call, score, class: kind });
	}
	return [...best.values()].sort((a, b) => b.score - a.score);
}

/** The same failure in two runs has the same key. */
function keyOf(call: FailingCall): string {
	return `${call.call} ${call.errno} ${(call.path ?? call.address ?? '').replaceAll(/\d+/g, '#')}`;
}
