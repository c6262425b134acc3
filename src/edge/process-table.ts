import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One living process, as the kernel tells it; zombies are not alive. */
export interface ProcessEntry {
	readonly pid: number;
	readonly parent: number;
	readonly group: number;
	readonly session: number;
	/** Clock ticks since boot: with the pid it names one process for ever. */
	readonly startTime: number;
	/** The program's short name. */
	readonly command: string;
}

/** Every living process that this one may see; empty where there is no /proc. */
export function processTable(): readonly ProcessEntry[] {
	return pids().flatMap((pid) => processEntry(pid) ?? []);
}

/** One living process; undefined when it is gone, a zombie, or when there is no /proc. */
export function processEntry(pid: number): ProcessEntry | undefined {
	const stat = readQuietly(`/proc/${pid}/stat`);
	return stat === undefined ? undefined : parseStat(stat);
}

/** Reads a line of /proc/<pid>/stat; the program's name may hold spaces and parentheses. Undefined for a zombie. */
export function parseStat(stat: string): ProcessEntry | undefined {
	const open = stat.indexOf('(');
	const close = stat.lastIndexOf(')');
	const [state, parent, group, session, ...rest] = stat.slice(close + 2).split(' ');
	const startTime = Number(rest[15]);
	if (open < 0 || close < 0 || Number.isNaN(startTime) || state === 'Z' || state === 'X') return undefined;
	return {
		pid: Number(stat.slice(0, open)),
		parent: Number(parent),
		group: Number(group),
		session: Number(session),
		startTime,
		command: stat.slice(open + 1, close),
	};
}

/** The processes of `table` that are in `roots`, in a session or group that one of them leads, or below any of these. */
export function treeOf(roots: ReadonlySet<number>, table: readonly ProcessEntry[]): readonly ProcessEntry[] {
	const members = new Set<ProcessEntry>();
	const known = new Set(roots);
	let before = -1;
	while (members.size > before) {
		before = members.size;
		for (const entry of table) {
			if (members.has(entry)) continue;
			const belongs = [entry.pid, entry.parent, entry.group, entry.session].some((id) => known.has(id));
			if (!belongs) continue;
			members.add(entry);
			known.add(entry.pid);
		}
	}
	return [...members];
}

/** The living processes whose environment held `NAME=value` when their program began; only those that this user may read. */
export function processesMarked(marker: string): readonly ProcessEntry[] {
	return pids().flatMap((pid) => {
		const environment = readQuietly(`/proc/${pid}/environ`);
		const isMarked = environment?.split('\0').includes(marker) === true;
		return isMarked ? (processEntry(pid) ?? []) : [];
	});
}

/** The living processes of the pid namespace that `pid` is in; empty when that cannot be read. */
export function processesBeside(pid: number): readonly ProcessEntry[] {
	const namespace = namespaceOf(pid);
	if (namespace === undefined) return [];
	return pids().flatMap((other) => (namespaceOf(other) === namespace ? (processEntry(other) ?? []) : []));
}

function namespaceOf(pid: number): string | undefined {
	try {
		return readlinkSync(`/proc/${pid}/ns/pid`);
	} catch {
		return undefined;
	}
}

function pids(): readonly number[] {
	try {
		return readdirSync('/proc')
			.map(Number)
			.filter((pid) => pid > 0);
	} catch {
		return [];
	}
}

function readQuietly(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}
