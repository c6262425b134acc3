import { runner } from './accounts.ts';
import { roomRoot } from './room-mounts.ts';

/** A command and the environment that it is started with. */
export interface Command {
	readonly argv: readonly string[];
	readonly env: { readonly [name: string]: string };
}

/**
 * Starts `argv` in `cwd` with exactly `env`, whatever programs stand between: GNU env (coreutils 8.30) sets it at the very end of the
 * chain. Until then every variable travels as the value of one with a harmless name, so that no LD_PRELOAD of a job reaches a
 * program with more rights, no shell drops names that it does not know (`INPUT_FETCH-DEPTH`), and no value is on a command line.
 */
export function withEnvironment(argv: readonly string[], cwd: string, env: Command['env']): Command {
	const carried = Object.entries(properEnvironment(env)).map(
		([name, value], index) => [`FB_${index}`, `${name}=${value}`] as const,
	);
	const expansion = ['-i', ...carried.map(([name]) => `\${${name}}`)].join(' ');
	return { argv: ['/usr/bin/env', '-C', cwd, '-S', expansion, ...argv], env: Object.fromEntries(carried) };
}

/** The variables without those whose names no program could tell from something else. */
export function properEnvironment(env: Command['env']): Command['env'] {
	return Object.fromEntries(Object.entries(env).filter(([name]) => name !== '' && !/[=\0]|^-/.test(name)));
}

/**
 * Writes the system calls of `argv` and all that it starts to `file`: those that worked too, which tell that a search found its file
 * elsewhere, and (in SO_ERROR) that a connection failed after all.
 */
export function traced(argv: readonly string[], file: string): readonly string[] {
	return [
		'strace',
		'-f',
		'--seccomp-bpf',
		'--quiet=attach,personality',
		'-ttt',
		'-Y',
		'-y',
		'-s',
		'64',
		'-e',
		`trace=${tracedCalls.join(',')}`,
		'-o',
		file,
		'--',
		...argv,
	];
}

/** Variables without which a traced program would hide its calls from strace: Node can open files through io_uring. */
export const tracedEnvironment = { UV_USE_IO_URING: '0' } as const;

const tracedCalls = [
	'%file',
	'%network',
	'%process',
	'write',
	'pwrite64',
	'writev',
	'ftruncate',
	'fallocate',
	'fsync',
	'copy_file_range',
	'pipe2',
	'epoll_create1',
	'inotify_init1',
	'inotify_add_watch',
	'kill',
	'flock',
];

/** Where the programs that make and enter rooms are on this machine. */
export interface RoomPrograms {
	readonly unshare: string;
	readonly nsenter: string;
	readonly setpriv: string;
	readonly chroot: string;
}

/** Starts `argv` in control groups: a shell that enters them comes first. */
export function inCgroups(procs: readonly string[], argv: readonly string[]): readonly string[] {
	if (procs.length === 0) return argv;
	return ['/bin/sh', '-c', enterScript, 'footbridge-cgroups', String(procs.length), ...procs, ...argv];
}

// A group that was removed meanwhile is no reason not to start.
const enterScript =
	'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 2>/dev/null >"$1" || :; shift; n=$((n-1)); done; exec "$@"';

/**
 * The command that makes a room and holds it: pid 1 of its pid namespace. It writes `ready <pid>` when the room can be entered, and
 * ends, and with it everything in the room, as soon as its standard input does. `namespaces` are made besides those of every room.
 */
export function holdRoom(
	programs: RoomPrograms,
	directory: string,
	network: 'shared' | 'private',
	namespaces: readonly string[] = [],
): readonly string[] {
	return [
		programs.unshare,
		...namespaces,
		'--mount',
		'--pid',
		'--ipc',
		'--uts',
		...(network === 'private' ? ['--net'] : []),
		'--fork',
		'--kill-child',
		'--propagation',
		'private',
		'--',
		'/bin/sh',
		'-c',
		holdScript,
		'footbridge-room',
		directory,
		network,
	];
}

// `wait` takes in every orphan of the room, too. The pid is read while /proc is still the machine's. The process that watches the owner must
// be up before the root is changed: a shell opens /dev/null for what it starts in the background, and the room's base has none. A job
// may end it where it may end everything but pid 1, which then watches by itself.
const holdScript = `set -e
cd /
read -r pid rest </proc/self/stat
exec 3<&0
(exec >&- 2>&-; : >"$1/watched"; read -r line <&3) &
until [ -e "$1/watched" ]; do kill -0 $!; done
if [ "$2" = private ]; then ip link set lo up; fi
(cd "$1" && mount --all --fstab fstab)
(cd "$1" && mount --all --fstab fstab.optional 2>/dev/null) || :
cd "$1/base"
pivot_root . .
umount --lazy .
cd /
echo "ready $pid"
exec >&- 2>&-
wait $! || [ $? -le 128 ] || read -r line <&3 || :
`;

/** How a job enters its room. */
export interface Entrance {
	/** The process that holds the room. */
	readonly pid: number;
	readonly network: 'shared' | 'private';
	/** `sudo`: the job may become root, with no more rights than a container's root can get. `none`: it stays what it is, whatever it starts. */
	readonly rights: 'sudo' | 'none';
}

/** Runs `argv` in a room as its runner. */
export function enterRoom(
	programs: RoomPrograms,
	{ pid, network, rights }: Entrance,
	argv: readonly string[],
): readonly string[] {
	const root = roomRoot.slice('base'.length);
	const into = [
		programs.nsenter,
		`--target=${pid}`,
		'--mount',
		'--pid',
		'--ipc',
		'--uts',
		...(network === 'private' ? ['--net'] : []),
		'--',
	];
	if (rights === 'none') {
		const user = [`--reuid=${runner.uid}`, `--regid=${runner.gid}`, '--clear-groups'];
		const nothing = ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs'];
		// Nobody in this room can change its programs, so that setpriv may be taken from it.
		return [...into, programs.chroot, root, programs.setpriv, ...user, ...nothing, '--', ...argv];
	}
	const bounded = [`--bounding-set=-all,${capabilities.map((name) => `+${name}`).join(',')}`, '--inh-caps=-all'];
	const user = [`--userspec=+${runner.uid}:+${runner.gid}`, '--groups='];
	return [...into, programs.setpriv, ...bounded, '--', programs.chroot, ...user, root, ...argv];
}

/**
 * What root can do in a room: own, read and kill what is the room's. No devices, no mounts, no raw network. `sys_chroot` leads no
 * further than to `base`, which holds nothing that the room does not show.
 */
const capabilities = [
	'chown',
	'dac_override',
	'fowner',
	'fsetid',
	'kill',
	'setgid',
	'setuid',
	'setpcap',
	'net_bind_service',
	'setfcap',
	'audit_write',
	'sys_chroot',
];
