import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failingCalls } from './failing-call.ts';
import { readTrace } from './trace-reading.ts';

function read(lines: readonly string[], limit = 100) {
	const reading = readTrace(limit);
	for (const line of lines) reading.add(line);
	return failingCalls(reading.failures());
}

// Recorded from real programs with strace 6.1; shortened where a line says nothing more.
describe('a trace', () => {
	test('forgets the folders in which a program was looked for before it was found', () => {
		const lines = [
			'50<env> 1.1 execve("/usr/local/sbin/git", ["git"], 0x7ffc /* 40 vars */) = -1 ENOENT (No such file or directory)',
			'50<env> 1.2 execve("/root/bin/git", ["git"], 0x7ffc /* 40 vars */) = -1 EACCES (Permission denied)',
			'50<env> 1.3 execve("/usr/bin/git", ["git"], 0x7ffc /* 40 vars */) = 0',
		];
		assert.deepEqual(read(lines), []);
		assert.equal(read(lines.slice(0, 2)).length, 2, 'and keeps them when it never was');
	});

	test('keeps a look of another process, and one for another name', () => {
		const lines = [
			'50<a> 1.1 newfstatat(AT_FDCWD</w>, "/usr/local/bin/node", 0x7f, 0) = -1 ENOENT (No such file or directory)',
			'51<b> 1.2 newfstatat(AT_FDCWD</w>, "/usr/bin/node", {st_mode=S_IFREG|0755, st_size=9, ...}, 0) = 0',
			'50<a> 1.3 newfstatat(AT_FDCWD</w>, "/usr/bin/npm", {st_mode=S_IFREG|0755, st_size=9, ...}, 0) = 0',
		];
		assert.deepEqual(
			read(lines).map(({ path }) => path),
			['/usr/local/bin/node'],
		);
	});

	test('knows that threads look for things together', () => {
		const lines = [
			'60<node> 1.0 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD|CLONE_SETTLS, child_tid=0x7f <unfinished ...>',
			'60<node> 1.1 <... clone3 resumed> => {parent_tid=[61]}, 88) = 61<libuv-worker>',
			'61<libuv-worker> 1.2 openat(AT_FDCWD</w>, "/w/a/settings.json", O_RDONLY) = -1 ENOENT (No such file or directory)',
			'60<node> 1.3 openat(AT_FDCWD</w>, "/w/settings.json", O_RDONLY) = 5</w/settings.json>',
		];
		assert.deepEqual(read(lines), []);
	});

	test('keeps a refused write, whatever is read by that name afterwards', () => {
		const lines = [
			'70<a> 1.1 openat(AT_FDCWD</w>, "/opt/x/report", O_WRONLY|O_CREAT|O_TRUNC, 0666) = -1 EACCES (Permission denied)',
			'70<a> 1.2 newfstatat(AT_FDCWD</w>, "/opt/x/report", {st_mode=S_IFREG|0644, st_size=1, ...}, 0) = 0',
			'70<a> 1.3 openat(AT_FDCWD</w>, "/w/report", O_RDONLY) = 3</w/report>',
		];
		assert.deepEqual(
			read(lines).map(({ errno }) => errno),
			['EACCES'],
		);
	});

	test('gives a connection that was made in the background its error', () => {
		const lines = [
			'2229<node-MainThread> 1.1 connect(22<socket:[330692]>, {sa_family=AF_INET, sin_port=htons(5999), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS (Operation now in progress)',
			'2229<node-MainThread> 1.2 getsockopt(22<socket:[330692]>, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0',
		];
		const [call] = read(lines);
		assert.deepEqual([call?.call, call?.errno, call?.address], ['connect', 'ECONNREFUSED', '127.0.0.1:5999']);
	});

	test('of a great many failures has the last ones', () => {
		const lines = Array.from({ length: 1000 }, (_, i) => `7<a> 1.1 mkdir("/x/${i}", 0777) = -1 EEXIST (File exists)`);
		const calls = read(lines, 10);
		assert.deepEqual([calls.length, calls.at(-1)?.path], [10, '/x/999']);
	});
});
