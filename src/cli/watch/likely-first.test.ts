import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, Run } from '#core/run.ts';
import { likelyFirst, recordKey, recordsOf } from './likely-first.ts';

const job: Job = {
	...{ key: 'a', id: 'a', name: 'a', needs: [], status: 'passed', attempt: 1, lost: 0, hasTurn: false },
	...{ outputs: {}, steps: [], problems: [], diagnosis: 'none' },
};

function run(
	seq: number,
	sha: string,
	...jobs: readonly (readonly [id: string, status: Job['status'], seconds: number])[]
): Run {
	return {
		id: `run-${seq}`,
		seq,
		workflow: 'ci.yml',
		trigger: { sha },
		jobs: jobs.map(([id, status, seconds]) => ({
			...job,
			...{ key: id, id: id.replace(/ .*/, ''), status },
			...{
				startedAt: '2026-01-01T00:00:00.000Z',
				finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
			},
		})),
	} as unknown as Run;
}

test('what failed last comes first, then what is flaky, then what is quick, then what nobody knows', () => {
	const records = recordsOf([
		run(1, 'x', ['slow', 'passed', 50], ['quick', 'passed', 1], ['flaky', 'failed', 30], ['broken', 'passed', 40]),
		run(2, 'x', ['flaky', 'passed', 30]),
		run(3, 'y', ['broken', 'failed', 40], ['mended', 'failed', 1]),
		run(4, 'z', ['mended', 'passed', 20], ['quick', 'cancelled', 0]),
	]);
	const order = likelyFirst(['new', 'slow', 'mended', 'quick', 'flaky', 'broken'], (id) =>
		records.get(recordKey('ci.yml', id)),
	);
	assert.deepEqual(order, ['broken', 'flaky', 'quick', 'mended', 'slow', 'new']);
	assert.equal(records.get(recordKey('ci.yml', 'quick'))?.last, 'passed', 'a job that was cancelled tells nothing');
});

test('a matrix has failed when one of its combinations has, and takes as long as its longest', () => {
	const records = recordsOf([run(1, 'x', ['unit (1)', 'passed', 3], ['unit (2)', 'failed', 9])]);
	assert.deepEqual(records.get(recordKey('ci.yml', 'unit')), { last: 'failed', flaky: 0, durationMs: 9000 });
});

test('equals keep their order', () => {
	assert.deepEqual(
		likelyFirst(['c', 'a', 'b'], () => undefined),
		['c', 'a', 'b'],
	);
});
