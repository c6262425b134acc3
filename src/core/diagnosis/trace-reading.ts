import { joinedCalls } from '../isolation/trace-lines.ts';

/** Reads a whole trace line by line and keeps the calls that failed and stayed failed. */
export interface TraceReading {
	add(line: string): void;
	/** At most the limit, the last ones. */
	failures(): readonly string[];
}

interface Failure {
	line: string;
	/** It was only a place to look at: what was looked for was found elsewhere. */
	isDropped: boolean;
	readonly search?: { readonly key: string; readonly path: string; readonly isSoft: boolean };
}

/** Calls by which programs look for a file in several places. */
const looking = /^(?:execve|execveat|access|faccessat2?|stat|lstat|statx|newfstatat|open|openat|readlink|readlinkat)$/;
const forWriting = /\bO_(?:WRONLY|RDWR|CREAT)\b/;

/**
 * A search in many folders (PATH, libraries, modules) fails in most of them: once the same process has found the name, those failures
 * are dropped. A connection made in the background fails in its socket's SO_ERROR: that error is given to its `connect`.
 */
export function readTrace(limit: number): TraceReading {
	const calls = joinedCalls();
	const processes = processesOf();
	let failures: Failure[] = [];
	const searches = new Map<string, Failure[]>();
	const connecting = new Map<string, Failure>();

	const fail = (line: string) => {
		const search = searchIn(line, processes);
		const failure: Failure = { line, isDropped: false, ...(search === undefined ? {} : { search }) };
		failures.push(failure);
		if (search !== undefined) searches.set(search.key, [...(searches.get(search.key) ?? []), failure]);
		const socket = / connect\(\d+<([^>]*)>.* = -1 EINPROGRESS /.exec(line)?.[1];
		if (socket !== undefined) connecting.set(socket, failure);
		if (failures.length > 4 * limit) forget();
	};
	const forget = () => {
		failures = failures.filter(({ isDropped }) => !isDropped).slice(-2 * limit);
		searches.clear();
		for (const failure of failures) {
			const key = failure.search?.key;
			if (key !== undefined) searches.set(key, [...(searches.get(key) ?? []), failure]);
		}
	};
	const find = (line: string) => {
		const found = searchIn(line, processes);
		if (found === undefined) return;
		for (const failure of searches.get(found.key) ?? []) {
			if (failure.search?.isSoft === true || failure.search?.path !== found.path) failure.isDropped = true;
		}
		searches.delete(found.key);
	};
	return {
		add(line) {
			const failure = calls.next(line);
			if (failure !== undefined) return fail(failure);
			processes.learn(line);
			const [, socket, errno] = / getsockopt\(\d+<([^>]*)>, SOL_SOCKET, SO_ERROR, \[(E[A-Z]+)\]/.exec(line) ?? [];
			const connection = connecting.get(socket ?? '');
			if (connection !== undefined && errno !== undefined)
				connection.line = connection.line.replace(/EINPROGRESS \(.*\)$/, `${errno} (told by SO_ERROR)`);
			else if (/\)\s+= \d/.test(line)) find(line);
		},
		failures: () =>
			failures
				.filter(({ isDropped }) => !isDropped)
				.map(({ line }) => line)
				.slice(-limit),
	};
}

type Processes = ReturnType<typeof processesOf>;

/** Threads of one process look for things together: the process that each thread belongs to. */
function processesOf() {
	const leaders = new Map<string, string>();
	const cloning = new Set<string>();
	const leaderOf = (pid: string): string => leaders.get(pid) ?? pid;
	return {
		leaderOf,
		learn(line: string) {
			if (!line.includes('clone')) return;
			const pid = /^\d+/.exec(line)?.[0] ?? '';
			const child = /\)\s+= (\d+)(?:<[^>]*>)?$/.exec(line)?.[1];
			if (line.includes(' <unfinished ...>')) {
				if (line.includes('CLONE_THREAD')) cloning.add(pid);
			} else if (child !== undefined && (cloning.delete(pid) || line.includes('CLONE_THREAD'))) {
				leaders.set(child, leaderOf(pid));
			}
		},
	};
}

function searchIn(line: string, processes: Processes): Failure['search'] {
	const [, pid, call = '', args = ''] =
		/^(\d+)(?:<[^>]*>)?\s+[\d.]+\s+(\w+)\((.*)\)\s+= (?:\d+|-1 (?:ENOENT|ENOTDIR|EACCES)\b)/.exec(line) ?? [];
	if (pid === undefined || !looking.test(call) || (call.startsWith('open') && forWriting.test(args))) return undefined;
	const path = /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];
	const name = path?.split('/').at(-1);
	if (path === undefined || name === undefined || name === '') return undefined;
	const isRefused = / = -1 EACCES\b/.test(line);
	// A file that may not be read is no place that was looked at in vain.
	if (isRefused && call.startsWith('open')) return undefined;
	return { key: `${processes.leaderOf(pid)} ${name}`, path, isSoft: !isRefused };
}
