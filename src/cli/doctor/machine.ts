import { constants, existsSync, readFileSync, statSync } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { freemem, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { isWithin } from '#core/isolation/mount-table.ts';
import type { Check } from './check.ts';

const gib = 1024 ** 3;

/** What the machine gives to jobs: room, memory, limits, time and language. */
export async function machineChecks(data: string): Promise<readonly Check[]> {
	const isLinux = process.platform === 'linux';
	const all = await Promise.all([disk(data), temporary(), isLinux ? cgroup() : undefined]);
	const rest = [
		memory(),
		isLinux ? openFiles() : undefined,
		isLinux ? watches() : undefined,
		clock(),
		locale(),
		proxy(),
	];
	return [...all, ...rest].filter((check) => check !== undefined);
}

async function disk(data: string): Promise<Check> {
	let place = data;
	while (!existsSync(place)) place = dirname(place);
	const { bavail, bsize, files, ffree } = await statfs(place);
	const free = bavail * bsize;
	const says = `${(free / gib).toFixed(1)} GiB free for ${data}`;
	const command = `du -xh ${place} | sort -h | tail`;
	if (free < gib) return { name: 'disk', state: 'good', says: `${says}: jobs need room`, command };
	// Some file systems count no inodes and say 0 of 0.
	if (files > 0 && ffree < 10_000) {
		return {
			name: 'disk',
			state: 'good',
			says: `only ${ffree} files more can be made at ${place}`,
			command: `du -x --inodes ${place} | sort -n | tail`,
		};
	}
	return { name: 'disk', state: 'fine', says };
}

/** Scripts are started from there. */
async function temporary(): Promise<Check> {
	const folder = tmpdir();
	const isFolder = await stat(folder).then(
		(found) => found.isDirectory(),
		() => false,
	);
	const isWritable = isFolder && (await allows(folder, constants.W_OK | constants.X_OK));
	if (!isWritable)
		return {
			name: 'tmp',
			state: 'needed',
			says: `${folder} cannot be written`,
			command: 'export TMPDIR="$HOME/.cache"',
		};
	const mount = mountOf(folder);
	if (mount?.includes('noexec') === true) {
		return {
			name: 'tmp',
			state: 'good',
			says: `${folder} is mounted noexec: what steps build there cannot be started`,
			command: `sudo mount -o remount,exec ${folder}`,
		};
	}
	return { name: 'tmp', state: 'fine', says: folder };
}

/** The options of the mount that a folder lies on. */
function mountOf(folder: string): readonly string[] | undefined {
	const mounts = (textOf('/proc/self/mounts') ?? '').split('\n').map((line) => line.split(' '));
	const above = mounts.filter(([, point = '']) => point !== '' && isWithin(folder, point));
	return above.sort(([, a = ''], [, b = '']) => b.length - a.length)[0]?.[3]?.split(',');
}

/** Limits of jobs need a control group that Footbridge may divide; and it may itself stand in one that is small. */
async function cgroup(): Promise<Check> {
	const version = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1;
	const lines = (textOf('/proc/self/cgroup') ?? '').trim().split('\n');
	const own = lines
		.map((line) => line.split(':'))
		.find(([id, names]) => (version === 2 ? id === '0' : names === 'memory'));
	const folder = join('/sys/fs/cgroup', version === 2 ? '' : 'memory', own?.[2] ?? '');
	const limit = Number((textOf(join(folder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes')) ?? '').trim());
	const isLimited = Number.isFinite(limit) && limit > 0 && limit < totalmem();
	const small = isLimited ? `; Footbridge and its jobs together get ${(limit / gib).toFixed(1)} GiB` : '';
	const isWritable = await allows(join(folder, 'cgroup.procs'), constants.W_OK);
	if (isWritable)
		return {
			name: 'cgroup',
			state: 'fine',
			says: `version ${version}: limits and peaks of jobs are kept by the kernel${small}`,
		};
	const why = process.getuid?.() === 0 ? 'this container does not allow it' : 'that takes root';
	return {
		name: 'cgroup',
		state: 'good',
		says: `version ${version} cannot be divided here (${why}): limits of jobs are not kept${small}`,
		...(process.getuid?.() === 0 ? {} : { command: 'systemd-run --user --scope -p Delegate=yes footbridge up' }),
	};
}

function memory(): Check {
	// What the kernel would give up for a new process, too.
	const available =
		Number(/^MemAvailable:\s+(\d+) kB/m.exec(textOf('/proc/meminfo') ?? '')?.[1] ?? freemem() / 1024) * 1024;
	const says = `${(available / gib).toFixed(1)} of ${(totalmem() / gib).toFixed(1)} GiB free`;
	const isFine = available > gib / 2;
	return isFine
		? { name: 'memory', state: 'fine', says }
		: {
				name: 'memory',
				state: 'good',
				says: `${says}: jobs may be ended by the kernel`,
				command: 'ps -eo pid,rss,comm --sort=-rss | head',
			};
}

function openFiles(): Check | undefined {
	const line = /^Max open files\s+(\d+|unlimited)/m.exec(textOf('/proc/self/limits') ?? '')?.[1];
	if (line === undefined) return undefined;
	const isFine = line === 'unlimited' || Number(line) >= 1024;
	if (isFine) return { name: 'open files', state: 'fine', says: `${line} a process` };
	return {
		name: 'open files',
		state: 'good',
		says: `${line} a process: several jobs at once need more`,
		command: 'ulimit -n 65536',
	};
}

function watches(): Check | undefined {
	const text = textOf('/proc/sys/fs/inotify/max_user_watches');
	if (text === undefined) return undefined;
	const [count, instances] = [Number(text), Number(textOf('/proc/sys/fs/inotify/max_user_instances') ?? 128)];
	const says = `${count} folders and ${instances} watchers`;
	if (count >= 65_536 && instances >= 128) return { name: 'watch', state: 'fine', says };
	const command =
		'printf "fs.inotify.max_user_watches=524288\\nfs.inotify.max_user_instances=512\\n" | sudo tee /etc/sysctl.d/60-inotify.conf && sudo sysctl --system';
	return { name: 'watch', state: 'good', says: `${says}: large trees cannot be watched`, command };
}

/** A clock that is behind makes what is new look old to make and to caches. */
function clock(): Check {
	const now = Date.now();
	const newest = statSync(new URL('../../../package.json', import.meta.url)).mtimeMs;
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (newest > now + 300_000) {
		return {
			name: 'clock',
			state: 'good',
			says: `it is ${new Date(now).toISOString()} here, and files are newer than that`,
			command: 'sudo timedatectl set-ntp true',
		};
	}
	const note = zone === 'UTC' ? 'UTC' : `${zone}; \`schedule\` counts in UTC`;
	return { name: 'clock', state: 'fine', says: `${new Date(now).toISOString().slice(0, 16)}Z, ${note}` };
}

function locale(): Check {
	const name = process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '';
	if (/utf-?8/i.test(name)) return { name: 'locale', state: 'fine', says: name };
	const says =
		name === ''
			? 'none is set: programs may take text for ASCII in the host tier'
			: `${name} is not UTF-8: programs may take text for ASCII in the host tier`;
	return {
		name: 'locale',
		state: process.platform === 'darwin' ? 'fine' : 'good',
		says,
		...(process.platform === 'darwin' ? {} : { command: 'export LANG=C.UTF-8' }),
	};
}

/** With a proxy, requests of a test to its own service go out and never come back. */
function proxy(): Check | undefined {
	const value = (name: string) => process.env[name] ?? process.env[name.toUpperCase()] ?? '';
	const set = ['http_proxy', 'https_proxy', 'all_proxy'].filter((name) => value(name) !== '');
	if (set.length === 0) return undefined;
	const besides = value('no_proxy')
		.split(',')
		.map((part) => part.trim());
	const says = `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set`;
	if (['localhost', '127.0.0.1', '*'].some((host) => besides.includes(host)))
		return { name: 'proxy', state: 'fine', says };
	return {
		name: 'proxy',
		state: 'good',
		says: `${says}, and no_proxy leaves this machine out: tests that call their own services go to the proxy`,
		command: 'export no_proxy=localhost,127.0.0.1,::1',
	};
}

function textOf(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}

function allows(path: string, mode: number): Promise<boolean> {
	return access(path, mode).then(
		() => true,
		() => false,
	);
}
