import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Finding } from '#core/finding.ts';
import type { Job, Run } from '#core/run.ts';
import { exitCodeOfProblem, exitCodeOfRun, exitCodeOfRuns, exitCodes } from './exit-code.ts';

const job: Job = {
	...{ key: 'a', id: 'a', name: 'a', needs: [], status: 'failed', attempt: 1, lost: 0, hasTurn: false },
	...{ outputs: {}, steps: [], problems: [], diagnosis: 'done' },
};

function found(verdict: Finding['verdict']): Partial<Job> {
	const about = { certainty: 'proved', class: 'x', cause: 'x', evidence: [], next: 'x', durationMs: 1 } as const;
	return { finding: { verdict, ...about } };
}

const late = 'the job took longer than its 5 minutes';
const lateStep: Partial<Job> = {
	steps: [
		{ index: 0, name: 'x', status: 'failed', why: "The action 'x' has timed out after 1 minutes.", annotations: [] },
	],
};

/** How a run ended, and what the command says by its exit code. */
const cases: readonly (readonly [
	says: string,
	status: Run['status'],
	code: number,
	...jobs: readonly Partial<Job>[],
])[] = [
	['passed', 'passed', 0, { status: 'passed' }],
	['skipped', 'skipped', 0, { status: 'skipped' }],
	['failed, and nothing was found out', 'failed', 1, {}],
	['timed out, the job', 'failed', 7, { why: late }],
	['timed out, a step', 'failed', 7, lateStep],
	['timed out, whatever else was found', 'failed', 7, { ...found('code'), why: late }],
	['cancelled', 'cancelled', 8, { status: 'cancelled' }],
	['cancelled, with a job that had failed', 'cancelled', 8, found('code')],
	['failed, by the code', 'failed', 20, found('code')],
	['failed, by the environment', 'failed', 21, found('environment')],
	['failed, flaky', 'failed', 22, found('flaky')],
	['failed, and the cause is not known', 'failed', 22, found('unknown')],
	['failed, by Footbridge', 'failed', 3, found('platform')],
	['failed, by code in one job and environment in another', 'failed', 20, found('environment'), found('code')],
	['failed, by environment in one job and unknown in another', 'failed', 21, found('unknown'), found('environment')],
	[
		'failed, where the job with a finding passed in the end',
		'failed',
		21,
		{ ...found('code'), status: 'passed' },
		found('environment'),
	],
];

describe('the exit code', () => {
	for (const [says, status, code, ...jobs] of cases) {
		test(`is ${code} for a run that ${says}`, () => {
			assert.equal(exitCodeOfRun({ status, problems: [], jobs: jobs.map((part) => ({ ...job, ...part })) }), code);
		});
	}

	test('is 6 for a run that was refused', () => {
		assert.equal(exitCodeOfRun({ status: 'failed', jobs: [], problems: [{ code: 'FB1002', what: 'x' }] }), 6);
	});

	test('of several runs is that of the first that did not pass, and 0 for none', () => {
		const run = (part: Partial<Job>, status: Run['status'] = 'failed') => ({
			status,
			problems: [],
			jobs: [{ ...job, ...part }],
		});
		assert.equal(
			exitCodeOfRuns([run({ status: 'passed' }, 'passed'), run(found('environment')), run(found('code'))]),
			21,
		);
		assert.equal(exitCodeOfRuns([]), 0);
	});

	test('of a refusal says whether the wrong thing was named, the file is wrong, or it could not be done', () => {
		const codes: readonly (readonly [string, number])[] = [
			['FB0101', 2],
			['FB0150', 2],
			['FB1003', 2],
			['FB1007', 2],
			['FB2004', 2],
			['FB1002', 6],
			['FB1501', 6],
			['FB3001', 6],
			['FB0104', 3],
			['FB6040', 4],
			['FB6041', 4],
			['FB0162', 4],
			['FB0131', 3],
			['FB7001', 3],
			['FB0000', 3],
		];
		for (const [code, exit] of codes) assert.equal(exitCodeOfProblem({ code, what: 'x' }), exit, code);
	});

	test('is one of those that the design names, each once, and each is in the manual', () => {
		const numbers = Object.values(exitCodes).map(({ code }) => code);
		assert.deepEqual(numbers, [0, 1, 2, 3, 4, 6, 7, 8, 20, 21, 22, 130]);
		const manual = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
		for (const { code, says } of Object.values(exitCodes))
			assert.ok(manual.includes(`| \`${code}\` | ${says} |`), says);
	});
});
