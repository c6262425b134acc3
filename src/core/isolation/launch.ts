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
	const assignments = Object.entries(env).filter(([name]) => name !== '' && !/[=\0]|^-/.test(name));
	const carried = assignments.map(([name, value], index) => [`FB_${index}`, `${name}=${value}`] as const);
	const expansion = ['-i', ...carried.map(([name]) => `\${${name}}`)].join(' ');
	return { argv: ['/usr/bin/env', '-C', cwd, '-S', expansion, ...argv], env: Object.fromEntries(carried) };
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

/**
 * The command that makes a room and holds it: pid 1 of its pid namespace. It writes `ready <pid>` when the room can be entered, and
 * ends, and with it everything in the room, as soon as its standard input does.
 */
export function holdRoom(programs: RoomPrograms, directory: string): readonly string[] {
	return [
		programs.unshare,
		'--mount',
		'--pid',
		'--ipc',
		'--uts',
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
	];
}

// `wait` takes in every orphan of the room, too. The pid is read while /proc is still the machine's. The process that watches the owner must
// be up before the root is changed: a shell opens /dev/null for what it starts in the background, and the room's base has none.
const holdScript = `set -e
cd /
read -r pid rest </proc/self/stat
exec 3<&0
(exec >&- 2>&-; : >"$1/watched"; read -r line <&3) &
until [ -e "$1/watched" ]; do kill -0 $!; done
(cd "$1" && mount --all --fstab fstab)
(cd "$1" && mount --all --fstab fstab.optional 2>/dev/null) || :
cd "$1/base"
pivot_root . .
umount --lazy .
cd /
echo "ready $pid"
exec 3<&- >&- 2>&-
wait $!
`;

/** Runs `command` in the room that the process `pid` holds, as its runner, with no more rights than a container's root can get. */
export function enterRoom(programs: RoomPrograms, pid: number, argv: readonly string[]): readonly string[] {
	return [
		programs.nsenter,
		`--target=${pid}`,
		'--mount',
		'--pid',
		'--ipc',
		'--uts',
		'--',
		programs.setpriv,
		`--bounding-set=-all,${capabilities.map((name) => `+${name}`).join(',')}`,
		'--inh-caps=-all',
		'--',
		programs.chroot,
		`--userspec=+${runner.uid}:+${runner.gid}`,
		'--groups=',
		roomRoot.slice('base'.length),
		...argv,
	];
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
