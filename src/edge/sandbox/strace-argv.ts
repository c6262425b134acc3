/** Calls whose failure can name a cause: files, network, processes, and what limits show up in. */
const calls = [
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
	'flock',
	'fcntl',
];

/** The argv that runs another argv under strace, writing to `file`. Stops only at the calls that it records. */
export function traced(argv: readonly string[], file: string): readonly string[] {
	return [
		'strace',
		'-f',
		'--seccomp-bpf',
		'-qq',
		'-ttt',
		'-y',
		'-s',
		'256',
		'-o',
		file,
		'-e',
		`trace=${calls.join(',')}`,
		'--',
		...argv,
	];
}
