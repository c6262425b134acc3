import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failingCalls } from './failing-call.ts';
import { keyOf, rankSuspects, strongScore } from './suspect.ts';

/** Recorded from a shell that may not write into a folder: what it tried before and after is in the trace too. */
const refusedWrite = failingCalls([
	'11<bash> 1795439305.252966 access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)',
	'11<bash> 1795439305.253645 openat(AT_FDCWD</w>, "/dev/tty", O_RDWR|O_NONBLOCK) = -1 ENXIO (No such device or address)',
	'11<bash> 1795439305.254001 openat(AT_FDCWD</w>, "/usr/lib/locale/locale-archive", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
	'11<bash> 1795439305.254100 getpeername(0<socket:[1]>, 0x7ffd, [16]) = -1 ENOTSOCK (Socket operation on non-socket)',
	'12<bash> 1795439305.257265 openat(AT_FDCWD</w>, "/opt/hostedtoolcache/build/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = -1 EACCES (Permission denied)',
	'12<bash> 1795439305.257346 openat(AT_FDCWD</w>, "/usr/share/locale/C.UTF-8/LC_MESSAGES/libc.mo", O_RDONLY) = -1 ENOENT (No such file or directory)',
	'12<bash> 1795439305.257500 connect(3<UNIX-STREAM:[9]>, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)',
	'11<bash> 1795439305.258447 wait4(-1, 0x7fffd0b4d9d0, WNOHANG, NULL) = -1 ECHILD (No child processes)',
]);
const complaint = 'line 1: /opt/hostedtoolcache/build/x: Permission denied';

describe('the suspects', () => {
	test('begin with the call that the log speaks of, and hold none of the noise around it', () => {
		const suspects = rankSuspects(refusedWrite, { logTail: complaint });
		assert.deepEqual(
			suspects.map(({ call }) => call.path),
			['/opt/hostedtoolcache/build/x'],
		);
		assert.equal(suspects[0]?.class, 'permission');
		assert.ok((suspects[0]?.score ?? 0) >= strongScore);
	});

	test('hold nothing that failed in a run that passed too', () => {
		const inPassed = new Set(refusedWrite.map(keyOf));
		assert.deepEqual(rankSuspects(refusedWrite, { logTail: complaint, inPassed }), []);
	});

	test('that failed in another failed run come before those that did not', () => {
		const calls = failingCalls([
			'1<a> 1.1 mkdir("/one", 0777) = -1 EROFS (Read-only file system)',
			'1<a> 1.2 connect(3<TCP:[9]>, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)',
		]);
		assert.equal(rankSuspects(calls, { logTail: '' })[0]?.class, 'read-only-file-system');
		const inFailed = new Set(calls.slice(1).map(keyOf));
		assert.equal(rankSuspects(calls, { logTail: '', inFailed })[0]?.class, 'service-down');
	});

	test('name a service by the port that the log has, and by no number that only looks like it', () => {
		const calls = failingCalls([
			'1<a> 1.1 connect(3<TCP:[9]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)',
			'1<a> 1.2 connect(3<TCP:[9]>, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)',
		]);
		const [first, second] = rankSuspects(calls, { logTail: 'connect ECONNREFUSED 127.0.0.1:5432 after 1800 ms' });
		assert.equal(first?.call.address, '127.0.0.1:5432');
		assert.ok((first?.score ?? 0) - (second?.score ?? 0) >= 6);
	});

	test('count asking for less than doing', () => {
		const calls = failingCalls([
			'1<a> 1.1 mkdir("/b", 0777) = -1 EACCES (Permission denied)',
			'1<a> 1.2 access("/a", W_OK) = -1 EACCES (Permission denied)',
		]);
		assert.equal(rankSuspects(calls, { logTail: '' })[0]?.call.path, '/b');
	});

	test('a process that was refused is one; other calls that were to be tried again are none', () => {
		const calls = failingCalls([
			'1<sh> 1.1 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD) = -1 EAGAIN (Resource temporarily unavailable)',
			'1<a> 1.2 accept4(3<TCP:[1]>, 0x7f, [16], SOCK_NONBLOCK) = -1 EAGAIN (Resource temporarily unavailable)',
		]);
		assert.deepEqual(
			rankSuspects(calls, { logTail: '' }).map(({ call }) => call.call),
			['clone'],
		);
	});

	test('a missing program is one suspect, not one for each folder of PATH', () => {
		const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'];
		const calls = failingCalls(
			folders.map(
				(folder) =>
					`2240<bash> 1.5 newfstatat(AT_FDCWD</w>, "${folder}/mytool", 0x7fff11b8b470, 0) = -1 ENOENT (No such file or directory)`,
			),
		);
		const suspects = rankSuspects(calls, { logTail: 'bash: line 1: mytool: command not found' });
		assert.equal(suspects.length, 1);
		assert.deepEqual(
			[suspects[0]?.class, suspects[0]?.missing?.name, suspects[0]?.missing?.folders],
			['missing-tool', 'mytool', 4],
		);
		assert.ok((rankSuspects(calls, { logTail: 'all is well' })[0]?.score ?? 0) < strongScore, 'nobody missed it');
	});

	test('a missing library is named', () => {
		const calls = failingCalls(
			['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib'].map(
				(folder) =>
					`9<app> 1.5 openat(AT_FDCWD</w>, "${folder}/libpq.so.5", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)`,
			),
		);
		const logTail = 'app: error while loading shared libraries: libpq.so.5: cannot open shared object file';
		assert.equal(rankSuspects(calls, { logTail })[0]?.class, 'missing-library');
	});

	test('keys are the same for the same failure in two runs', () => {
		const [one, two] = failingCalls([
			'1<a> 1.1 mkdir("/w/a-157ea0104587/tmp.12/x", 0777) = -1 EACCES (Permission denied)',
			'1<a> 1.1 mkdir("/w/a-98aabbcc0011/tmp.977/x", 0777) = -1 EACCES (Permission denied)',
		]);
		assert.ok(one !== undefined && two !== undefined);
		assert.equal(keyOf(one), keyOf(two));
	});
});
