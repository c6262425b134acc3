/** What the first process of a disposable room is told. Paths are on this machine, absolute. */
export interface DisposableRoom {
	/** Folder of the room; the overlay's layers live in it. */
	readonly directory: string;
	/** Mounts of real file systems below `/` that the overlay of `/` does not cover. */
	readonly mounts: readonly string[];
	/** Shown in the room: path there -> path on this machine. */
	readonly binds: readonly { readonly from: string; readonly to: string; readonly isReadOnly: boolean }[];
	readonly hiddenFolders: readonly string[];
	readonly hiddenFiles: readonly string[];
}

/** What sudo inside a room may do at most: Docker's default set without raw sockets, mknod and chroot. */
export const boundingSet =
	'-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+setfcap,+audit_write';

/** Folders of /proc through which root could reach the machine. */
const guardedProc = ['sys', 'irq', 'bus', 'fs', 'sysrq-trigger'];
const maskedProc = ['kcore', 'keys', 'timer_list', 'kmsg', 'sched_debug', 'scsi'];
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * The shell script that turns a fresh set of namespaces into a room: a copy-on-write root, a small /dev, a guarded /proc, an empty
 * /sys, the room's own folders, nothing of what is hidden. It says `ready` on standard output, and from then on only reaps.
 */
export function disposableScript(room: DisposableRoom): string {
	const root = quote(`${room.directory}/root`);
	return [
		'set -e',
		`R=${root}`,
		overlay('/', `${room.directory}/layers/root`, '"$R"'),
		...room.mounts.map((mount, index) => overlay(mount, `${room.directory}/layers/${index}`, `"$R"${quote(mount)}`)),
		// Everything that is brought in from this machine is taken hold of before anything is hidden.
		...room.binds.flatMap(({ from }, index) => bindSource(from, `${room.directory}/binds/${index}`)),
		...room.hiddenFolders.map(
			(path) => `if [ -d "$R"${quote(path)} ]; then mount -t tmpfs -o mode=0755,size=64k tmpfs "$R"${quote(path)}; fi`,
		),
		...room.hiddenFiles.map(
			(path) => `if [ -e "$R"${quote(path)} ]; then mount --bind /dev/null "$R"${quote(path)}; fi`,
		),
		'mount -t proc -o nosuid,nodev,noexec proc "$R/proc"',
		...guardedProc.map(
			(name) =>
				`if [ -e "$R/proc/${name}" ]; then mount --bind "$R/proc/${name}" "$R/proc/${name}"; mount -o remount,bind,ro,nosuid,nodev,noexec "$R/proc/${name}"; fi`,
		),
		...maskedProc.map((name) => `if [ -f "$R/proc/${name}" ]; then mount --bind /dev/null "$R/proc/${name}"; fi`),
		'mount -t tmpfs -o ro,mode=0555,size=4k tmpfs "$R/sys"',
		'mount -t tmpfs -o mode=0755,size=256m tmpfs "$R/dev"',
		`for d in ${devices.join(' ')}; do : > "$R/dev/$d"; mount --bind "/dev/$d" "$R/dev/$d"; done`,
		'mkdir "$R/dev/pts" "$R/dev/shm"',
		'mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$R/dev/pts"',
		'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/dev/shm"',
		'ln -s pts/ptmx "$R/dev/ptmx"; ln -s /proc/self/fd "$R/dev/fd"',
		'ln -s /proc/self/fd/0 "$R/dev/stdin"; ln -s /proc/self/fd/1 "$R/dev/stdout"; ln -s /proc/self/fd/2 "$R/dev/stderr"',
		'mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$R/run"',
		'mkdir -p "$R/run/lock" "$R/run/sudo"; chmod 1777 "$R/run/lock"',
		...room.binds.map(({ to, isReadOnly }, index) => bindTarget(`${room.directory}/binds/${index}`, to, isReadOnly)),
		'cd "$R"; mkdir -p .old; pivot_root . .old; cd /',
		'umount -l /.old; rmdir /.old 2>/dev/null || :',
		'exec </dev/null 2>/dev/null',
		'echo ready',
		'exec >/dev/null',
		'while :; do sleep 86400 & wait $!; done',
	].join('\n');
}

/** An overlay of a mounted file system with fresh layers. */
function overlay(lower: string, layers: string, target: string): string {
	const options = `lowerdir=${escapeOption(lower)},upperdir=${escapeOption(`${layers}/upper`)},workdir=${escapeOption(`${layers}/work`)}`;
	return `mount -t overlay overlay -o ${quote(options)} ${target}`;
}

/** A handle on what will be shown, made by the owner beforehand, so that hiding its surroundings does not hide it. */
function bindSource(from: string, handle: string): readonly string[] {
	return [`mount --bind ${quote(from)} ${quote(handle)}`];
}

function bindTarget(handle: string, to: string, isReadOnly: boolean): string {
	const target = `"$R"${quote(to)}`;
	const mount = `mkdir -p ${target}; mount --bind ${quote(handle)} ${target}`;
	return isReadOnly ? `${mount}; mount -o remount,bind,ro ${target}` : mount;
}

/** For a word of the shell. */
export function quote(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** In mount options a comma and a colon separate. */
function escapeOption(path: string): string {
	return path.replaceAll(/[\\,:]/g, (character) => `\\${character}`);
}
