import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMountTable } from '#core/isolation/mount-table.ts';
import { signal } from '../process.ts';

/** A control group that holds every process of a room, whatever these do to get away. */
export interface Cgroup {
	readonly path: string;
	/** A process that writes 0 there is in it, and so is everything that it starts. */
	readonly procs: string;
}

/** Makes a control group below Footbridge's own; undefined where the kernel, a container or the user's rights do not allow it. */
export function makeCgroup(name: string): Cgroup | undefined {
	if (process.platform !== 'linux') return undefined;
	for (const own of ownCgroups()) {
		const path = join(own, name);
		try {
			// Moving a process needs the right to write to the group that it comes from, too.
			accessSync(join(own, 'cgroup.procs'), constants.W_OK);
			mkdirSync(path);
			return { path, procs: join(path, 'cgroup.procs') };
		} catch {
			// The next hierarchy may allow it.
		}
	}
	return undefined;
}

/** The processes in it, as /proc names them. */
export function cgroupPids({ procs }: Pick<Cgroup, 'procs'>): readonly number[] {
	try {
		return readFileSync(procs, 'utf8')
			.split('\n')
			.map(Number)
			.filter((pid) => pid > 0);
	} catch {
		return [];
	}
}

/** Ends every process in the group and removes it. */
export async function endCgroup(path: string): Promise<void> {
	const group = { path, procs: join(path, 'cgroup.procs') };
	for (let attempt = 0; existsSync(path) && attempt < 500; attempt++) {
		killAll(group);
		try {
			rmdirSync(path);
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
	}
}

function killAll({ path, procs }: Cgroup): void {
	try {
		// Without a file of that name (before Linux 5.14, or version 1) this cannot make one.
		writeFileSync(join(path, 'cgroup.kill'), '1', { flag: 'r+' });
	} catch {
		for (const pid of cgroupPids({ procs })) signal(pid, 'SIGKILL');
	}
}

/** Where Footbridge itself is, in version 2 first, then in the version 1 hierarchies that do nothing but group. */
function ownCgroups(): readonly string[] {
	const memberships = linesOf('/proc/self/cgroup').map((line) => {
		const [, controllers = '', ...path] = line.split(':');
		return { controllers, path: path.join(':') };
	});
	const mounts = parseMountTable(linesOf('/proc/self/mountinfo').join('\n'));
	const version2 = mounts.filter(({ type }) => type === 'cgroup2').map(({ point }) => ({ point, controllers: '' }));
	const version1 = mounts
		.filter(({ type, point }) => type === 'cgroup' && /\/(pids|systemd|freezer)$/.test(point))
		.map(({ point }) => ({ point, controllers: point.slice(point.lastIndexOf('/') + 1) }));
	return [...version2, ...version1].flatMap(({ point, controllers }) => {
		const own = memberships.find((other) => other.controllers.replace('name=', '') === controllers);
		return own === undefined ? [] : [join(point, own.path)];
	});
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
