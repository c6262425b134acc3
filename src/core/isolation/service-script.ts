import { shellWord } from '../shell-word.ts';

/** The user that services of an environment are: the same one for every version, another for every environment. */
export function serviceUser(project: string, environment: string): number {
	let hash = 2166136261;
	for (const character of `${project}/${environment}`)
		hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
	return firstServiceUser + (hash % serviceUsers);
}

/** Ids that Debian and others leave to the administrator and that no ordinary account has. */
const firstServiceUser = 61_184;
const serviceUsers = 3000;

/** Where a service finds its code, its data and Footbridge's Node, whatever the paths on this machine are. */
export const servicePlaces = { code: '/srv/app', data: '/srv/data', node: '/srv/node' } as const;

/** What a service's first process is told: paths are on this machine, absolute. */
export interface ServiceRoom {
	readonly code: string;
	readonly data: string;
	readonly node: string;
	readonly hidden: readonly string[];
	readonly uid: number;
	/** Folders below `volumes/` of the data, and where the service sees them. */
	readonly volumes: readonly Volume[];
}

interface Volume {
	readonly name: string;
	readonly path: string;
	readonly isReadOnly: boolean;
}

/**
 * The shell script in fresh mount, pid, ipc and uts namespaces that shows a service its own folders, hides people's and Footbridge's,
 * and then runs it (`"$@"`, in the folder `$0`) as a user of its own. It stays as the namespace's first process: when the service ends, everything it started ends.
 */
export function serviceScript(room: ServiceRoom): string {
	const { code, data, node } = servicePlaces;
	return [
		'set -e',
		// Taken hold of where nobody keeps files, and moved: what is shown may itself lie below /srv.
		'mount -t tmpfs -o mode=0755,size=64k tmpfs /sys',
		'mkdir /sys/code /sys/data /sys/node',
		`mount --bind ${shellWord(room.code)} /sys/code`,
		`mount --bind ${shellWord(room.data)} /sys/data`,
		`mount --bind ${shellWord(room.node)} /sys/node`,
		'mount -t tmpfs -o mode=0755,size=1m tmpfs /srv',
		`mkdir ${code} ${data} ${node}`,
		`mount --move /sys/code ${code}; mount --move /sys/data ${data}; mount --move /sys/node ${node}`,
		`mount -o remount,bind,ro ${node}`,
		'umount /sys',
		'mount -t proc -o nosuid,nodev,noexec proc /proc',
		'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /tmp',
		'if [ -d /dev/shm ]; then mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm; fi',
		...['/root', '/home', ...room.hidden].map(
			(path) => `if [ -d ${shellWord(path)} ]; then mount -t tmpfs -o mode=0755,size=64k tmpfs ${shellWord(path)}; fi`,
		),
		...room.volumes.flatMap(volumeMount),
		'folder=$0',
		`${asUser(room.uid).map(shellWord).join(' ')} /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@" &`,
		'wait $!',
	].join('\n');
}

/** The place is made only where the service has a folder of its own anyway: nothing is made on this machine. */
function volumeMount({ name, path, isReadOnly }: Volume): readonly string[] {
	const place = shellWord(path);
	const isOwn = ['/root/', '/home/', '/tmp/', '/srv/'].some((folder) => path.startsWith(folder));
	const missing = `footbridge: ${path} is no folder of this machine; make it once: sudo mkdir -p ${path}`;
	return [
		isOwn ? `mkdir -p ${place}` : `[ -d ${place} ] || { echo ${shellWord(missing)} >&2; exit 1; }`,
		`mount --bind ${shellWord(`${servicePlaces.data}/volumes/${name}`)} ${place}`,
		...(isReadOnly ? [`mount -o remount,bind,ro ${place}`] : []),
	];
}

/** The argv before another that makes it that user's, without any right of root. */
export function asUser(uid: number): readonly string[] {
	return [
		'/usr/bin/setpriv',
		`--reuid=${uid}`,
		`--regid=${uid}`,
		'--clear-groups',
		'--bounding-set=-all',
		'--inh-caps=-all',
		'--no-new-privs',
		'--',
	];
}
