import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinedCalls } from './trace-lines.ts';

function failures(...lines: readonly string[]): readonly string[] {
	const calls = joinedCalls();
	return lines.flatMap((line) => calls.next(line) ?? []);
}

const open = '7<cat> 1.000001 openat(AT_FDCWD</w>, "/a", O_RDONLY';
const failed = `${open}) = -1 ENOENT (No such file or directory)`;

test('a failing call is kept as it was printed, one that worked, a signal and an exit are not', () => {
	const worked = '7<cat> 1.000002 openat(AT_FDCWD</w>, "/b", O_RDONLY) = 3</b>';
	const signal = '7<cat> 1.0 --- SIGCHLD {si_signo=SIGCHLD} ---';
	assert.deepEqual(failures(failed, worked, signal, '7<cat> 1.0 +++ exited with 1 +++'), [failed]);
});

test('a call that was interrupted by other processes is whole again', () => {
	const other = '8<npm run x> 1.0 mkdir("/c", 0777) = -1 EEXIST (File exists)';
	const end = '7<cat> 1.1 <... openat resumed>) = -1 ENOENT (No such file or directory)';
	assert.deepEqual(failures(`${open} <unfinished ...>`, other, end), [other, failed]);
});

test('an interrupted call whose end says nothing of its process is the one before', () => {
	const end = ')                                       = -1 ENOENT (No such file or directory)';
	assert.deepEqual(failures(`${open} <unfinished ...>`, end, failed), [failed, failed]);
});

test('two interrupted calls are not mixed up, and one that worked in the end is dropped', () => {
	const second = '8<sh> 1.0 stat("/b"';
	const lines = [
		`${open} <unfinished ...>`,
		`${second} <unfinished ...>`,
		'7<cat> 1.1 <... openat resumed>) = -1 ENOENT (No such file or directory)',
		'8<sh> 1.1 <... stat resumed>, {st_mode=S_IFREG}) = 0',
	];
	assert.deepEqual(failures(...lines), [failed]);
});

test('a call that the kernel begins again, or that never came back, is no failure', () => {
	assert.deepEqual(
		failures(
			'7<a> 1.0 wait4(-1) = ? ERESTARTSYS (To be restarted)',
			'7<a> 1.0 read(3) = -1 ERESTART_X (x)',
			'7<a> 1.0 exit_group(0) = ?',
		),
		[],
	);
});

test('text in a path that looks like a failure or an interruption does not matter', () => {
	const tricky = '7<cat> 1.0 openat(AT_FDCWD, "/x) = -1 ENOENT", O_RDONLY) = 3';
	assert.deepEqual(failures(tricky), []);
});
