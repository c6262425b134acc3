import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobDraft, PlannedJob, PlannedStep } from '#core/plan.ts';
import { printPlan } from './print-plan.ts';

const step: PlannedStep = {
	id: '__run',
	name: 'Run make',
	run: 'make',
	with: null,
	env: null,
	shell: null,
	workingDirectory: null,
	continueOnError: null,
	timeoutMinutes: null,
	line: 5,
};
const job: PlannedJob = {
	key: 'build',
	id: 'build',
	name: 'build',
	needs: [],
	runsOn: 'any',
	env: null,
	outputs: null,
	timeoutMinutes: null,
	continueOnError: false,
	defaults: { shell: null, workingDirectory: null },
	strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
	steps: [step],
	line: 3,
};

test('a plan is printed as a tree with what would run, what not, and what cannot', () => {
	const lines = printPlan({
		plans: [
			{
				workflow: 'ci.yml',
				name: 'CI',
				env: null,
				jobs: [
					{
						...job,
						steps: [
							step,
							{ ...step, name: { expression: "format('Go {0}', matrix.v)", line: 1, column: 1 }, if: 'failure()' },
						],
					},
					{
						...job,
						name: 'deploy',
						needs: ['build'],
						if: "github.ref ==\n 'x'",
						environment: 'production',
						runsOn: { sequence: ['a', 'b'] },
					},
				],
			},
		],
		forecasts: {},
		notPlanned: [{ workflow: 'nightly.yml', why: 'it starts on schedule, and this is a push' }],
		broken: [
			{
				workflow: 'bad.yml',
				problems: [{ code: 'FB1002', what: 'Unexpected', where: 'bad.yml:1:2', next: 'mend it' }],
			},
		],
	});
	assert.deepEqual(lines, [
		'CI  ci.yml',
		'├─ build  (on any)',
		'│  ├─ Run make',
		`│  └─ \${{ format('Go {0}', matrix.v) }}  (if failure())`,
		"└─ deploy  (on a, b · after build · if github.ref == 'x' · environment production)",
		'   └─ Run make',
		'',
		'Not started by this:',
		'  nightly.yml: it starts on schedule, and this is a push',
		'',
		'Cannot run: bad.yml (1 problem)',
		'  bad.yml:1:2  FB1002 Unexpected',
		'    next: mend it',
	]);
});

test('a name of the file cannot steer the terminal', () => {
	const lines = printPlan({
		plans: [],
		forecasts: {},
		notPlanned: [{ workflow: 'a\u001b[2Jb.yml', why: 'x\u009b31m' }],
		broken: [],
	});
	assert.deepEqual(lines, ['Not started by this:', '  a\u{FFFD}[2Jb.yml: x\u{FFFD}31m']);
});

test('without workflows it says so', () => {
	assert.deepEqual(printPlan({ plans: [], forecasts: {}, notPlanned: [], broken: [] }), [
		'There is no workflow in .github/workflows.',
	]);
});

test('a plan says what a job calls, what is known later, what is skipped and what cannot run', () => {
	const draft: JobDraft = { ...job, name: null, strategy: null, environment: null, continueOnError: null, places: {} };
	const called = { name: 'b', env: null, inputs: [], secrets: [], outputs: {}, jobs: [{ ...draft, id: 'inner' }] };
	const jobs: PlannedJob[] = [
		{ ...job, key: 'call', name: 'call', steps: [], call: { workflow: 'b.yml', with: null, secrets: null } },
		{ ...job, key: 'later', name: 'later', needs: ['call'], deferred: draft, steps: [{ ...step, background: true }] },
		{ ...job, key: 'mac', name: 'mac' },
		{
			...job,
			key: 'odd',
			name: 'odd',
			problems: [{ code: 'FB1005', what: '`container` is not supported yet', where: 'a.yml:3:4' }],
		},
	];
	const plan = {
		workflow: 'a.yml',
		name: 'a.yml',
		env: null,
		concurrency: 'deploy',
		inputs: { level: 3 },
		called: { 'b.yml': called },
		jobs,
	};
	const forecasts = {
		'a.yml': { mac: { is: 'skipped', why: 'runs-on is macos-14' }, odd: { is: 'fails', why: '' } },
	} as const;
	assert.deepEqual(printPlan({ plans: [plan], forecasts, notPlanned: [], broken: [] }), [
		'a.yml  (one at a time: deploy · level = 3)',
		'├─ call  (calls b.yml)',
		'│  └─ inner  (on any)',
		'├─ later  (on any · after call · its matrix or name is known then)',
		'│  └─ Run make  (beside the next)',
		'├─ mac  (on any)  skipped: runs-on is macos-14',
		'└─ odd  (on any)  cannot run here:',
		'   └─ a.yml:3:4  FB1005 `container` is not supported yet',
	]);
});
