import { runner } from './accounts.ts';
import { type Entrance, holdRoom, type RoomPrograms } from './launch.ts';
import { roomRoot } from './room-mounts.ts';

/** The command by which an ordinary user makes and holds a room: as `holdRoom`, in a user namespace whose root is that user. */
export function holdRootlessRoom(
	programs: RoomPrograms,
	directory: string,
	network: 'shared' | 'private',
): readonly string[] {
	return holdRoom(programs, directory, network, ['--user', '--map-root-user']);
}

/**
 * Runs `argv` in such a room as its runner: in a second user namespace, whose only user is the runner, and which has no right over the
 * room. The root is changed before the job begins, and the kernel gives no user namespace to whoever's root was changed: no job gets
 * the rights of one that it makes itself.
 */
export function enterRootlessRoom(
	programs: RoomPrograms,
	{ pid, network }: Omit<Entrance, 'rights'>,
	argv: readonly string[],
): readonly string[] {
	const into = ['--user', '--preserve-credentials', '--mount', '--pid', '--ipc', '--uts'];
	const net = network === 'private' ? ['--net'] : [];
	const runnerOnly = ['--user', `--map-user=${runner.uid}`, `--map-group=${runner.gid}`, '--keep-caps'];
	const nothing = ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs'];
	return [
		...[programs.nsenter, `--target=${pid}`, ...into, ...net, '--'],
		...[programs.unshare, ...runnerOnly, '--'],
		...[programs.chroot, roomRoot.slice('base'.length), programs.setpriv, ...nothing, '--'],
		...argv,
	];
}
