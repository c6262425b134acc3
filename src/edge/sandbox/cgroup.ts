import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
	type CgroupPlace,
	controllerNames,
	limitFiles,
	neededPlaces,
	ownPlaces,
} from '#core/isolation/cgroup-files.ts';
import { parseMountTable } from '#core/isolation/mount-table.ts';
import { signal } from '../process.ts';
import type { Limits } from './sandbox.ts';

/** Control groups that hold every process of a room, whatever these do to get away; one for each hierarchy of the machine that allows it. */
export interface Cgroup {
	readonly places: readonly CgroupPlace[];
	/** Files that a process writes 0 to in order to be in the groups, and so is everything that it starts. */
	readonly procs: readonly string[];
	/** The limits that the kernel took. */
	readonly kept: ReadonlySet<keyof Limits>;
}

/** What groups are made for besides counting. */
export interface CgroupPurpose {
	readonly limits?: Limits | undefined;
	/** Every process of the room is to be found by them. */
	readonly holds?: boolean;
}

/** Makes control groups below Footbridge's own; none where the kernel, a container or the user's rights do not allow it. */
export function makeCgroup(name: string, purpose: CgroupPurpose): Cgroup | undefined {
	if (process.platform !== 'linux') return undefined;
	const { limits = {}, holds = false } = purpose;
	const mounts = parseMountTable(linesOf('/proc/self/mountinfo').join('\n'));
	const second = mounts.find(({ type }) => type === 'cgroup2')?.point;
	const controllers = second === undefined ? [] : (linesOf(join(second, 'cgroup.controllers'))[0]?.split(' ') ?? []);
	const own = ownPlaces(linesOf('/proc/self/cgroup'), mounts, controllers);
	const places = neededPlaces(own, { limits, holds }).flatMap((outer) => {
		const place = { ...outer, path: join(outer.path, name) };
		return makePlace(outer, place) ? [place] : [];
	});
	if (places.length === 0) return undefined;
	const kept = new Set(places.flatMap((place) => setLimits(place, limits)));
	return { places, procs: places.map(({ path }) => join(path, 'cgroup.procs')), kept };
}

/** Groups below others, for one step; nothing where they cannot be made. */
export function makeInner(outer: Cgroup, name: string): Cgroup {
	const places = outer.places.flatMap((own) => {
		const place = { ...own, path: join(own.path, name) };
		return makePlace(own, place) ? [place] : [];
	});
	return { places, procs: places.map(({ path }) => join(path, 'cgroup.procs')), kept: outer.kept };
}

/** The limits that are asked for and that nobody keeps. */
export function unkeptLimits(limits: Limits = {}, cgroup: Cgroup | undefined): readonly (keyof Limits)[] {
	const names = ['memoryBytes', 'cpus', 'processes'] as const;
	return names.filter((name) => limits[name] !== undefined && cgroup?.kept.has(name) !== true);
}

function makePlace(own: CgroupPlace, place: CgroupPlace): boolean {
	try {
		// Moving a process needs the right to write to the group that it comes from, too.
		accessSync(join(own.path, 'cgroup.procs'), constants.W_OK);
		if (own.version === 2) enableControllers(own.path);
		mkdirSync(place.path);
		return true;
	} catch {
		return false;
	}
}

/** Version 2 hands controllers on only where it is told to, and not where the group itself has processes. */
function enableControllers(path: string): void {
	for (const controller of controllerNames) {
		try {
			writeFileSync(join(path, 'cgroup.subtree_control'), `+${controller}`);
		} catch {
			// Without it there is no such limit; the group still holds the processes.
		}
	}
}

function setLimits(place: CgroupPlace, limits: Limits): readonly (keyof Limits)[] {
	return limitFiles(place, limits).flatMap(([file, value]) => {
		const isTaken = tryWrite(join(place.path, file), value);
		const name = decisive[file];
		return isTaken && name !== undefined ? [name] : [];
	});
}

/** Without the others a limit is less exact; without these there is none. */
const decisive: { readonly [file: string]: keyof Limits } = {
	'memory.max': 'memoryBytes',
	'memory.limit_in_bytes': 'memoryBytes',
	'cpu.max': 'cpus',
	'cpu.cfs_quota_us': 'cpus',
	'pids.max': 'processes',
};

/** The processes in it, as /proc names them. */
export function cgroupPids({ procs }: Pick<Cgroup, 'procs'>): readonly number[] {
	const pids = procs.flatMap((file) => linesOf(file).map(Number));
	return [...new Set(pids)].filter((pid) => pid > 0);
}

/** Ends every process in the groups at these paths and removes them, with the groups of steps that are below. */
export async function endCgroups(paths: readonly string[]): Promise<void> {
	for (const path of paths) {
		for (const inner of [...innerOf(path), path]) await endGroup(inner);
	}
}

async function endGroup(path: string): Promise<void> {
	for (let attempt = 0; existsSync(path) && attempt < 500; attempt++) {
		killAll(path);
		try {
			rmdirSync(path);
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
	}
}

function innerOf(path: string): readonly string[] {
	try {
		const entries = readdirSync(path, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
	} catch {
		return [];
	}
}

/** Removes the groups of a step; processes that it left behind go on in the group of the room. */
export function leaveInner(inner: Cgroup, outer: Cgroup): void {
	for (const { path } of inner.places) {
		const parent = outer.places.find((place) => path.startsWith(`${place.path}/`));
		if (parent === undefined) continue;
		for (const pid of linesOf(join(path, 'cgroup.procs'))) tryWrite(join(parent.path, 'cgroup.procs'), pid);
		try {
			rmdirSync(path);
		} catch {
			// It goes with the room.
		}
	}
}

function killAll(path: string): void {
	// Without a file of that name (before Linux 5.14, or version 1) this cannot make one.
	if (tryWrite(join(path, 'cgroup.kill'), '1')) return;
	for (const pid of cgroupPids({ procs: [join(path, 'cgroup.procs')] })) signal(pid, 'SIGKILL');
}

function tryWrite(file: string, text: string): boolean {
	try {
		writeFileSync(file, text, { flag: 'r+' });
		return true;
	} catch {
		return false;
	}
}

function linesOf(path: string): readonly string[] {
	try {
		return readFileSync(path, 'utf8')
			.split('\n')
			.filter((line) => line !== '');
	} catch {
		return [];
	}
}
