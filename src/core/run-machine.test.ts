import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from './event.ts';
import type { PlannedJob } from './plan.ts';
import { plannedJob, type Run } from './run.ts';
import { needsContext } from './run-context.ts';
import { evolve } from './run-fold.ts';
import { type RunAction, runMachine } from './run-machine.ts';

describe('a run decides', () => {
	test('to start the jobs that need nothing, at once', () => {
		const run = fold(queued(job('a'), job('b'), job('c', { needs: ['a', 'b'] })));
		assert.deepEqual(starts(run), ['a', 'b']);
	});

	test('to start a job when all that it needs has passed', () => {
		const run = fold(queued(job('a'), job('b', { needs: ['a'] })), ...ran('a', 'passed'));
		assert.deepEqual(starts(run), ['b']);
	});

	test('to skip what needs a failed job, with the reason, through any number of steps', () => {
		const first = fold(queued(job('a'), job('b', { needs: ['a'] }), job('c', { needs: ['b'] })), ...ran('a', 'failed'));
		assert.deepEqual(recorded(first), [{ kind: 'job-skipped', job: 'b', why: 'a failed' }]);
		const second = fold(
			queued(job('a'), job('b', { needs: ['a'] }), job('c', { needs: ['b'] })),
			...ran('a', 'failed'),
			{ kind: 'job-skipped', job: 'b', why: 'a failed' },
		);
		assert.deepEqual(recorded(second), [{ kind: 'job-skipped', job: 'c', why: 'b skipped' }]);
	});

	test('to run a job with always() and one with failure() after a failure', () => {
		const run = fold(
			queued(job('a'), job('b', { needs: ['a'], if: 'always()' }), job('c', { needs: ['a'], if: 'failure()' })),
			...ran('a', 'failed'),
		);
		assert.deepEqual(starts(run), ['b', 'c']);
	});

	test('that a failure deep down the needs is a failure for failure()', () => {
		const run = fold(
			queued(job('a'), job('b', { needs: ['a'] }), job('c', { needs: ['b'], if: 'failure()' })),
			...ran('a', 'failed'),
			{ kind: 'job-skipped', job: 'b', why: 'a failed' },
		);
		assert.deepEqual(starts(run), ['c']);
	});

	test('by an expression over the outputs of a needed job', () => {
		const plan = queued(job('a'), job('b', { needs: ['a'], if: "needs.a.outputs.go == 'yes'" }));
		assert.deepEqual(starts(fold(plan, ...ran('a', 'passed', { go: 'yes' }))), ['b']);
		const refused = recorded(fold(plan, ...ran('a', 'passed', { go: 'no' })));
		assert.equal(refused[0]?.kind, 'job-skipped');
		assert.match(String((refused[0] as { why: string }).why), /needs\.a\.outputs\.go/);
	});

	test('that a job whose condition cannot be evaluated failed, with the problem', () => {
		const [event] = recorded(fold(queued(job('a', { if: 'nonsense(' }))));
		assert.equal(event?.kind, 'job-finished');
		assert.equal(event?.kind === 'job-finished' ? event.problems?.length : 0, 1);
	});

	test('to stop the running combinations of a matrix when one failed and fail-fast is on', () => {
		const plan = queued(combination('m', 0), combination('m', 1), combination('m', 2));
		const run = fold(plan, started('m (0)'), started('m (1)'), finished('m (0)', 'failed'));
		assert.deepEqual(
			decide(run).map((action) => action.key),
			['stop m (1)#1', 'end m (2)#1'],
		);
	});

	test('to stop, not to cancel beside it, a job whose start was begun and has not reached the log yet', () => {
		const plan = queued(combination('m', 0), combination('m', 1));
		const run = fold(plan, started('m (0)'), finished('m (0)', 'failed'));
		assert.deepEqual(
			decide(run, 'start m (1)#1').map((action) => action.key),
			['stop m (1)#1'],
		);
	});

	test('to leave the other combinations alone when fail-fast is off', () => {
		const plan = queued(combination('m', 0, { failFast: false }), combination('m', 1, { failFast: false }));
		const run = fold(plan, started('m (0)'), finished('m (0)', 'failed'));
		assert.deepEqual(starts(run), ['m (1)']);
	});

	test('to keep to max-parallel', () => {
		const plan = queued(...[0, 1, 2].map((index) => combination('m', index, { maxParallel: 2 })));
		assert.deepEqual(starts(fold(plan)), ['m (0)', 'm (1)']);
		assert.deepEqual(starts(fold(plan, started('m (0)'), started('m (1)'))), []);
		assert.deepEqual(starts(fold(plan, started('m (0)'), started('m (1)'), finished('m (0)', 'passed'))), ['m (2)']);
	});

	test('that a cancelled run stops what runs, starts nothing more, and ends cancelled', () => {
		const plan = queued(job('a'), job('b', { needs: ['a'] }));
		const running = fold(plan, started('a'), { kind: 'cancel-requested', why: 'no longer wanted' });
		assert.deepEqual(
			decide(running).map((action) => action.do),
			['stop-job'],
		);
		const stopped = fold(
			plan,
			started('a'),
			{ kind: 'cancel-requested', why: 'no longer wanted' },
			finished('a', 'cancelled'),
		);
		assert.deepEqual(
			recorded(stopped).map((event) => event.kind === 'job-finished' && event.conclusion),
			['cancelled'],
		);
	});

	test('that a forgiven failure (continue-on-error) neither fails the run nor what needs it', () => {
		const plan = queued(job('a', { continueOnError: true }), job('b', { needs: ['a'] }));
		const run = fold(plan, ...ran('a', 'failed'));
		assert.deepEqual(starts(run), ['b']);
		const end = recorded(fold(plan, ...ran('a', 'failed'), ...ran('b', 'passed')));
		assert.deepEqual(end, [{ kind: 'run-finished', conclusion: 'passed' }]);
	});

	test('to queue a lost job once more, and to give it up when it is lost again', () => {
		const plan = queued(job('a'));
		const once = fold(plan, started('a'), { kind: 'job-lost', job: 'a', attempt: 1, why: 'the machine stopped' });
		assert.deepEqual(
			decide(once).map((action) => action.key),
			['start a#2'],
		);
		const twice = fold(
			plan,
			started('a'),
			{ kind: 'job-lost', job: 'a', attempt: 1, why: 'the machine stopped' },
			started('a', 2),
			{ kind: 'job-lost', job: 'a', attempt: 2, why: 'the machine stopped' },
		);
		const [event] = recorded(twice);
		assert.ok(event?.kind === 'job-finished' && event.conclusion === 'failed' && /lost 2 times/.test(event.why ?? ''));
	});

	test('to explain a failed job once the run has ended, also after a restart in the middle of the diagnosis', () => {
		const plan = queued(job('a'));
		const over = fold(plan, ...ran('a', 'failed'), { kind: 'run-finished', conclusion: 'failed' });
		assert.deepEqual(
			decide(over).map((action) => action.key),
			['diagnose a#1'],
		);
		assert.equal(runMachine.isOver(over), false);
		const restarted = fold(
			plan,
			...ran('a', 'failed'),
			{ kind: 'run-finished', conclusion: 'failed' },
			{ kind: 'diagnosis-started', job: 'a', attempt: 1 },
		);
		assert.deepEqual(
			decide(restarted).map((action) => action.key),
			['diagnose a#1'],
		);
	});
});

describe('a run folds', () => {
	test('only the jobs asked for, with all that they need', () => {
		const all = queued(job('a'), job('b', { needs: ['a'] }), job('c'));
		const run = fold({ ...all, only: ['b'] } as Event);
		assert.deepEqual(
			run.jobs.map((other) => other.key),
			['a', 'b'],
		);
	});

	test('the outputs of a matrix into one, the last that set a value wins', () => {
		const plan = queued(combination('m', 0), combination('m', 1), job('after', { needs: ['m'] }));
		const run = fold(
			plan,
			...ran('m (0)', 'passed', { x: '0', y: 'first' }),
			...ran('m (1)', 'passed', { x: '1', y: '' }),
		);
		assert.deepEqual(needsContext(run, plannedJob(run, 'after')), {
			m: { result: 'success', outputs: { x: '1', y: 'first' } },
		});
	});

	test('a refused workflow into a failed run that says every problem', () => {
		const run = fold({
			kind: 'run-refused',
			project: 'p',
			number: 1,
			trigger,
			commit,
			workflow: 'w.yml',
			problems: [{ code: 'FB1010', what: 'x' }],
		});
		assert.equal(run.status, 'failed');
		assert.equal(run.problems.length, 1);
		assert.ok(runMachine.isOver(run));
	});
});

function fold(...events: readonly Event[]): Run {
	const run = events.reduce<Run | undefined>(
		(state, event, index) =>
			evolve(state, { seq: index + 1, at: '2026-01-01T00:00:00.000Z', by: 'engine', stream: 'run/1', event }),
		undefined,
	);
	assert.ok(run !== undefined);
	return run;
}

const decide = (run: Run, ...begun: string[]): readonly RunAction[] => runMachine.decide(run, new Set(begun));
const starts = (run: Run): string[] => decide(run).flatMap((action) => (action.do === 'start-job' ? [action.job] : []));
const recorded = (run: Run): Event[] =>
	decide(run).flatMap((action: RunAction) => (action.do === 'record' ? action.events : []));

const commit = { sha: 'a'.repeat(40), subject: 's', authoredAt: '2026-01-01T00:00:00.000Z' };
const trigger = { event: 'push', ref: 'refs/heads/main', sha: commit.sha, payload: {} };

function queued(...jobs: readonly PlannedJob[]): Event {
	return {
		kind: 'run-queued',
		project: 'p',
		number: 1,
		trigger,
		commit,
		plan: { workflow: 'w.yml', name: 'w', env: null, jobs },
	};
}

function started(key: string, attempt = 1): Event {
	return { kind: 'job-started', job: key, attempt, tier: 'host', reason: 'test' };
}

function finished(
	key: string,
	conclusion: 'passed' | 'failed' | 'cancelled',
	outputs: Record<string, string> = {},
): Event {
	return { kind: 'job-finished', job: key, attempt: 1, conclusion, outputs };
}

function ran(key: string, conclusion: 'passed' | 'failed', outputs: Record<string, string> = {}): Event[] {
	const outcome = conclusion === 'passed' ? 'success' : 'failure';
	const step = { job: key, attempt: 1, step: 0, name: 's', line: 1 };
	return [
		started(key),
		{ kind: 'step-finished', ...step, outcome, conclusion: outcome, outputs: {}, durationMs: 1 },
		finished(key, conclusion, outputs),
	];
}

function job(id: string, over: Partial<PlannedJob> = {}): PlannedJob {
	return {
		key: id,
		id,
		name: id,
		needs: [],
		runsOn: 'ubuntu-latest',
		env: null,
		outputs: null,
		timeoutMinutes: null,
		continueOnError: null,
		defaults: { shell: null, workingDirectory: null },
		strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
		steps: [],
		line: 1,
		...over,
	};
}

function combination(id: string, jobIndex: number, strategy: Partial<PlannedJob['strategy']> = {}): PlannedJob {
	return job(id, {
		key: `${id} (${jobIndex})`,
		matrix: { n: jobIndex },
		strategy: { failFast: true, jobIndex, jobTotal: 3, ...strategy },
	});
}
