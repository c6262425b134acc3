import type { Commit, Event } from '#core/event.ts';
import type { PlannedJob } from '#core/plan.ts';
import { checkout, ciJobs, commits, job, queued, second, started, testSteps, trigger } from './seed-events.ts';
import type { Seeding } from './seed-record.ts';

interface StepTold {
	readonly lines: readonly string[];
	readonly ms: number;
	readonly exitCode?: number;
	readonly extra?: Partial<Extract<Event, { kind: 'step-finished' }>>;
}

/** Plays steps of a job into the record and its log; the last one has not ended when `isOpen`. */
async function play(
	record: Seeding,
	where: { readonly run: string; readonly job: string; readonly at: number; readonly isOpen?: boolean },
	steps: readonly (readonly [name: string, told: StepTold])[],
): Promise<number> {
	const stream = `run/${where.run}`;
	const writer = record.logs.writer(`${where.run}/${where.job}.1`);
	let at = where.at;
	record.at(at);
	await record.append(stream, started(where.job));
	writer.write(at, [`${where.job} runs in disposable: the machine can give a copy of itself`]);
	for (const [index, [name, told]] of steps.entries()) {
		record.at(at);
		const line = writer.write(at, [`▸ ${name}`]);
		await record.append(stream, { kind: 'step-started', job: where.job, attempt: 1, step: index, name, line });
		writer.write(at, told.lines);
		if (where.isOpen === true && index === steps.length - 1) break;
		at += told.ms;
		record.at(at);
		const result = (told.exitCode ?? 0) === 0 ? 'success' : 'failure';
		await record.append(stream, {
			...{ kind: 'step-finished', job: where.job, attempt: 1, step: index, name, outcome: result, conclusion: result },
			...{ exitCode: told.exitCode ?? 0, outputs: {}, durationMs: told.ms, line: writer.line, ...told.extra },
		});
	}
	await writer.close();
	return at;
}

async function finish(record: Seeding, run: string, name: string, conclusion: 'passed' | 'failed' | 'cancelled') {
	await record.append(`run/${run}`, { kind: 'job-finished', job: name, attempt: 1, conclusion, outputs: {} });
}

const fetched: StepTold = { lines: ['Checked out refs/heads/main at a1b2c3d'], ms: 400 };
const installed: StepTold = {
	lines: ['', 'added 214 packages in 3s', '', '31 packages are looking for funding'],
	ms: 3300,
};

export async function passedRun(record: Seeding, number: number, at: number): Promise<void> {
	const run = `r${number}`;
	record.at(at);
	const jobs = [ciJobs[0] as PlannedJob];
	await record.append(`run/${run}`, queued(number, commits[number % commits.length] as Commit, jobs));
	const end = await play(record, { run, job: 'lint', at: at + 300 }, [
		[checkout, fetched],
		['npm ci', installed],
		['npm run lint', { lines: ['Checked 82 files in 210ms. No fixes applied.'], ms: 1100 }],
	]);
	record.at(end + 50);
	await finish(record, run, 'lint', 'passed');
	await record.append(`run/${run}`, { kind: 'run-finished', conclusion: 'passed' });
}

export async function codeFailure(record: Seeding, at: number): Promise<void> {
	const run = 'code-failure';
	const commit = commits[3] as Commit;
	record.at(at);
	const jobs = [
		job('lint', [], testSteps),
		job('unit', ['lint'], testSteps),
		job('build', ['unit'], ['npm run build']),
	];
	await record.append(`run/${run}`, queued(7, commit, jobs));
	let end = await play(record, { run, job: 'lint', at: at + 200 }, [
		[checkout, fetched],
		['npm ci', installed],
	]);
	await finish(record, run, 'lint', 'passed');
	const passing = Array.from(
		{ length: 1200 },
		(_, index) => `\u001b[32m✔\u001b[39m basket case ${index + 1} \u001b[90m(${(index % 7) + 1}ms)\u001b[39m`,
	);
	const output = [
		'> shop@2.4.0 test',
		'> node --test',
		'',
		...passing,
		'\u001b[31m✖ the receipt is sent after the payment\u001b[39m',
		'  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
		'',
		"  \u001b[32m'paid'\u001b[39m !== \u001b[31m'pending'\u001b[39m",
		'',
		'      at TestContext.<anonymous> (file:///work/test/receipt.test.js:41:10)',
		'\u001b[38;5;238mdim grey on a dark ground would not be seen\u001b[0m \u001b[48;5;226;38;5;15mwhite on yellow\u001b[0m',
		'tests 1201',
		'fail 1',
		'Error: Process completed with exit code 1.',
	];
	const failingLine = 10 + passing.length + 3;
	end = await play(record, { run, job: 'unit', at: end + 80 }, [
		[checkout, fetched],
		['npm ci', installed],
		[
			'npm test',
			{
				lines: output,
				ms: 9400,
				exitCode: 1,
				extra: {
					summary: '## Tests\n\n1201 tests, 1 failed\n\n| suite | failed |\n|---|---|\n| receipt | 1 |',
					annotations: [
						{
							...{
								level: 'error',
								message: "Expected 'paid', got 'pending'",
								title: 'the receipt is sent after the payment',
							},
							...{ file: 'test/receipt.test.js', line: 41, column: 10, logLine: failingLine },
						},
						{ level: 'warning', message: 'Node 20 is not supported after April', logLine: 4 },
					],
				},
			},
		],
	]);
	record.at(end);
	const stream = `run/${run}`;
	await record.append(
		stream,
		{ kind: 'job-finished', job: 'unit', attempt: 1, conclusion: 'failed', outputs: {} },
		{ kind: 'job-skipped', job: 'build', why: 'unit failed' },
		{ kind: 'run-finished', conclusion: 'failed' },
		{ kind: 'diagnosis-started', job: 'unit', attempt: 1 },
	);
	record.at(end + 21 * second);
	await record.append(stream, {
		...{ kind: 'finding-made', job: 'unit', attempt: 1 },
		finding: {
			...{ verdict: 'code', certainty: 'proved', class: 'test-failure', durationMs: 20_800, logLine: failingLine },
			cause: 'The test “the receipt is sent after the payment” fails: it expected ‘paid’ and got ‘pending’.',
			evidence: [
				{ from: 'fact', what: 'node --test reports 1 of 1,201 tests failed; test/receipt.test.js:41' },
				{ from: 'rerun', what: 'The step fails again in a fresh copy of the machine, at the same assertion' },
				{ from: 'last-good-commit', what: 'The commit before it passes in today’s environment' },
			],
			next: 'Correct the order in src/receipt.js, or the test if the new order is what you want.',
			command: 'footbridge run --job unit --at worktree',
			commit: { sha: commit.sha, subject: commit.subject },
		},
	});
}

export async function environmentFailure(record: Seeding, at: number): Promise<void> {
	const run = 'environment-failure';
	record.at(at);
	const jobs = [job('build', [], [checkout, 'npm ci', 'npm run build'])];
	await record.append(`run/${run}`, queued(8, commits[2] as Commit, jobs, 'refs/heads/basket-for-thirty-days'));
	const end = await play(record, { run, job: 'build', at: at + 200 }, [
		[checkout, fetched],
		['npm ci', installed],
		[
			'npm run build',
			{
				lines: [
					'> shop@2.4.0 build',
					'',
					"Error: EACCES: permission denied, mkdir '/opt/cache/shop/v2'",
					'    at mkdirSync (node:fs:1364:26)',
				],
				ms: 700,
				exitCode: 1,
			},
		],
	]);
	record.at(end);
	const stream = `run/${run}`;
	await record.append(
		stream,
		{ kind: 'job-finished', job: 'build', attempt: 1, conclusion: 'failed', outputs: {} },
		{ kind: 'run-finished', conclusion: 'failed' },
	);
	record.at(end + 9 * second);
	await record.append(stream, {
		...{ kind: 'finding-made', job: 'build', attempt: 1 },
		finding: {
			...{ verdict: 'environment', certainty: 'proved', class: 'permission', durationMs: 8900, logLine: 12 },
			cause: 'The step may not write to /opt/cache/shop: it belongs to root (0755), and the step ran as runner.',
			evidence: [
				{ from: 'trace', what: 'mkdir("/opt/cache/shop/v2") = EACCES, by node (pid 812)' },
				{ from: 'snapshot', what: 'path/opt/cache/shop was 0775 root:runner in run 6, and is 0755 root:root now' },
				{ from: 'last-good-commit', what: 'Round prices to the cent in the basket fails today as well' },
			],
			next: 'Give the directory back its group and its write permission.',
			command: 'sudo chgrp runner /opt/cache/shop && sudo chmod 0775 /opt/cache/shop',
		},
	});
}

export async function refusal(record: Seeding, at: number): Promise<void> {
	record.at(at);
	await record.append('run/refused', {
		...{
			kind: 'run-refused',
			project: 'shop',
			number: 9,
			trigger: trigger(commits[1] as Commit),
			commit: commits[1] as Commit,
		},
		workflow: '.github/workflows/release.yml',
		problems: [
			{
				...{
					code: 'FB1001',
					what: 'The job publish needs a job that is not there: buld',
					where: '.github/workflows/release.yml:14:12',
				},
				...{ why: 'the jobs of this workflow are build and publish', next: 'write needs: build' },
			},
			{
				...{
					code: 'FB1002',
					what: 'Unexpected value ‘runs_on’',
					where: '.github/workflows/release.yml:5:5',
					next: 'did you mean runs-on?',
				},
			},
		],
	});
}

export async function cancelled(record: Seeding, at: number): Promise<void> {
	const run = 'cancelled';
	record.at(at);
	await record.append(`run/${run}`, queued(10, commits[4] as Commit, [job('lint', [], testSteps)]));
	const end = await play(record, { run, job: 'lint', at: at + 500 }, [[checkout, fetched]]);
	record.at(end);
	await record.append(
		`run/${run}`,
		{ kind: 'cancel-requested', why: 'a newer push to main' },
		{
			kind: 'job-finished',
			job: 'lint',
			attempt: 1,
			conclusion: 'cancelled',
			outputs: {},
			why: 'a newer push to main',
		},
		{ kind: 'run-finished', conclusion: 'cancelled' },
	);
}

/** The run that goes on while one looks: `lint` passed, `unit (20)` is in its last step. */
export const runningRun = 'running';

export async function underWay(record: Seeding, at: number): Promise<void> {
	const run = runningRun;
	record.at(at);
	await record.append(`run/${run}`, queued(11, commits[0] as Commit));
	for (const [index, name] of ['lint', 'types'].entries()) {
		const end = await play(record, { run, job: name, at: at + 300 + index }, [
			[checkout, fetched],
			['npm ci', installed],
			['check', { lines: ['No problems found.'], ms: 2000 }],
		]);
		record.at(end);
		await finish(record, run, name, 'passed');
	}
	const lines = Array.from({ length: 80 }, (_, index) => `\u001b[32m✔\u001b[39m basket case ${index + 1}`);
	for (const [index, name] of ['unit (20)', 'unit (22)', 'build'].entries()) {
		await play(record, { run, job: name, at: at + 8 * second + index, isOpen: true }, [
			[checkout, fetched],
			['npm ci', installed],
			['npm test', { lines, ms: 0 }],
		]);
	}
}
