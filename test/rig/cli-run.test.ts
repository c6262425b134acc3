import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Finished, footbridge, type RunOptions } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const files = {
	'.github/workflows/whole.yml': `
name: Whole
run-name: whole for \${{ inputs.who }}
on:
  workflow_dispatch: {inputs: {who: {required: true}, loud: {type: boolean}}}
jobs:
  list:
    runs-on: any
    outputs: {v: "\${{ steps.s.outputs.v }}"}
    steps: [{id: s, run: 'echo "v=[1, 2]" >> "$GITHUB_OUTPUT"'}]
  test:
    needs: list
    if: vars.REGION == 'eu'
    name: "test \${{ matrix.v }} in \${{ vars.REGION }}"
    runs-on: any
    strategy: {matrix: {v: "\${{ fromJSON(needs.list.outputs.v) }}"}}
    steps:
      - run: echo "v \${{ matrix.v }} for \${{ inputs.who }} level $LEVEL loud \${{ inputs.loud && 'yes' || 'no' }} in \${{ vars.REGION }}"
      - {id: second, run: echo second}
  call:
    needs: test
    uses: ./.github/workflows/called.yml
    with: {what: "\${{ inputs.who }}"}
    secrets: inherit
  after:
    needs: call
    runs-on: any
    steps: [{run: 'echo "made \${{ needs.call.outputs.made }}"'}]
`,
	'.github/workflows/called.yml': `
on:
  workflow_call:
    inputs: {what: {type: string}}
    secrets: {KEY: {}}
    outputs: {made: {value: "\${{ jobs.make.outputs.made }}"}}
jobs:
  make:
    runs-on: any
    outputs: {made: "\${{ steps.m.outputs.made }}"}
    steps:
      - id: m
        run: test "$KEY" = "key for calls" && echo "key is $KEY" && echo "made=\${{ inputs.what }}" >> "$GITHUB_OUTPUT"
        env: {KEY: "\${{ secrets.KEY }}"}
`,
	'.github/workflows/docs.yml':
		'on: {push: {paths: ["docs/**"]}}\njobs: {docs: {runs-on: any, steps: [{run: echo docs}]}}\n',
	'.github/workflows/code.yml':
		'on: {push: {paths: ["src/**"]}}\njobs: {code: {runs-on: any, steps: [{uses: actions/checkout@v4}, {run: test ! -e src/broken}]}}\n',
	'footbridge.yaml': 'vars: {REGION: eu}\n',
	'src/a': 'a\n',
	'docs/a': 'a\n',
};

describe('footbridge run', () => {
	let repository: TempRepository;
	let data: string;
	const fb = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
		footbridge(['--data', data, ...args], { cwd: repository.path, ...options });

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-cli-run-'));
		repository = await tempRepository(files);
	});
	after(async () => {
		await repository[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	const whole = ['run', 'whole.yml', '-e', 'workflow_dispatch', '--input', 'who=us', '--in', 'host'];

	test('runs a matrix of an earlier output and a called workflow with inherited secrets, and hands its output on', async () => {
		const run = await fb([...whole, '--secret', 'KEY', '--env', 'LEVEL=9', '--input', 'loud=true'], {
			env: { KEY: 'key for calls' },
		});
		assert.equal(run.code, 0, run.stdout + run.stderr);
		assert.match(run.stdout, /whole for us/);
		const log = (await fb(['logs', '@last'])).stdout;
		for (const line of ['v 1 for us level 9 loud yes in eu', 'v 2 for us', 'key is ***', 'made us'])
			assert.ok(log.includes(line), log);
		assert.ok(!log.includes('key for calls'));
	});

	test('runs only the combinations, and only up to the step, that were asked for', async () => {
		const run = await fb([...whole, '--matrix', 'v=2', '-j', 'test:1']);
		assert.equal(run.code, 0, run.stdout + run.stderr);
		const log = (await fb(['logs', '@last'])).stdout;
		assert.ok(log.includes('v 2 for us') && !log.includes('v 1 for us') && !log.includes('second'), log);
	});

	test('says which input, value or step there is not', async () => {
		const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
			[['run', 'whole.yml', '-e', 'workflow_dispatch'], /input 'who' is required/],
			[[...whole, '--input', 'colour=red'], /no input 'colour'/],
			[[...whole, '-j', 'tset'], /no job tset/],
			[[...whole, '-j', 'test:9'], /no step 9/],
			[[...whole, '--input', 'who'], /--input who is not key=value/],
		];
		for (const [args, says] of cases) {
			const run = await fb(args);
			assert.notEqual(run.code, 0, args.join(' '));
			assert.match(run.stdout + run.stderr, says);
		}
	});

	test('starts by path filters what the changes since a revision touch', async () => {
		repository.write({ 'docs/a': 'changed\n' });
		const changed = await fb(['run', '--changed=HEAD', '--in', 'host']);
		assert.equal(changed.code, 0, changed.stdout + changed.stderr);
		assert.match(changed.stdout, /docs/);
		assert.doesNotMatch(changed.stdout, /code\.yml #|✓ code/);
		repository.git('checkout', '-q', '--', 'docs/a');
	});

	test('does not call a run green that has none of the jobs that were asked for', async () => {
		const run = await fb(['run', '-j', 'docs', '--in', 'host', '--json']);
		assert.equal(run.code, 0, run.stdout + run.stderr);
		assert.equal(JSON.parse(run.stdout).runs.length, 1);
	});

	test('lets failed jobs happen again, as the same run', async () => {
		repository.write({ 'src/broken': 'x\n' });
		const failed = await fb(['run', 'code.yml', '--in', 'host']);
		assert.ok([20, 22].includes(failed.code ?? 0), failed.stdout);
		const again = await fb(['rerun', '@last', '--failed']);
		assert.ok([20, 22].includes(again.code ?? 0), 'the commit is still the broken one');
		const view = JSON.parse((await fb(['view', '@last', '--json'])).stdout);
		assert.deepEqual([view.attempt, view.jobs[0].attempt], [2, 2]);
		const log = await fb(['logs', '@last', '--grep', 'Checked out']);
		assert.equal(log.code, 0);
		assert.match(log.stdout, /^2: |\n?\d+: Checked out/);
		rmSync(join(repository.path, 'src/broken'));
	});
});
