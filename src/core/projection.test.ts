import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Recorded } from './event.ts';
import { project } from './projection.ts';

const at = '2026-01-05T12:00:00.000Z';
const recorded = (event: Event, stream = 'run/r1'): Recorded => ({ seq: 7, at, by: 'engine', stream, event });
const commit = { sha: 'a'.repeat(40), subject: 'Say hello', authoredAt: at };
const finding = {
	verdict: 'code',
	certainty: 'proved',
	class: 'test-failure',
	cause: 'greet() returns null',
	evidence: [],
	next: 'mend it',
	durationMs: 1,
} as const;

test('a refused run is failed at once, with its first problem as the cause', () => {
	const trigger = { event: 'push', ref: 'refs/heads/main', sha: 'b'.repeat(40), worktreeOf: commit.sha, payload: {} };
	const problems = [
		{ code: 'FB1001', what: 'jobs is missing' },
		{ code: 'FB1002', what: 'second' },
	];
	const [change] = project(
		recorded({ kind: 'run-refused', project: 'shop', number: 3, trigger, commit, workflow: 'ci.yml', problems }),
	);
	assert.ok(change?.do === 'put' && change.table === 'run');
	const { status, cause, finishedAt, worktree, name, sha, seq } = change.row;
	assert.deepEqual(
		{ status, cause, finishedAt, worktree, name, sha, seq },
		{
			status: 'failed',
			cause: 'jobs is missing',
			finishedAt: at,
			worktree: true,
			name: 'ci.yml',
			sha: trigger.sha,
			seq: 7,
		},
	);
});

test('the first start and the first cause stay, whatever comes after them', () => {
	const started = project(
		recorded({ kind: 'job-started', job: 'test', attempt: 1, tier: 'host', reason: 'asked for' }),
	);
	assert.deepEqual(started, [
		{ do: 'update', table: 'run', id: 'r1', set: { status: 'running' }, fill: { startedAt: at } },
	]);
	const found = project(recorded({ kind: 'finding-made', job: 'test', attempt: 1, finding }));
	assert.deepEqual(found, [{ do: 'update', table: 'run', id: 'r1', set: {}, fill: { cause: 'greet() returns null' } }]);
});

test('a job that could not start gives the run its problem as the cause; one that passed gives none', () => {
	const end = { kind: 'job-finished', job: 'test', attempt: 1, outputs: {} } as const;
	const problems = [{ code: 'FB2001', what: 'no room could be made' }];
	assert.deepEqual(
		project(recorded({ ...end, conclusion: 'failed', problems })).map(
			(change) => change.do === 'update' && change.fill,
		),
		[{ cause: 'no room could be made' }],
	);
	assert.deepEqual(project(recorded({ ...end, conclusion: 'passed', problems })), []);
	assert.deepEqual(project(recorded({ ...end, conclusion: 'failed' })), []);
});

test('a deployment ends with its outcome and reason, and may be superseded later', () => {
	const reason = { code: 'FB3001', what: 'web never got healthy' };
	const end: Event = { kind: 'deployment-finished', outcome: 'rolled-back', exposed: false, reason };
	assert.deepEqual(project(recorded(end, 'deployment/d1')), [
		{
			do: 'update',
			table: 'deployment',
			id: 'd1',
			set: { status: 'rolled-back', finishedAt: at, reason: 'web never got healthy' },
			fill: {},
		},
	]);
	const [superseded] = project(recorded({ kind: 'deployment-superseded', by: 'd2' }, 'deployment/d1'));
	assert.deepEqual(superseded?.do === 'update' && superseded.set, { status: 'superseded' });
});
