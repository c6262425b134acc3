import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FailingCall, failingCalls } from './failing-call.ts';
import { missingRight, octal, type PathState, pathStates } from './missing-right.ts';

const who = { uid: 1001, gids: [1001, 50] };
const root = state('/', 0o755, 0);

function state(path: string, mode: number, uid = 1001, more: Partial<PathState> = {}): PathState {
	return { path, owner: 'u', group: 'g', uid, gid: uid, mode, isFolder: true, ...more };
}

function call(text: string, error = 'EACCES'): FailingCall {
	const [found] = failingCalls([`1<a> 1.1 ${text} = -1 ${error} (x)`]);
	assert.ok(found !== undefined, text);
	return found;
}

const write = call('openat(AT_FDCWD</w>, "/a/b/x", O_WRONLY|O_CREAT, 0666)');
const file = { isFolder: false };

describe('the right that a refused call lacked', () => {
	const cases: readonly (readonly [string, FailingCall, readonly PathState[], string, readonly string[]])[] = [
		["to write in one's own folder", write, [root, state('/a', 0o755), state('/a/b', 0o555)], '/a/b w', ['chmod u+w']],
		[
			"to write in somebody else's folder",
			write,
			[root, state('/a', 0o755), state('/a/b', 0o755, 5)],
			'/a/b w',
			['chown 1001'],
		],
		[
			"to write in somebody else's folder that he may not write either",
			write,
			[root, state('/a', 0o755), state('/a/b', 0o555, 5)],
			'/a/b w',
			['chown 1001', 'chmod u+w'],
		],
		[
			"to write in a folder of one's group",
			write,
			[root, state('/a', 0o755), state('/a/b', 0o755, 5, { gid: 50 })],
			'/a/b w',
			['chmod g+w'],
		],
		['to enter a folder on the way', write, [root, state('/a', 0o600), state('/a/b', 0o555)], '/a x', ['chmod u+x']],
		[
			'to write to a file that is there',
			write,
			[root, state('/a', 0o755), state('/a/b', 0o755), state('/a/b/x', 0o444, 1001, file)],
			'/a/b/x w',
			['chmod u+w'],
		],
		[
			'to read a file',
			call('openat(AT_FDCWD</w>, "/a/k", O_RDONLY)'),
			[root, state('/a', 0o755), state('/a/k', 0o200, 1001, file)],
			'/a/k r',
			['chmod u+r'],
		],
		[
			'to run a file',
			call('execve("/a/run", ["run"], 0x7f /* 3 vars */)'),
			[root, state('/a', 0o755), state('/a/run', 0o644, 1001, file)],
			'/a/run x',
			['chmod u+x'],
		],
		[
			'to remove a file is one of its folder',
			call('unlink("/a/b/x")'),
			[root, state('/a', 0o755), state('/a/b', 0o555), state('/a/b/x', 0o644, 1001, file)],
			'/a/b w',
			['chmod u+w'],
		],
		[
			"to change somebody else's file's mode",
			call('fchmodat(AT_FDCWD</w>, "/a/k", 0700)', 'EPERM'),
			[root, state('/a', 0o755), state('/a/k', 0o777, 5, file)],
			'/a/k owner',
			['chown 1001'],
		],
	];
	for (const [title, refused, components, expected, mend] of cases) {
		test(`${title} is found, with what gives it`, () => {
			const right = missingRight(refused, components, who);
			assert.equal(`${right?.state.path} ${right?.right}`, expected);
			assert.deepEqual(
				right?.mend.map((words) => words.join(' ')),
				mend,
			);
			assert.equal(right?.isSystems, false);
		});
	}

	test('is none when the modes allow the call, and none for root', () => {
		const open = [root, state('/a', 0o755), state('/a/b', 0o755)];
		assert.equal(missingRight(write, open, who), undefined);
		assert.equal(missingRight(write, [root, state('/a', 0)], { uid: 0, gids: [0] }), undefined);
	});

	test("in the system's own folders is known as such: nobody should give it", () => {
		const etc = call('openat(AT_FDCWD</w>, "/etc/app.conf", O_WRONLY|O_CREAT, 0666)');
		assert.equal(missingRight(etc, [root, state('/etc', 0o755, 0)], who)?.isSystems, true);
		const var_ = call('mkdir("/var/app", 0777)');
		assert.equal(missingRight(var_, [root, state('/var', 0o755, 0)], who)?.isSystems, true);
		const data = call('mkdir("/var/app/x", 0777)');
		assert.equal(
			missingRight(data, [root, state('/var', 0o755, 0), state('/var/app', 0o755, 0)], who)?.isSystems,
			false,
		);
	});
});

test('the states of paths are read from stat, past its complaints', () => {
	const output = "/\troot\troot\t0\t0\t1777\tdirectory\t/\nstat: cannot statx '/a/b': No such file or directory\n";
	assert.deepEqual(pathStates(output), [
		{ path: '/', owner: 'root', group: 'root', uid: 0, gid: 0, mode: 0o1777, isFolder: true, mount: '/' },
	]);
	assert.deepEqual([octal(0o1777), octal(0o55)], ['1777', '055']);
});
