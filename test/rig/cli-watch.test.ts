import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { footbridge } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const program = fileURLToPath(new URL('../../bin/footbridge', import.meta.url));

const files = {
	'.github/workflows/ci.yml': `
on: push
jobs:
  quick:
    runs-on: any
    steps: [{uses: actions/checkout@v4}, {run: cat src/a.txt}]
  check:
    runs-on: any
    steps:
      - uses: actions/checkout@v4
      - run: |
          sleep 0.3; grep -q good src/a.txt || { echo "src/a.txt:1:1: error: not good"; exit 1; }
  apart:
    runs-on: any
    steps: [{run: echo apart}]
`,
	'.github/workflows/docs.yml':
		'on: {push: {paths: ["docs/**"]}}\njobs: {docs: {runs-on: any, steps: [{uses: actions/checkout@v4}, {run: sleep 20; ls docs}]}}\n',
	'.gitignore': '*.log\n',
	'src/a.txt': 'good\n',
	'docs/a.md': 'a\n',
};

/** A run as `runs --json` lists it. */
interface Listed {
	readonly number: number;
	readonly workflow: string;
	readonly status: string;
}

describe('footbridge watch', () => {
	let repository: TempRepository;
	let data: string;
	let child: ChildProcess;
	let [stdout, from] = ['', 0];

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-cli-watch-'));
		repository = await tempRepository(files);
		child = spawn(program, ['--data', data, 'watch', '--in', 'host'], {
			cwd: repository.path,
			env: { ...process.env, NO_COLOR: '1' },
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
			stdout += chunk;
		});
		await seen(/watching app: \d+ folders?\n/);
	});
	after(async () => {
		child.kill('SIGKILL');
		await repository[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	/** Waits for what is written since the last call. */
	async function seen(pattern: RegExp): Promise<string> {
		for (let count = 0; count < 300; count += 1) {
			const text = stdout.slice(from);
			const match = pattern.exec(text);
			if (match !== null) {
				from += match.index + match[0].length;
				return text.slice(0, match.index + match[0].length);
			}
			await sleep(100);
		}
		assert.fail(`nothing like ${pattern} in\n${stdout.slice(from)}`);
	}

	test('says at once which workflow or job there is not', async () => {
		const elsewhere = join(data, 'other');
		const fb = (...args: readonly string[]) =>
			footbridge(['--data', elsewhere, 'watch', ...args], { cwd: repository.path });
		const job = await fb('ci.yml', '-j', 'chek');
		assert.equal(job.code, 2, job.stdout);
		assert.match(job.stderr, /✕ FB1003 there is no job chek[\s\S]*did you mean check\?/);
		const workflow = await fb('nope.yml');
		assert.equal(workflow.code, 2, workflow.stdout);
		assert.match(workflow.stderr, /no workflow nope\.yml/);
		const nowhere = await footbridge(['--data', elsewhere, 'watch'], { cwd: tmpdir() });
		assert.equal(nowhere.code, 2, nowhere.stdout);
		assert.match(nowhere.stderr, /no work tree to watch/);
	});

	test('runs after a save the jobs that it reaches, tells why they fail, and leaves the others', async () => {
		repository.write({ 'src/a.txt': 'bad\n' });
		const text = await seen(/\n1 failed, 1 passed\n/);
		assert.match(text, /src\/a\.txt saved\n▸ ci\.yml #1 /);
		assert.match(text, /✓ quick /);
		assert.match(text, /✕ check .*exit 1 in[\s\S]*│ src\/a\.txt:1:1: error: not good\n/);
		assert.match(text, /The code is at fault/);
		assert.doesNotMatch(text, /apart|docs/);
	});

	test('begins next time with the job that failed, and passes when it is mended', async () => {
		repository.write({ 'src/a.txt': 'good again\n' });
		const text = await seen(/\n2 passed\n/);
		assert.match(text, /▸ ci\.yml #2 /);
	});

	test('does nothing for what git ignores, and for a change that reaches no job', async () => {
		repository.write({ 'debug.log': 'x\n' });
		await sleep(700);
		assert.equal(stdout.slice(from).trim(), '');
	});

	test('cancels the run that a newer save makes stale, and runs what both saves reach', async () => {
		repository.write({ 'docs/a.md': 'b\n' });
		await seen(/▸ docs\.yml #\d+/);
		const began = performance.now();
		repository.write({ 'src/a.txt': 'good once more\n' });
		const text = await seen(/▸ docs\.yml #\d+/);
		assert.match(text, /src\/a\.txt saved/);
		assert.ok(performance.now() - began < 10_000, 'it does not wait for the stale run');
		await seen(/✓ check /);
	});

	test('ends on a signal with what still runs cancelled, and nothing lost', async () => {
		const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
		child.kill('SIGINT');
		assert.equal(await ended, 130);
		const { stdout: json } = await footbridge(['--data', data, 'runs', '--json'], { cwd: repository.path });
		const { items } = JSON.parse(json) as { readonly items: readonly Listed[] };
		assert.ok(items.length >= 5, json);
		for (const { number, status } of items)
			assert.ok(['passed', 'failed', 'cancelled'].includes(status), `#${number} ${status}`);
		const docs = items.filter(({ workflow }) => workflow.endsWith('docs.yml'));
		assert.deepEqual(
			docs.map(({ status }) => status),
			['cancelled', 'cancelled'],
			'once by the newer save, once by the end',
		);
	});
});
