import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exitCodeOfRun } from '#cli/exit-code.ts';
import { findingCard } from '#cli/finding-card.ts';
import { widthOf } from '#cli/line-fit.ts';
import { problemLines } from '#cli/problem-lines.ts';
import type { Finding } from '#core/finding.ts';
import type { Job, Run } from '#core/run.ts';
import { jobLine, nameWidthOf } from './lines.ts';

const job: Job = {
	key: 'unit',
	id: 'unit',
	name: 'unit (a very long name of a job, 26, ubuntu-latest, with everything)',
	needs: [],
	status: 'failed',
	attempt: 1,
	lost: 0,
	hasTurn: false,
	startedAt: '2026-01-01T00:00:00.000Z',
	finishedAt: '2026-01-01T00:02:41.000Z',
	outputs: {},
	steps: [{ index: 1, name: `Run ${'make everything '.repeat(20)}`, status: 'failed', exitCode: 2, annotations: [] }],
	problems: [],
	diagnosis: 'none',
};
const finding: Finding = {
	verdict: 'environment',
	certainty: 'proved',
	class: 'permission',
	cause: `the job may not write to ${'/a/long/path'.repeat(3)}, which is owned by somebody else`,
	evidence: [{ from: 'trace', what: 'openat failed with EACCES '.repeat(8) }],
	next: 'give the right back',
	command: `chmod u+w ${'/a/long/path'.repeat(20)}`,
	durationMs: 1200,
};
const paint = (_: unknown, text: string) => text;

describe('in 80 and in 200 columns', () => {
	for (const columns of [80, 200]) {
		test(`a job fits one line (${columns})`, () => {
			const line = jobLine(job, { columns, paint }, { now: 0, nameWidth: nameWidthOf([job], columns) });
			assert.ok(widthOf(line) <= columns, line);
			assert.match(line, /✕ unit .*2 min 41 s +exit 2 in Run make/);
		});

		test(`a card fits, and its command stays whole on one line (${columns})`, () => {
			const lines = findingCard(finding, job.name, { columns, paint });
			const command = lines.filter((line) => line.includes('chmod'));
			assert.equal(command.length, 1);
			assert.ok(command[0]?.endsWith(finding.command ?? '?'));
			const others = lines.filter(
				(line) => !line.includes('chmod') && !line.includes('certainty') && !line.includes('proved'),
			);
			for (const line of others) assert.ok(widthOf(line) <= columns, line);
		});

		test(`a problem is told in four parts (${columns})`, () => {
			const problem = {
				code: 'FB3020',
				what: 'web did not get healthy',
				why: 'it ended\nits last line',
				where: 'service web',
				next: 'mend it',
			};
			assert.deepEqual(problemLines(problem, { columns, paint }), [
				'✕ FB3020 web did not get healthy',
				'  why    it ended',
				'         its last line',
				'  where  service web',
				'  next   mend it',
			]);
		});
	}
});

describe('the exit code of a run', () => {
	const run = (status: Run['status'], ...jobs: readonly Partial<Job>[]) =>
		exitCodeOfRun({ status, problems: [], jobs: jobs.map((part) => ({ ...job, ...part })) });
	const found = (verdict: Finding['verdict']): Partial<Job> => ({ finding: { ...finding, verdict } });

	test('says who is at fault', () => {
		assert.equal(run('passed'), 0);
		assert.equal(run('skipped'), 0);
		assert.equal(run('failed', found('code')), 20);
		assert.equal(run('failed', found('environment')), 21);
		assert.equal(run('failed', found('flaky')), 22);
		assert.equal(run('failed', found('unknown')), 22);
		assert.equal(run('failed', {}), 1);
		assert.equal(run('cancelled'), 8);
	});

	test('names the code before the environment when both are at fault', () => {
		assert.equal(run('failed', found('environment'), found('code')), 20);
	});

	test('ignores what passed', () => {
		assert.equal(run('failed', { ...found('code'), status: 'passed' }, found('environment')), 21);
	});

	test('tells an invalid workflow and a timeout apart from a failure', () => {
		assert.equal(exitCodeOfRun({ status: 'failed', jobs: [], problems: [{ code: 'FB1002', what: 'x' }] }), 6);
		assert.equal(run('failed', { why: 'the job took longer than its 5 minutes' }), 7);
		const step = { ...job.steps[0]!, why: "The action 'x' has timed out after 1 minutes." };
		assert.equal(run('failed', { steps: [step] }), 7);
	});
});
