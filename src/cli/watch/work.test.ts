import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import { type JobRecord, recordKey } from './likely-first.ts';
import { type WorkRequest, workOf } from './work.ts';

const folder = '.github/workflows';
const whole = 'runs-on: any, steps: [{uses: actions/checkout@v4}]';
const files = {
	'ci.yml': `on: push\njobs: {a: {${whole}}, b: {${whole}, strategy: {matrix: {n: [1, 2]}}}, apart: {runs-on: any, steps: [{run: echo}]}}\n`,
	'docs.yml': `on: {push: {paths: ['docs/**']}}\njobs: {docs: {${whole}}}\n`,
	'other.yml': `on: push\njobs: {c: {${whole}}}\n`,
	'manual.yml': `on: workflow_dispatch\njobs: {m: {${whole}}}\n`,
	'broken.yml': 'on: push\njobs: {x: {}}\n',
};

describe('what a change of a work tree is to run', () => {
	const planner = workerPlanner();
	let root: string;
	const work = (more: Partial<WorkRequest> = {}) =>
		workOf(planner, { root, event: 'push', ref: 'refs/heads/main', records: new Map(), changed: ['src/a'], ...more });

	before(() => {
		root = mkdtempSync(join(tmpdir(), 'watch-work-'));
		mkdirSync(join(root, folder), { recursive: true });
		for (const [name, text] of Object.entries(files)) writeFileSync(join(root, folder, name), text);
	});
	after(async () => {
		rmSync(root, { recursive: true });
		await planner.close();
	});

	test('is the jobs that it reaches, of the workflows whose filters let it through; the others are named with the reason', async () => {
		const { workflows, left, broken } = await work();
		assert.deepEqual(workflows, [
			{ workflow: `${folder}/ci.yml`, jobs: ['a', 'b'] },
			{ workflow: `${folder}/other.yml`, jobs: ['c'] },
		]);
		assert.deepEqual(left.map(({ what }) => what).sort(), [
			`${folder}/ci.yml apart`,
			`${folder}/docs.yml`,
			`${folder}/manual.yml`,
		]);
		assert.deepEqual(
			broken.map(({ workflow }) => workflow),
			[`${folder}/broken.yml`],
		);
	});

	test('has the likeliest to fail first, of the workflows and of their jobs', async () => {
		const failed: JobRecord = { last: 'failed', flaky: 0, durationMs: 1 };
		const slow: JobRecord = { last: 'passed', flaky: 0, durationMs: 9000 };
		const quick: JobRecord = { last: 'passed', flaky: 0, durationMs: 10 };
		const records = new Map([
			[recordKey(`${folder}/ci.yml`, 'a'), slow],
			[recordKey(`${folder}/ci.yml`, 'b'), quick],
			[recordKey(`${folder}/other.yml`, 'c'), failed],
		]);
		const { workflows } = await work({ records });
		assert.deepEqual(
			workflows.map(({ jobs }) => jobs),
			[['c'], ['b', 'a']],
		);
	});

	test('is everything that the event starts when no change is named, and what is asked for by name in any case', async () => {
		assert.deepEqual((await work({ changed: [] })).workflows, []);
		const { changed: _, ...rest } = { root, event: 'push', ref: 'refs/heads/main', records: new Map(), changed: [] };
		const all = await workOf(planner, rest);
		assert.deepEqual(
			all.workflows.map(({ jobs }) => jobs),
			[['a', 'b', 'apart'], ['docs'], ['c']],
		);
		const manual = await work({ workflow: 'manual.yml' });
		assert.deepEqual(manual.workflows, [{ workflow: `${folder}/manual.yml`, jobs: ['m'] }]);
		assert.deepEqual((await work({ jobs: ['b'] })).workflows, [{ workflow: `${folder}/ci.yml`, jobs: ['b'] }]);
	});

	test('follows a workflow that is saved', async () => {
		writeFileSync(join(root, folder, 'new.yml'), 'on: push\njobs: {n: {runs-on: any, steps: [{run: echo}]}}\n');
		const { workflows } = await work({ changed: [`${folder}/new.yml`], workflow: 'new.yml' });
		assert.deepEqual(workflows, [{ workflow: `${folder}/new.yml`, jobs: ['n'] }]);
		rmSync(join(root, folder, 'new.yml'));
	});
});
