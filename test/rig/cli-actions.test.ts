import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { footbridge } from './footbridge.ts';
import { type TempRepository, tempRemotes, tempRepository } from './rig.ts';

const workflow = `
on: push
jobs:
  tool:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: The tool
        uses: octo/tool@v1
        with: { text: given }
      - uses: ./.github/actions/own
  called:
    uses: octo/flows/.github/workflows/build.yml@v1
    with: { what: parts }
    secrets: { KEY: '\${{ secrets.MINE }}' }
  after:
    needs: called
    runs-on: ubuntu-latest
    steps: [{ run: 'echo "called said \${{ needs.called.outputs.said }}"' }]
`;

const remotes = {
	'octo/tool@v1': {
		'action.yml': 'name: tool\ninputs: { text: {} }\nruns: { using: node20, pre: s.js, main: s.js, post: s.js }',
		's.js': `
			const fs = require('node:fs');
			const stage = process.env.STATE_stage ?? 'pre';
			console.log(stage + ' of the tool, ' + process.env.INPUT_TEXT);
			fs.appendFileSync(process.env.GITHUB_STATE, 'stage=' + (stage === 'pre' ? 'main' : 'post') + '\\n');`,
	},
	'octo/nested@v2': {
		'action.yml': 'name: nested\nruns: { using: composite, steps: [{ uses: octo/tool@v1, with: { text: nested } }] }',
	},
	'octo/flows@v1': {
		'.github/workflows/build.yml': `
on:
  workflow_call:
    inputs: { what: { type: string, required: true } }
    secrets: { KEY: { required: true } }
    outputs: { said: { value: '\${{ jobs.inner.outputs.said }}' } }
jobs:
  inner:
    uses: ./.github/workflows/inner.yml
    with: { what: 'all \${{ inputs.what }}' }
    secrets: inherit
`,
		'.github/workflows/inner.yml': `
on:
  workflow_call:
    inputs: { what: { type: string } }
    secrets: { KEY: {} }
    outputs: { said: { value: '\${{ jobs.make.outputs.said }}' } }
jobs:
  make:
    runs-on: ubuntu-latest
    outputs: { said: '\${{ steps.make.outputs.said }}' }
    steps:
      - uses: $/shared
      - id: make
        env: { KEY: '\${{ secrets.KEY }}' }
        run: |
          echo "made \${{ inputs.what }}, the key has \${#KEY} characters"
          echo "\${{ job.workflow_repository }} \${{ job.workflow_file_path }} \${{ github.repository }}"
          echo "said=\${{ inputs.what }}" >> $GITHUB_OUTPUT
`,
		'shared/action.yml':
			'name: shared\nruns: { using: composite, steps: [{ run: "echo shared by octo/flows", shell: sh }] }',
	},
};

describe('actions and workflows of other repositories, by the command line', () => {
	let repository: TempRepository;
	let others: Awaited<ReturnType<typeof tempRemotes>>;
	const data = mkdtempSync(join(tmpdir(), 'footbridge-actions-data-'));
	const run = (...args: readonly string[]) =>
		footbridge(['--data', data, ...args], {
			cwd: repository.path,
			env: { FOOTBRIDGE_ACTIONS_URL: others.folder, MINE: 'a secret key' },
		});
	const runAll = (...args: readonly string[]) => run('run', '--in', 'host', '--secret', 'MINE', ...args);

	before(async () => {
		others = await tempRemotes(remotes);
		repository = await tempRepository({
			'.github/workflows/ci.yml': workflow,
			'.github/actions/own/action.yml': 'name: own\nruns: { using: composite, steps: [{ uses: octo/nested@v2 }] }',
			'.gitignore': '',
		});
	});
	after(async () => {
		await repository[Symbol.asyncDispose]();
		await others[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	/** Moves a tag of another repository to a new commit. */
	async function move(name: string, tag: string, files: { readonly [path: string]: string }): Promise<void> {
		const bare = join(others.folder, `${name}.git`);
		await using work = await tempRepository({});
		work.git('fetch', '--quiet', bare, `refs/tags/${tag}`);
		work.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
		await work.commit(files, 'moved');
		work.git('push', '--quiet', '--force', bare, `HEAD:refs/tags/${tag}`);
	}

	test('before anything is fetched, the list says so, and asks nobody', async () => {
		const { code, stdout } = await run('actions', '--json');
		assert.equal(code, 0);
		const { schema, actions } = JSON.parse(stdout);
		assert.equal(schema, 'footbridge.actions/1');
		assert.deepEqual(
			actions.map(({ uses, kind, from }: { [key: string]: string }) => `${uses} ${kind} ${from}`),
			[
				'actions/checkout@v4 action built in',
				'octo/flows/.github/workflows/build.yml@v1 workflow missing',
				'octo/nested@v2 action missing',
				'octo/tool@v1 action missing',
			],
		);
	});

	test('a run fetches them, runs them with their pre and post, and calls workflows of others', async () => {
		const { code, stdout, stderr } = await runAll('--json');
		assert.equal(code, 0, `${stdout}${stderr}`);
		const { jobs } = JSON.parse(stdout).runs[0];
		const stepsOf = (key: string) => jobs.find((job: { key: string }) => job.key === key).steps;
		assert.deepEqual(
			stepsOf('tool').map(({ name, phase, status }: { [key: string]: string }) => `${phase} ${name} ${status}`),
			[
				'pre Pre The tool passed',
				'main Run actions/checkout@v4 passed',
				'main The tool passed',
				'main Run ./.github/actions/own passed',
				'post Post Run ./.github/actions/own passed',
				'post Post The tool passed',
			],
		);
		const { stdout: logs } = await run('logs');
		for (const line of [
			'pre of the tool, given',
			'main of the tool, given',
			// Behind a local action, which is not there before the first step, there is no pre.
			'pre of the tool, nested',
			'main of the tool, nested',
			'post of the tool, given',
			'shared by octo/flows',
			'made all parts, the key has 12 characters',
			'octo/flows .github/workflows/inner.yml app',
			'called said all parts',
		])
			assert.ok(logs.split('\n').includes(line), `${line}\n${logs}`);
	});

	test('what was fetched is used when its place is away, and that is said', async () => {
		renameSync(others.folder, `${others.folder}-away`);
		try {
			const { code, stdout, stderr } = await runAll();
			assert.equal(code, 0, `${stdout}${stderr}`);
			const { stdout: logs } = await run('logs', '--grep', 'does not answer');
			assert.match(logs, /octo\/tool@v1 is the commit that it was when it was last asked/);
		} finally {
			renameSync(`${others.folder}-away`, others.folder);
		}
	});

	test('a tag that moves after it was locked fails the run until it is locked again', async () => {
		const first = await run('lock');
		assert.equal(first.code, 0, first.stderr);
		const lock = readFileSync(join(repository.path, 'footbridge.lock'), 'utf8');
		assert.deepEqual(lock.match(/^\S+:$/gm), ['octo/flows@v1:', 'octo/nested@v2:', 'octo/tool@v1:']);
		assert.equal((await runAll('-j', 'tool')).code, 0);

		await move('octo/tool', 'v1', { 'README.md': 'moved\n' });
		const moved = await runAll('-j', 'tool');
		assert.notEqual(moved.code, 0);
		assert.match(`${moved.stdout}${moved.stderr}`, /octo\/tool@v1 is not what footbridge\.lock says/);
		const again = await run('lock');
		assert.match(again.stdout, /^~ octo\/tool@v1 {2}[0-9a-f]{12} -> [0-9a-f]{12}$/m);
		assert.equal((await runAll('-j', 'tool')).code, 0);
	});

	test('a workflow of others that moves after it was locked is not called', async () => {
		await move('octo/flows', 'v1', { 'README.md': 'moved\n' });
		const moved = await runAll('-j', 'called');
		assert.notEqual(moved.code, 0);
		assert.match(`${moved.stdout}${moved.stderr}`, /octo\/flows@v1 is not what footbridge\.lock says/);
		assert.equal((await run('lock')).code, 0);
	});

	test('a lock is not written when something cannot be had', async () => {
		const before = readFileSync(join(repository.path, 'footbridge.lock'), 'utf8');
		repository.write({
			'.github/workflows/more.yml': 'on: push\njobs: {a: {runs-on: x, steps: [{uses: octo/none@v1}]}}\n',
		});
		const { code, stderr } = await run('lock');
		assert.notEqual(code, 0);
		assert.match(stderr, /There is no repository octo\/none/);
		assert.equal(readFileSync(join(repository.path, 'footbridge.lock'), 'utf8'), before);
		repository.git('clean', '--quiet', '--force', '.github/workflows/more.yml');
	});

	test('versions that are known to be bad are named, and make the list fail', async () => {
		repository.write({
			'.github/workflows/bad.yml': 'on: push\njobs: {a: {runs-on: x, steps: [{uses: tj-actions/changed-files@v45}]}}\n',
		});
		const { code, stdout } = await run('actions');
		assert.equal(code, 1);
		assert.match(stdout, /known to be bad: CVE-2025-30066/);
		repository.git('clean', '--quiet', '--force', '.github/workflows/bad.yml');
	});
});
