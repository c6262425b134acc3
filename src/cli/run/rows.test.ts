import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { widthOf } from '#cli/line-fit.ts';
import type { Job, Run } from '#core/run.ts';
import { jobRows } from './rows.ts';

const base: Job = {
	...{ key: 'a', id: 'a', name: 'a', needs: [], status: 'queued', attempt: 1, lost: 0, hasTurn: false },
	...{ outputs: {}, steps: [], problems: [], diagnosis: 'none' },
};
const look = (columns: number) => ({ columns, paint: (_: unknown, text: string) => text });
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const now = Date.parse(at(10));

function run(jobs: readonly Job[]): Run {
	return { jobs, plan: { jobs: [] } } as unknown as Run;
}

function matrix(count: number, status: (index: number) => Job['status']): Job[] {
	return Array.from({ length: count }, (_, index): Job => {
		const own = { ...base, key: `unit (${index})`, id: 'unit', name: `unit (${index}, 日本)`, status: status(index) };
		return status(index) === 'queued'
			? own
			: { ...own, startedAt: at(1), ...(status(index) === 'running' ? {} : { finishedAt: at(5) }) };
	});
}

describe('the jobs of a run', () => {
	test('have a line each', () => {
		const jobs = [base, { ...base, key: 'b', id: 'b', name: 'b', status: 'running' as const, startedAt: at(3) }];
		assert.deepEqual(jobRows(run(jobs), look(80), { now, spinner: '@' }), [
			'  ○ a                   waits for a free place',
			'  @ b        7.0 s',
		]);
	});

	for (const columns of [80, 200]) {
		test(`of a matrix of 60 are a few lines, none wider than ${columns} columns`, () => {
			const jobs = matrix(60, (n) => (n < 7 ? 'failed' : n < 10 ? 'running' : n < 50 ? 'passed' : 'queued'));
			const rows = jobRows(run([base, ...jobs]), look(columns), { now });
			assert.equal(rows.length, 8, rows.join('\n'));
			assert.match(rows[1] ?? '', /✕ unit \(60\) .* 9\.0 s .*7 failed, 3 running, 40 passed, 10 queued/);
			assert.match(rows[7] ?? '', /… 2 more failed/);
			for (const row of rows) assert.ok(widthOf(row) <= columns, row);
		});
	}

	test('never take more lines than there are, and what failed is counted', () => {
		const many = Array.from({ length: 100 }, (_, n) => ({
			...base,
			key: `j${n}`,
			id: `j${n}`,
			name: `j${n}`,
			status: n % 2 ? ('failed' as const) : ('queued' as const),
		}));
		for (const room of [1, 3, 22]) {
			const rows = jobRows(run(many), look(80), { now, room });
			assert.ok(rows.length <= room, String(rows.length));
			assert.match(rows.at(-1) ?? '', /50 failed, 50 queued of 100 jobs/);
		}
	});

	test('of a matrix that is over say how long it took', () => {
		const [row] = jobRows(run(matrix(20, () => 'passed')), look(80), { now });
		assert.match(row ?? '', /✓ unit \(20\) .* 4\.0 s .*20 passed/);
	});

	test('of 256 combinations are drawn in a few milliseconds', () => {
		const jobs = run(matrix(256, (n) => (n % 9 === 0 ? 'failed' : 'passed')));
		jobRows(jobs, look(200), { now, room: 48 });
		const began = performance.now();
		for (let count = 0; count < 10; count += 1) jobRows(jobs, look(200), { now, room: 48 });
		assert.ok(performance.now() - began < 300, `${(performance.now() - began) / 10} ms`);
	});
});
