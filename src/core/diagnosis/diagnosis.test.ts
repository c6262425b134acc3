import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conclude, type Known } from './conclude.ts';
import { failingCalls } from './failing-call.ts';
import { tellingLine } from './log-reading.ts';
import { missingRight, type PathState, pathStates } from './missing-right.ts';
import { differences, tellDifference } from './snapshot-difference.ts';
import { rankSuspects } from './suspect.ts';

/** Recorded from `strace -f --seccomp-bpf -ttt -y -Y` of a shell that may not write into a folder. */
const recorded = [
	'11<bash> 1795439305.252966 access("/etc/ld.so.preload", R_OK) = -1 ENOENT (No such file or directory)',
	'11<bash> 1795439305.253645 openat(AT_FDCWD</home/runner/work/demo/demo>, "/dev/tty", O_RDWR|O_NONBLOCK) = -1 ENXIO (No such device or address)',
	'11<bash> 1795439305.256569 newfstatat(AT_FDCWD</home/runner/work/demo/demo>, "/usr/local/bin/date", 0x7fffd0b4e590, 0) = -1 ENOENT (No such file or directory)',
	'12<bash> 1795439305.257265 openat(AT_FDCWD</home/runner/work/demo/demo>, "/opt/hostedtoolcache/build/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = -1 EACCES (Permission denied)',
	'12<bash> 1795439305.257346 openat(AT_FDCWD</home/runner/work/demo/demo>, "/usr/share/locale/C.UTF-8/LC_MESSAGES/libc.mo", O_RDONLY) = -1 ENOENT (No such file or directory)',
	'12<bash> 1795439305.257500 connect(3<TCP:[9]>, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)',
	'11<bash> 1795439305.258447 wait4(-1, 0x7fffd0b4d9d0, WNOHANG, NULL) = -1 ECHILD (No child processes)',
	'11<bash> 1795439305.258500 openat(AT_FDCWD</home/runner/work/demo/demo>, "out/report.json", O_WRONLY|O_CREAT, 0666) = -1 EROFS (Read-only file system)',
];

describe('a trace', () => {
	test('gives calls with their absolute path or address', () => {
		const calls = failingCalls(recorded);
		assert.equal(calls.length, recorded.length);
		assert.equal(calls[3]?.path, '/opt/hostedtoolcache/build/x');
		assert.equal(calls[3]?.program, 'bash');
		assert.equal(calls[5]?.address, '127.0.0.1:5432');
		assert.equal(calls[7]?.path, '/home/runner/work/demo/demo/out/report.json');
	});

	test('ranks what the log speaks of first, and knows the noise', () => {
		const calls = failingCalls(recorded.slice(0, 7));
		const [first, second] = rankSuspects(calls, { logTail: 'line 1: /opt/hostedtoolcache/build/x: Permission denied' });
		assert.equal(first?.call.path, '/opt/hostedtoolcache/build/x');
		assert.equal(first?.class, 'permission');
		assert.equal(second?.class, 'service-down');
		assert.ok(rankSuspects(calls, { logTail: '' }).every(({ call }) => !/\.mo$/.test(call.path ?? '')));
	});

	test('does not name what failed in a run that passed', () => {
		const calls = failingCalls(recorded.slice(3, 4));
		assert.equal(
			rankSuspects(calls, { logTail: '', alsoInGood: new Set(['openat EACCES /opt/hostedtoolcache/build/x']) }).length,
			0,
		);
	});
});

describe('a missing right', () => {
	const root: PathState = { path: '/', owner: 'root', group: 'root', uid: 0, gid: 0, mode: 0o755, isFolder: true };
	const folder = (path: string, mode: number, uid = 1001): PathState => ({
		path,
		owner: 'runner',
		group: 'runner',
		uid,
		gid: uid,
		mode,
		isFolder: true,
	});
	const who = { uid: 1001, gids: [1001] };
	const [write] = failingCalls([
		'1 1.1 openat(AT_FDCWD</w>, "/a/b/x", O_WRONLY|O_CREAT, 0666) = -1 EACCES (Permission denied)',
	]);

	test("to write in one's own folder is given back with chmod", () => {
		assert.ok(write !== undefined);
		const right = missingRight(write, [root, folder('/a', 0o755), folder('/a/b', 0o555)], who);
		assert.equal(right?.state.path, '/a/b');
		assert.deepEqual(right?.mend, ['chmod', 'u+w']);
	});

	test("in somebody else's folder is given with chown", () => {
		assert.ok(write !== undefined);
		assert.deepEqual(missingRight(write, [root, folder('/a', 0o755), folder('/a/b', 0o755, 0)], who)?.mend, [
			'chown',
			'1001',
		]);
	});

	test('to enter a folder on the way comes first', () => {
		assert.ok(write !== undefined);
		const right = missingRight(write, [root, folder('/a', 0o600), folder('/a/b', 0o555)], who);
		assert.deepEqual([right?.state.path, right?.right], ['/a', 'x']);
	});

	test('is not named when the modes allow it', () => {
		assert.ok(write !== undefined);
		assert.equal(missingRight(write, [root, folder('/a', 0o755), folder('/a/b', 0o755)], who), undefined);
	});

	test('is read from stat', () => {
		assert.deepEqual(pathStates('/a\troot\troot\t0\t0\t1777\tdirectory\n'), [
			{ path: '/a', owner: 'root', group: 'root', uid: 0, gid: 0, mode: 0o1777, isFolder: true },
		]);
	});
});

test('differences of two snapshots come most suspicious first, without what changes by itself', () => {
	const before = {
		'path/opt/x': 'a:a 755 dir',
		'tool/node': '/usr/bin/node 10 bytes',
		'port/80': 'listening',
		cpus: '2',
	};
	const now = { 'path/opt/x': 'a:a 555 dir', 'tool/node': '/usr/bin/node 10 bytes', cpus: '4', 'env/TZ': 'UTC' };
	assert.deepEqual(differences(before, now).map(tellDifference), [
		'path/opt/x is a:a 555 dir, was a:a 755 dir',
		'cpus is 4, was 2',
		'env/TZ is new: UTC',
	]);
});

test("the telling line of a log is the assertion, not the runner's own words", () => {
	const lines = [
		'▸ Run node --test',
		'✖ adds (1 ms)',
		'  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
		'Error: Process completed with exit code 1.',
	];
	const found = tellingLine(lines.map((text, index) => ({ number: index + 1, text })));
	assert.deepEqual([found?.number, found?.class], [3, 'test-failure']);
});

describe('the verdict', () => {
	const commit = { sha: 'b'.repeat(40), subject: 'Tidy up', authoredAt: '' };
	const good = { sha: 'a'.repeat(40), subject: 'Add', authoredAt: '' };
	const known: Known = {
		step: 'Test',
		exitCode: 1,
		commit,
		isUncommitted: false,
		again: { came: 'fail' },
		commits: [commit],
		differences: [],
		suspects: [],
		durationMs: 1,
	};
	const lastGood = (came: 'pass' | 'fail' | 'not-run') => ({ outcome: { came }, commit: good, runNumber: 7 });
	const table: readonly (readonly [Known['again']['came'], 'pass' | 'fail' | 'not-run' | undefined, string, string])[] =
		[
			['pass', 'pass', 'flaky', 'suspected'],
			['pass', undefined, 'flaky', 'suspected'],
			['fail', 'pass', 'code', 'proved'],
			['fail', 'fail', 'environment', 'proved'],
			['fail', undefined, 'code', 'suspected'],
			['fail', 'not-run', 'code', 'suspected'],
			['not-run', undefined, 'code', 'suspected'],
		];
	for (const [again, last, verdict, certainty] of table) {
		test(`is ${verdict}, ${certainty}: again ${again}, last good commit ${last ?? 'unknown'}`, () => {
			const finding = conclude({
				...known,
				again: { came: again },
				...(last === undefined ? {} : { lastGood: lastGood(last) }),
			});
			assert.deepEqual([finding.verdict, finding.certainty], [verdict, certainty]);
			assert.ok(finding.cause.length > 0 && finding.next.length > 0);
		});
	}

	test('names the commit alone when it is the only one since the last good one, and counts them when there are more', () => {
		assert.match(conclude({ ...known, lastGood: lastGood('pass') }).cause, /^commit bbbbbbbb “Tidy up” broke “Test”/);
		const two = { ...known, commits: [commit, { ...commit, sha: 'c'.repeat(40) }], lastGood: lastGood('pass') };
		assert.match(conclude(two).cause, /^one of the 2 commits after aaaaaaaa broke “Test”/);
	});

	test('for an uncommitted work tree speaks of the changes, not of a commit that nobody made', () => {
		const finding = conclude({ ...known, isUncommitted: true, lastGood: lastGood('pass') });
		assert.match(finding.cause, /^your uncommitted changes broke/);
		assert.equal(finding.commit, undefined);
	});

	test('without an experiment rests on a strong call, and says so', () => {
		const suspects = rankSuspects(failingCalls(recorded.slice(7)), { logTail: '' });
		const finding = conclude({ ...known, again: { came: 'not-run', why: 'the job has secrets' }, suspects });
		assert.deepEqual([finding.verdict, finding.certainty], ['environment', 'suspected']);
	});
});
