import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conclude } from './conclude.ts';
import { failingCalls } from './failing-call.ts';
import type { Known, LostRight, Outcome } from './known.ts';
import { rankSuspects } from './suspect.ts';

const commit = { sha: 'b'.repeat(40), subject: 'Tidy up', authoredAt: '' };
const good = { sha: 'a'.repeat(40), subject: 'Add', authoredAt: '' };
const fail: Outcome = { came: 'fail' };
const pass: Outcome = { came: 'pass' };
const elsewhere: Outcome = { came: 'fail', elsewhere: 'Install' };
const notRun: Outcome = { came: 'not-run', why: 'the job has secrets' };

const known: Known = {
	step: 'Test',
	job: 'test',
	exitCode: 1,
	problems: [],
	commit,
	isUncommitted: false,
	again: fail,
	commits: [commit],
	culprit: commit,
	tried: 0,
	differences: [],
	suspects: [],
	ports: { before: new Set(), now: new Set() },
	line: { number: 7, text: 'AssertionError: 0 !== 4', class: 'test-failure' },
	durationMs: 1200.4,
};
const lastGood = (outcome: Outcome, at = good) => ({ outcome, commit: at, runNumber: 4 });

describe('the verdict', () => {
	const table: readonly (readonly [string, Partial<Known>, string])[] = [
		['passes again', { again: pass }, 'flaky suspected'],
		['passes again, whatever the last good commit does', { again: pass, lastGood: lastGood(fail) }, 'flaky suspected'],
		['fails again, the last good commit passes', { lastGood: lastGood(pass) }, 'code proved'],
		['fails and passes at one and the same commit', { lastGood: lastGood(pass, commit) }, 'flaky proved'],
		['fails again, so does the last good commit', { lastGood: lastGood(fail) }, 'environment proved'],
		['fails again, the last good commit in another step', { lastGood: lastGood(elsewhere) }, 'environment suspected'],
		[
			'fails again, the last good commit has no such step',
			{ lastGood: lastGood({ came: 'no-such-step' }) },
			'code suspected',
		],
		['fails again, the last good commit was not tried', { lastGood: lastGood(notRun) }, 'code suspected'],
		['fails again, it never passed', {}, 'code suspected'],
		['fails again, it never passed, a host has no address', { unknownHost: 'db.internal' }, 'environment suspected'],
		['fails again, it never passed, no engine answers', { lacksEngine: true }, 'environment suspected'],
		['fails in another step, it never passed', { again: elsewhere }, 'unknown suspected'],
		[
			'fails in another step, the last good commit too',
			{ again: elsewhere, lastGood: lastGood(elsewhere) },
			'environment suspected',
		],
		['was not tried', { again: notRun, lastGood: lastGood(notRun) }, 'code suspected'],
		['was not tried and was killed', { again: notRun, exitCode: 137 }, 'environment suspected'],
		[
			'was not tried, and a tool has changed',
			{
				again: notRun,
				lastGood: lastGood(notRun),
				differences: [{ fact: 'tool/node', before: 'a', now: 'b', weight: 8 }],
			},
			'environment suspected',
		],
	];
	for (const [title, more, expected] of table) {
		test(`when it ${title}: ${expected}`, () => {
			const finding = conclude({ ...known, ...more });
			assert.equal(`${finding.verdict} ${finding.certainty}`, expected);
			assert.ok(finding.cause.includes('“Test”') && finding.next !== '' && finding.evidence.length > 1);
			assert.equal(finding.logLine, 7);
		});
	}

	test('is never proved by evidence alone, however strong', () => {
		const suspects = rankSuspects(failingCalls(['1<a> 1.1 mkdir("/x", 0777) = -1 EROFS (Read-only file system)']), {
			logTail: 'mkdir: /x: Read-only file system',
		});
		const finding = conclude({ ...known, suspects });
		assert.equal(
			`${finding.verdict} ${finding.certainty} ${finding.class}`,
			'environment suspected read-only-file-system',
		);
	});

	test('of a job that Footbridge could not give a room is about Footbridge', () => {
		const { step: _, exitCode: __, line: ___, ...rest } = known;
		const problem = { code: 'FB2062', what: 'No disposable copy of this machine could be made', next: 'mend it' };
		const finding = conclude({ ...rest, again: notRun, problems: [problem], why: problem.what });
		assert.deepEqual([finding.verdict, finding.class, finding.next], ['platform', 'no-room', 'mend it']);
	});
});

describe('the cause', () => {
	test('is the only commit since the last good one, with the line of the log', () => {
		const finding = conclude({ ...known, lastGood: lastGood(pass) });
		assert.equal(finding.cause, 'commit bbbbbbbb “Tidy up” broke “Test”: AssertionError: 0 !== 4');
		assert.deepEqual([finding.command, finding.class], ['git show bbbbbbbb', 'test-failure']);
		assert.deepEqual(finding.commit, { sha: commit.sha, subject: 'Tidy up' });
	});

	test('is one of several commits, and none of them by name, when it is not known which', () => {
		const { culprit: _, ...rest } = known;
		const two = [commit, { ...commit, sha: 'c'.repeat(40) }];
		const finding = conclude({ ...rest, commits: two, lastGood: lastGood(pass) });
		assert.match(finding.cause, /^one of the 2 commits after aaaaaaaa broke “Test”/);
		assert.equal(finding.commit, undefined);
		assert.equal(finding.command, 'git log --oneline aaaaaaaa..bbbbbbbb');
	});

	test('is the commit that experiments found among several', () => {
		const culprit = { ...commit, sha: 'c'.repeat(40), subject: 'Second' };
		const finding = conclude({ ...known, commits: [commit, culprit], culprit, tried: 1, lastGood: lastGood(pass) });
		assert.match(finding.cause, /^commit cccccccc “Second” broke “Test”/);
		assert.ok(
			finding.evidence.some(({ what }) =>
				/of the 2 commits since then 1 was tried: cccccccc fails, the one before passes/.test(what),
			),
		);
	});

	test('is the uncommitted changes, not a commit that nobody made', () => {
		const finding = conclude({ ...known, isUncommitted: true, lastGood: lastGood(pass) });
		assert.match(finding.cause, /^your uncommitted changes broke “Test”/);
		assert.equal(finding.commit, undefined);
	});

	test('is a commit before the uncommitted changes when experiments found that', () => {
		const culprit = { ...commit, sha: 'c'.repeat(40), subject: 'Second' };
		const finding = conclude({
			...known,
			isUncommitted: true,
			commits: [commit, culprit],
			culprit,
			tried: 1,
			lastGood: lastGood(pass),
		});
		assert.match(finding.cause, /^commit cccccccc “Second” broke/);
	});

	test('is what a person can act on for a refused call: path, owner, mode, what it was, and the command', () => {
		const calls = failingCalls([
			'3<node> 1.1 openat(AT_FDCWD</w>, "/opt/cache/x y/1", O_WRONLY|O_CREAT, 0666) = -1 EACCES (Permission denied)',
		]);
		const right: LostRight = {
			state: { path: '/opt/cache/x y', owner: 'root', group: 'root', uid: 0, gid: 0, mode: 0o755, isFolder: true },
			right: 'w',
			toDo: 'write in the folder /opt/cache/x y',
			mend: [['chown', '1001']],
			isSystems: false,
			machinePath: '/data/cache/x y',
		};
		const finding = conclude({
			...known,
			lastGood: lastGood(fail),
			suspects: rankSuspects(calls, { logTail: '' }),
			right,
			differences: [
				{ fact: 'path/opt/cache/x y', before: 'runner:runner 755 dir', now: 'root:root 755 dir', weight: 9 },
			],
		});
		assert.equal(
			finding.cause,
			'node of “Test” may not write in the folder /opt/cache/x y: it is root:root 755 (EACCES from openat); in the last good run (#4) it was runner:runner 755',
		);
		assert.equal(finding.command, "chown 1001 '/data/cache/x y'");
		const systems = conclude({
			...known,
			suspects: rankSuspects(calls, { logTail: '' }),
			right: { ...right, isSystems: true },
		});
		assert.deepEqual([systems.verdict, systems.command], ['code', undefined], 'no advice to give a job the system');
	});

	test('is the killed process when nothing better is known', () => {
		const { line: _, ...rest } = known;
		const finding = conclude({ ...rest, exitCode: 137, lastGood: lastGood(fail) });
		assert.deepEqual([finding.class, finding.certainty], ['memory', 'proved']);
	});

	test('is unknown, and says where to look, when nothing on this machine has changed', () => {
		const finding = conclude({ ...known, lastGood: lastGood(fail) });
		assert.equal(finding.class, 'unknown-environment');
		assert.match(finding.cause, /nothing that was recorded of the environment has changed/);
	});

	test('says of a port who has it now, and that nobody had before', () => {
		const suspects = rankSuspects(
			failingCalls([
				'2<node> 1.3 bind(22<socket:[33]>, {sa_family=AF_INET, sin_port=htons(5998), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EADDRINUSE (Address already in use)',
			]),
			{ logTail: 'Error: listen EADDRINUSE: address already in use 127.0.0.1:5998' },
		);
		const ports = { before: new Set<string>(), now: new Set(['5998']) };
		const finding = conclude({ ...known, lastGood: lastGood(fail), suspects, ports });
		assert.match(finding.cause, /^node of “Test” could not listen on 127\.0\.0\.1:5998: another program has the port/);
		assert.equal(finding.command, "ss -ltnp 'sport = :5998'");
		assert.ok(
			finding.evidence.some(({ what }) => what === 'something listens on port 5998 now, and nothing did in #4'),
		);
	});
});
