import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { widthOf } from '#cli/line-fit.ts';
import { openTerminal } from '#cli/terminal.ts';
import type { RunView } from '#core/api.ts';
import type { Job } from '#core/run.ts';
import { screenLines } from './screen.ts';
import type { Round } from './session.ts';

const job: Job = {
	...{ key: 'a', id: 'a', name: 'a', needs: [], status: 'failed', attempt: 1, lost: 0, hasTurn: false },
	...{
		outputs: {},
		problems: [],
		diagnosis: 'done',
		startedAt: '2026-01-01T00:00:00.000Z',
		finishedAt: '2026-01-01T00:00:01.000Z',
	},
	steps: [{ index: 0, name: 'Test 日本語 it', status: 'failed', exitCode: 1, annotations: [] }],
	finding: {
		...{ verdict: 'code', certainty: 'proved', class: 'compile-error', next: 'mend it', durationMs: 5 },
		...{ cause: 'a long cause '.repeat(20), evidence: [{ from: 'fact', what: 'a fact '.repeat(30) }] },
	},
};
const run = {
	...{ id: 'r', number: 7, project: 'app', workflow: 'ci.yml', name: 'ci.yml', status: 'failed' },
	...{ trigger: { ref: 'refs/heads/main', sha: 'a'.repeat(40), worktreeOf: 'b'.repeat(40) }, commit: { subject: 'x' } },
	...{ plan: { jobs: [] }, problems: [] },
} as unknown as RunView;
const tail = {
	step: 'Test it',
	from: 1,
	to: 200,
	before: 0,
	lines: Array.from({ length: 30 }, (_, n) => `line ${n} ${'日本 '.repeat(80)}`),
};
const watching = { project: 'app', workflow: undefined, folders: 3, hasKeys: true, problems: [] };

function round(jobs: readonly Job[]): Round {
	return {
		...{ occasion: { kind: 'saved', paths: ['src/a.ts', 'b'], at: 0 }, is: 'ended', startedAt: 0, queuedMs: 80 },
		...{ left: [], problems: [], runs: [{ ...run, jobs }], tails: new Map([['r a', tail]]) },
	};
}

describe('the screen of a watch', () => {
	for (const [columns, rows] of [
		[80, 24],
		[200, 50],
		[40, 10],
	] as const) {
		const terminal = openTerminal({ write: () => true, isTTY: true, columns, rows }, { NO_COLOR: '1' });
		const fits = (lines: readonly string[]) => {
			assert.ok(lines.length < rows, `${lines.length} of ${rows} rows`);
			for (const line of lines) assert.ok(widthOf(line) <= columns, line);
		};

		test(`fits ${columns} columns and ${rows} rows, with the failure, its cause and the keys on it`, () => {
			const lines = screenLines(watching, round([job]), terminal, 0);
			fits(lines);
			assert.match(lines.join('\n'), /src\/a\.ts and 1 more saved/);
			assert.match(lines.join('\n'), /✕ a .*exit 1 in Test/);
			assert.match(lines.at(-1) ?? '', /a all {3}f those that failed/);
			if (rows > 20) assert.match(lines.join('\n'), /│ line 29 [\s\S]*The code is at fault/);
		});

		test(`fits ${columns} columns and ${rows} rows with a hundred jobs that failed each in its own way`, () => {
			const jobs = Array.from(
				{ length: 100 },
				(_, n): Job => ({ ...job, key: `j${n}`, id: `j${n}`, name: `job ${n}` }),
			);
			const lines = screenLines(watching, round(jobs), terminal, 0);
			fits(lines);
			assert.match(lines.join('\n'), /100 failed/);
		});

		test(`fits ${columns} columns and ${rows} rows before anything was saved, and while nothing is known`, () => {
			fits(screenLines(watching, undefined, terminal, 0));
			const lines = screenLines(watching, { ...round([]), is: 'starting', runs: [] }, terminal, 0);
			fits(lines);
			assert.match(lines.join('\n'), /saved {2}looking/);
		});
	}
});
