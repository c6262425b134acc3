import type { Mount } from './mount-table.ts';

/** A control group in one hierarchy. */
export interface CgroupPlace {
	readonly version: 1 | 2;
	/** Version 1 has a hierarchy for each; in version 2 one group has all. */
	readonly controllers: readonly string[];
	readonly path: string;
}

/** Controllers that limit or count something of a room. */
export const controllerNames = ['memory', 'cpu', 'pids', 'io'] as const;

/** Hierarchies of version 1 that count, limit, or do nothing but hold processes together. */
const version1 = ['memory', 'cpu', 'cpuacct', 'pids', 'blkio', 'systemd', 'freezer'];

/** Where this process is, by the lines of /proc/self/cgroup and the mounts of the machine. */
export function ownPlaces(
	lines: readonly string[],
	mounts: readonly Mount[],
	/** What version 2 has on this machine; in a mixed one it has nothing. */
	controllers2: readonly string[] = controllerNames,
): readonly CgroupPlace[] {
	const memberships = lines.map((line) => {
		const [, controllers = '', ...path] = line.split(':');
		return { controllers: controllers.replace('name=', '').split(','), path: path.join(':') };
	});
	return mounts.flatMap(({ point, type }): readonly CgroupPlace[] => {
		if (type !== 'cgroup2' && type !== 'cgroup') return [];
		const version = type === 'cgroup2' ? 2 : 1;
		const names = version === 2 ? [''] : point.slice(point.lastIndexOf('/') + 1).split(',');
		if (version === 1 && !names.some((name) => version1.includes(name))) return [];
		const own = memberships.find(({ controllers }) => names.some((name) => controllers.includes(name)));
		if (own === undefined) return [];
		const path = own.path === '/' ? point : `${point}${own.path}`;
		return [{ version, controllers: version === 2 ? controllers2 : names, path }];
	});
}

type Limits = { readonly memoryBytes?: number; readonly cpus?: number; readonly processes?: number };

/**
 * Those of the groups that are of use: to count what is taken, to keep limits, and one to find every process by. A process that
 * enters a group waits for the kernel, so that none is entered for nothing.
 */
export function neededPlaces(
	places: readonly CgroupPlace[],
	{ limits, holds }: { readonly limits: Limits; readonly holds: boolean },
): readonly CgroupPlace[] {
	const useful = new Set([
		...['memory', 'cpuacct', 'blkio', 'io'],
		...(limits.cpus === undefined ? [] : ['cpu']),
		...(limits.processes === undefined ? [] : ['pids']),
	]);
	const wanted = places.filter(({ controllers }) => controllers.some((name) => useful.has(name)));
	const holder = ['pids', 'systemd', 'freezer']
		.map((name) => places.find(({ controllers }) => controllers.includes(name)))
		.find((place) => place !== undefined);
	return !holds || holder === undefined || wanted.includes(holder) ? wanted : [...wanted, holder];
}

/** What to write where in a group so that the kernel keeps limits. */
export function limitFiles(
	{ version, controllers }: CgroupPlace,
	{
		memoryBytes,
		cpus,
		processes,
	}: { readonly memoryBytes?: number; readonly cpus?: number; readonly processes?: number },
): readonly (readonly [file: string, value: string])[] {
	const has = (controller: string) => controllers.includes(controller);
	const periodUs = 100_000;
	const files: (readonly [string, string])[] = [];
	if (memoryBytes !== undefined && has('memory')) {
		const bytes = String(memoryBytes);
		if (version === 2) files.push(['memory.max', bytes], ['memory.swap.max', '0']);
		else files.push(['memory.limit_in_bytes', bytes], ['memory.memsw.limit_in_bytes', bytes]);
	}
	if (cpus !== undefined && has('cpu')) {
		const quota = Math.max(1000, Math.round(cpus * periodUs));
		if (version === 2) files.push(['cpu.max', `${quota} ${periodUs}`]);
		else files.push(['cpu.cfs_period_us', String(periodUs)], ['cpu.cfs_quota_us', String(quota)]);
	}
	if (processes !== undefined && has('pids')) files.push(['pids.max', String(processes)]);
	return files;
}

/** Reads a file of a group; undefined when there is none. */
export type ReadGroupFile = (place: CgroupPlace, file: string) => string | undefined;

/** What the processes of a group have taken; what no controller counts is absent. */
export function usageOf(places: readonly CgroupPlace[], read: ReadGroupFile) {
	const one = (version: 1 | 2, controller: string, file: string): string | undefined => {
		const place = places.find((other) => other.version === version && other.controllers.includes(controller));
		return place === undefined ? undefined : read(place, file);
	};
	const peak = numberOf(one(2, 'memory', 'memory.peak')) ?? numberOf(one(1, 'memory', 'memory.max_usage_in_bytes'));
	const microseconds = numberOf(/^usage_usec (\d+)/m.exec(one(2, 'cpu', 'cpu.stat') ?? '')?.[1]);
	const nanoseconds = numberOf(one(1, 'cpuacct', 'cpuacct.usage'));
	const cpu =
		microseconds === undefined ? (nanoseconds === undefined ? undefined : nanoseconds / 1e6) : microseconds / 1e3;
	const io = one(2, 'io', 'io.stat');
	const blkio = one(1, 'blkio', 'blkio.throttle.io_service_bytes');
	const read2 = io === undefined ? sumOf(blkio, / Read (\d+)/g) : sumOf(io, /rbytes=(\d+)/g);
	const written = io === undefined ? sumOf(blkio, / Write (\d+)/g) : sumOf(io, /wbytes=(\d+)/g);
	return {
		...(peak === undefined ? {} : { peakMemoryBytes: peak }),
		...(cpu === undefined ? {} : { cpuMs: Math.round(cpu * 10) / 10 }),
		...(read2 === undefined ? {} : { readBytes: read2 }),
		...(written === undefined ? {} : { writtenBytes: written }),
	};
}

/** How often the kernel ended a process for want of memory, and refused one for want of room. */
export function refusalsOf(
	places: readonly CgroupPlace[],
	read: ReadGroupFile,
): { readonly memory: number; readonly processes: number } {
	const count = (files: readonly (readonly [controller: string, file: string, pattern: RegExp])[]) =>
		files.reduce((sum, [controller, file, pattern]) => {
			const found = places.filter(({ controllers }) => controllers.includes(controller));
			return sum + found.reduce((all, place) => all + Number(pattern.exec(read(place, file) ?? '')?.[1] ?? 0), 0);
		}, 0);
	return {
		memory: count([
			['memory', 'memory.events', /^oom_kill (\d+)/m],
			['memory', 'memory.oom_control', /^oom_kill (\d+)/m],
		]),
		processes: count([['pids', 'pids.events', /^max (\d+)/m]]),
	};
}

function numberOf(text: string | undefined): number | undefined {
	const number = Number(text);
	return text === undefined || text.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

function sumOf(text: string | undefined, pattern: RegExp): number | undefined {
	return text === undefined ? undefined : [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/** Bytes as people write limits: `64 MiB`, `1.5 GiB`. */
export function shownBytes(bytes: number): string {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
	return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}
