import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failingCalls } from './failing-call.ts';

function one(line: string) {
	const [call] = failingCalls([line]);
	assert.ok(call !== undefined, line);
	return call;
}

// Every line was printed by strace 6.1.
describe('a failed call', () => {
	test('has its process, its error and the path that it was about', () => {
		const call = one(
			'12<bash> 1795439305.257265 openat(AT_FDCWD</home/runner/work/demo/demo>, "/opt/hostedtoolcache/build/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = -1 EACCES (Permission denied)',
		);
		assert.deepEqual([call.pid, call.program, call.call, call.errno], [12, 'bash', 'openat', 'EACCES']);
		assert.equal(call.path, '/opt/hostedtoolcache/build/x');
	});

	test('has a relative path joined to its folder', () => {
		const call = one(
			'11<bash> 1795439305.258500 openat(AT_FDCWD</w/demo>, "./out/report.json", O_WRONLY|O_CREAT, 0666) = -1 EROFS (Read-only file system)',
		);
		assert.equal(call.path, '/w/demo/out/report.json');
	});

	test('of a write has the path of the open file, and nothing of what was written', () => {
		const call = one(
			'2268<head> 1795440291.658894 write(1</tmp/small/x.bin>, "secret\\0\\0"..., 4096) = -1 ENOSPC (No space left on device)',
		);
		assert.equal(call.path, '/tmp/small/x.bin');
	});

	test('of a rename has the new name', () => {
		const call = one(
			'9<mv> 1.5 renameat2(AT_FDCWD</w>, "a.tmp", AT_FDCWD</w>, "/srv/a", RENAME_NOREPLACE) = -1 EACCES (Permission denied)',
		);
		assert.equal(call.path, '/srv/a');
	});

	test('of a connection has the address, of a local one the path', () => {
		const four = one(
			'12<psql> 1795439305.2575 connect(3<TCP:[9]>, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)',
		);
		assert.deepEqual([four.address, four.path], ['127.0.0.1:5432', undefined]);
		const six = one(
			'2305<node-MainThread> 1795440292.338655 bind(22<socket:[331855]>, {sa_family=AF_INET6, sin6_port=htons(5998), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::", &sin6_addr), sin6_scope_id=0}, 28) = -1 EADDRINUSE (Address already in use)',
		);
		assert.deepEqual([six.address, six.path], ['[::]:5998', undefined]);
		const local = one(
			'7<docker> 1.1 connect(3<UNIX-STREAM:[7]>, {sa_family=AF_UNIX, sun_path="/var/run/docker.sock"}, 23) = -1 EACCES (Permission denied)',
		);
		assert.deepEqual([local.address, local.path], [undefined, '/var/run/docker.sock']);
	});

	test('has a path with letters beyond ASCII, quotes and per cent signs as it is written', () => {
		assert.equal(
			one('7<a> 1.1 mkdir("/d/\\303\\251t\\303\\251 \\"x\\" 100%", 0777) = -1 EACCES (P)').path,
			'/d/été "x" 100%',
		);
		assert.equal(
			one('7<a> 1.1 mkdir("/d/\\377", 0777) = -1 EACCES (P)').path,
			'/d/\\377',
			'no text: left as strace has it',
		);
	});

	test('is nothing that worked, was begun again, or ended', () => {
		const others = [
			'7<a> 1.1 openat(AT_FDCWD</w>, "/x) = -1 ENOENT", O_RDONLY) = 3</x>',
			'7<a> 1.1 +++ exited with 1 +++',
			'7<a> 1.1 --- SIGCHLD {si_signo=SIGCHLD} ---',
		];
		assert.deepEqual(failingCalls(others), []);
	});
});
