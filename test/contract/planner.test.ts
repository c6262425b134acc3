import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Planner } from '#edge/planner/planner.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';

const trigger = { event: 'push', ref: 'refs/heads/main', sha: 'a'.repeat(40), payload: {} };
const good = 'on: push\njobs: {a: {runs-on: any, steps: [{run: "true"}]}}\n';
const nightly = good.replace('push', `{schedule: [{cron: '0 4 * * *'}]}`);
/** Small enough for every check before parsing, and slow for the parser: each alias is looked up from the start of the file. */
const slow = `on: push\nenv:\n${Array.from({ length: 24_000 }, (_, i) => `  k${i}: ${i === 0 ? '&a x' : '*a'}`).join('\n')}\n`;

const planners: readonly (readonly [string, () => Planner])[] = [['workerPlanner', workerPlanner]];

for (const [name, make] of planners) {
	describe(`${name} keeps the contract of Planner`, () => {
		const planner = make();
		after(() => planner.close());
		const planOne = (text: string) => planner.plan(new Map([['w.yml', text]]), trigger);

		test('every file becomes a plan, a reason or problems, in the order of their paths', async () => {
			const files = new Map([
				['.github/workflows/z.yml', good],
				['.github/workflows/a.yml', nightly],
				['.github/workflows/m.yml', 'on: push\njobs: 1\n'],
				['.github/workflows/b.yml', good],
			]);
			const outcome = await planner.plan(files, trigger);
			assert.deepEqual(
				outcome.plans.map(({ workflow }) => workflow),
				['.github/workflows/b.yml', '.github/workflows/z.yml'],
			);
			assert.deepEqual(outcome.notPlanned, [
				{ workflow: '.github/workflows/a.yml', why: 'it starts on schedule, and this is a push' },
			]);
			assert.deepEqual(
				outcome.broken.map(({ workflow }) => workflow),
				['.github/workflows/m.yml'],
			);
			assert.match(outcome.broken[0]?.problems[0]?.where ?? '', /^\.github\/workflows\/m\.yml:2:7$/);
		});

		test('a plan is plain data that survives JSON', async () => {
			const { plans } = await planOne(good);
			assert.deepEqual(JSON.parse(JSON.stringify(plans)), plans);
		});

		test('a workflow asked for by path, file name or name is planned whatever its filters say', async () => {
			const files = new Map([
				['.github/workflows/nightly.yml', nightly],
				['.github/workflows/ci.yml', good],
			]);
			for (const workflow of ['.github/workflows/nightly.yml', 'nightly.yml', 'nightly']) {
				const { plans, notPlanned } = await planner.plan(files, trigger, { workflow });
				assert.deepEqual([plans.map((plan) => plan.workflow), notPlanned], [['.github/workflows/nightly.yml'], []]);
			}
			const { broken } = await planner.plan(files, trigger, { workflow: 'none' });
			assert.equal(broken[0]?.problems[0]?.code, 'FB1007');
			assert.match(broken[0]?.problems[0]?.next ?? '', /ci\.yml/);
		});

		test('vars and the name of the project reach what is evaluated before the run', async () => {
			const text = good.replace('runs-on', `name: "\${{ vars.WHO }} \${{ github.repository }}", runs-on`);
			const files = new Map([['w.yml', text]]);
			const { plans } = await planner.plan(files, trigger, { vars: { WHO: 'me' }, project: 'shop' });
			assert.equal(plans[0]?.jobs[0]?.name, 'me shop');
		});

		const matrixBomb = `on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {${[...'abcdefgh'].map((key) => `${key}: [${Array.from({ length: 20 }, (_, i) => i)}]`)}}}\n    steps: [{run: x}]\n`;
		let nested = "'xxxxxxxxxxxxxxxx'";
		for (let depth = 0; depth < 9; depth += 1) nested = `format('{0}{0}{0}{0}{0}{0}{0}{0}', ${nested})`;
		const hostile: readonly (readonly [string, string, RegExp])[] = [
			[
				'an alias bomb',
				`a: &a [1,2,3,4,5,6,7,8,9]\n${[...'bcdefgh'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`).join('\n')}`,
				/aliases are written out/,
			],
			['50,000 levels', `a: ${'['.repeat(50_000)}`, /deeper than 100/],
			['20^8 matrix jobs', matrixBomb, /25,600,000,000 jobs; at most 256/],
			[
				'an expression that grows',
				good.replace('runs-on', `name: "\${{ ${nested} }}", runs-on`),
				/exceeds memory limit/,
			],
			[
				'an expression of 30,000 characters',
				good.replace('"true"', `"\${{ '${'x'.repeat(30_000)}' }}"`),
				/longer than 21000/,
			],
			['a megabyte of nothing', '\n'.repeat(1024 * 1024 + 1), /at most 1048576/],
			[
				'20,000 steps of a matrix',
				`on: push\njobs: {a: {runs-on: x, steps: [${'{run: x},'.repeat(60_000)}]}}`,
				/nodes|values|longer than 2 s/,
			],
		];
		for (const [what, text, expected] of hostile) {
			test(`${what} is refused in less than 2 s with the reason, and the next file is planned`, async () => {
				const start = performance.now();
				const [refused, next] = await Promise.all([planOne(text), planOne(good)]);
				const took = performance.now() - start;
				const problems = refused.broken.flatMap((file) => file.problems);
				assert.match(problems.map((problem) => `${problem.what} ${problem.why}`).join('\n'), expected);
				assert.ok(
					problems.every(
						(problem) => (problem.where?.startsWith('w.yml') && problem.next !== undefined) || problem.why,
					),
				);
				assert.equal(next.plans.length, 1);
				assert.ok(took < 2_500, `took ${took} ms`);
			});
		}

		test('a file that hangs the reader is ended by the clock, and the others are planned all the same', async () => {
			const start = performance.now();
			const outcome = await planner.plan(
				new Map([
					['a.yml', slow],
					['b.yml', good],
				]),
				trigger,
			);
			assert.deepEqual(
				outcome.broken.map(({ workflow, problems }) => [workflow, problems[0]?.code]),
				[['a.yml', 'FB1006']],
			);
			assert.equal(outcome.plans.length, 1);
			assert.ok(performance.now() - start < 6_000);
		});

		test('calls may overlap, and each gets its own answer', async () => {
			const names = Array.from({ length: 20 }, (_, index) => `job${index}`);
			const outcomes = await Promise.all(names.map((id) => planOne(good.replace('{a:', `{${id}:`))));
			assert.deepEqual(
				outcomes.map(({ plans }) => plans[0]?.jobs[0]?.id),
				names,
			);
		});

		test('an action is read, of whatever kind', async () => {
			const composite = await planner.action(
				'a/action.yml',
				'name: x\nruns: {using: composite, steps: [{run: x, shell: sh}]}',
			);
			assert.ok(composite.ok && composite.value.runs.using === 'composite');
			assert.equal(composite.value.runs.steps[0]?.run, 'x');
			const other = await planner.action('a/action.yml', 'name: x\nruns: {using: node24, main: x.js}');
			assert.ok(other.ok && other.value.runs.using === 'node');
			assert.equal(other.value.runs.main, 'x.js');
			const none = await planner.action('a/action.yml', 'name: x\nruns: {using: ruby, main: x}');
			assert.equal(!none.ok && none.error[0]?.where, 'a/action.yml:2:15');
		});
	});
}

test('an idle planner does not keep the process alive, and starts quickly', async () => {
	const code = `
		import { workerPlanner } from '#edge/planner/worker-planner.ts';
		const start = performance.now();
		const { plans } = await workerPlanner().plan(new Map([['w.yml', ${JSON.stringify(good)}]]), ${JSON.stringify(trigger)});
		console.log(plans.length, Math.round(performance.now() - start));
	`;
	const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', code], {
		cwd: new URL('../..', import.meta.url),
		timeout: 20_000,
	});
	const [plans, milliseconds] = stdout.trim().split(' ').map(Number);
	assert.equal(plans, 1);
	assert.ok((milliseconds ?? Number.POSITIVE_INFINITY) < 3_000, `the first plan took ${milliseconds} ms`);
});

test('a closed planner starts anew when it is asked again', async () => {
	const planner = workerPlanner();
	const files = new Map([['w.yml', good]]);
	await planner.plan(files, trigger);
	await planner.close();
	assert.equal((await planner.plan(files, trigger)).plans.length, 1);
	await planner.close();
	await planner.close();
});
