import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Finished, footbridge, type RunOptions } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const files = {
	'.github/workflows/ci.yml': `
on: push
jobs:
  good:
    runs-on: any
    steps:
      - uses: actions/checkout@v4
      - run: echo "good says hello"
  bad:
    runs-on: any
    steps:
      - uses: actions/checkout@v4
      - name: Test it
        run: |
          for i in $(seq 1 215); do echo "ok $i in 1.$i ms"; done
          printf '\\033]0;pwned\\007\\033[31mred\\033[0m\\n'
          test ! -e broken || { echo "src/a.ts:3:7: error: it is broken"; exit 4; }
  apart:
    runs-on: any
    steps: [{run: echo "nothing checked out"}]
  web:
    runs-on: any
    steps:
      - {uses: actions/checkout@v4, with: {sparse-checkout: web}}
      - run: ls web
`,
	'.github/workflows/many.yml': `
on: workflow_dispatch
jobs:
  unit:
    runs-on: any
    strategy: {fail-fast: false, matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}}
    steps:
      - run: head -c 40000 /dev/urandom | base64 -w 100; echo "only \${{ matrix.n }} failed $RANDOM"; exit \${{ matrix.n }}
`,
	'.github/workflows/slow.yml': `
on: workflow_dispatch
jobs:
  sleeper:
    runs-on: any
    steps:
      - run: exec bash -c 'trap "" INT TERM; for i in $(seq 60); do sleep 1; done' cancel-resister
`,
	'src/a.ts': 'a\n',
	'web/index.html': 'x\n',
};

describe('what footbridge run prints', () => {
	let repository: TempRepository;
	let data: string;
	const fb = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
		footbridge(['--data', data, ...args], { cwd: repository.path, ...options });

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-cli-output-'));
		repository = await tempRepository(files);
		repository.write({ broken: 'yes\n' });
	});
	after(async () => {
		await repository[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	test('to a pipe is the whole output of each job when it ends, in one piece, and the first error with its place', async () => {
		const { code, stdout } = await fb(['run', 'ci.yml', '-j', 'good', '-j', 'bad', '--in', 'host']);
		assert.equal(code, 20, stdout);
		const block = /▸ bad\n((?: {2}│ .*\n)+) {2}✕ bad /.exec(stdout)?.[1] ?? '';
		assert.equal(block.match(/│ ok \d+ in/g)?.length, 215, 'all lines, none of another job between them');
		assert.match(stdout, /▸ good\n(?: {2}│ .*\n)* {2}│ good says hello\n {2}✓ good /);
		assert.match(stdout, /\n {2}error {2}src\/a\.ts:3:7 {2}error: it is broken\n {2}cause {2}bad: /);
		assert.ok(!stdout.includes('\u001b'), 'no colours and nothing that steers');
	});

	test('has the colours of the log where they are wanted, and nothing else of it that steers a terminal', async () => {
		const { stdout } = await fb(['run', 'ci.yml', '-j', 'bad', '--in', 'host'], { env: { FORCE_COLOR: '1' } });
		assert.ok(stdout.includes('\u001b[31mred\u001b[0m'));
		assert.ok(!stdout.includes('\u001b]'), 'no title is set');
		const raw = await fb(['logs', '@last', '--raw']);
		assert.ok(raw.stdout.includes('\u001b]0;pwned\u0007'), 'as it came, it would reach the terminal');
	});

	test('as JSON is one document with every field that its page explains, and no other', async () => {
		const { code, stdout } = await fb(['run', 'ci.yml', '-j', 'bad', '--in', 'host', '--json']);
		assert.equal(code, 20);
		const document = JSON.parse(stdout);
		assert.equal(document.schema, 'footbridge.run/1');
		assert.equal(document.exitCode, 20);
		const [job] = document.runs[0].jobs;
		assert.deepEqual(
			{ ...job.firstError, logLine: 0 },
			{ file: 'src/a.ts', line: 3, column: 7, message: 'src/a.ts:3:7: error: it is broken', logLine: 0 },
		);
		assert.equal(job.finding.verdict, 'code');
		assert.equal(job.steps[1].exitCode, 4);
		const page = readFileSync(new URL('../../docs/cli-json.md', import.meta.url), 'utf8');
		const explained = [...page.matchAll(/^\| `([\w[\].]+)` \|/gm)].map(([, name = '']) => name);
		assert.deepEqual(fieldsOf(document).sort(), explained.sort());
	});

	test('for a language model is folded, names the failure, its place and the next command, and ends with the exit code', async () => {
		const { code, stdout } = await fb(['run', 'ci.yml', '--in', 'host', '--agent']);
		assert.equal(code, 20);
		assert.match(stdout, /^run #\d+ \.github\/workflows\/ci\.yml failed in .* \(1 failed, 3 passed\)\n/);
		assert.match(stdout, /\nok 1 in 1\.1 ms\n… 214 similar lines\nred\n/);
		assert.match(stdout, /\nfirst error: src\/a\.ts:3:7 /);
		assert.match(stdout, /\nfinding: code \(/);
		assert.match(stdout, /\nnext: /);
		assert.match(stdout, /\nfull log: footbridge logs \d+ --failed -j 'bad'\n/);
		assert.match(stdout, /\nexit code 20\n$/);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
		assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f]/);
	});

	test('for a language model stays small when a dozen jobs fail with long logs, and says what was cut', async () => {
		const { stdout } = await fb(['run', 'many.yml', '-e', 'workflow_dispatch', '--in', 'host', '--agent']);
		assert.ok(stdout.length <= 16_000, `${stdout.length} characters`);
		assert.ok(stdout.length > 8000, 'and uses the room that it has');
		assert.equal(stdout.match(/^## unit \(\d+\) failed/gm)?.length, 12);
		assert.match(stdout, /the first \d+ cut/);
	});

	test('leaves out with --changed what the change cannot reach, and says why', async () => {
		const left = await fb(['run', 'ci.yml', '--changed', '--in', 'host', '--json']);
		const document = JSON.parse(left.stdout);
		assert.deepEqual(
			document.notAffected.map(({ job, why }: { job: string; why: string }) => [job, why]),
			[['apart', 'checks nothing out']],
			'a file at the root is in every cone',
		);
		assert.deepEqual(document.runs[0].jobs.map((job: { key: string }) => job.key).sort(), ['bad', 'good', 'web']);
		rmSync(join(repository.path, 'broken'));
		repository.write({ 'src/a.ts': 'b\n' });
		const text = await fb(['run', 'ci.yml', '--changed=main', '--in', 'host']);
		assert.equal(text.code, 0, text.stdout);
		assert.match(
			text.stdout,
			/^2 jobs are not affected by the 1 path that changed:\n {2}⊘ ci\.yml apart: it checks nothing out\n {2}⊘ ci\.yml web: it checks out only web\n/,
		);
		assert.match(text.stdout, /2 passed/);
		repository.git('checkout', '--quiet', '--', '.');
		const nothing = await fb(['run', 'ci.yml', '--changed']);
		assert.equal(nothing.code, 0);
		assert.match(nothing.stdout, /Nothing that changed affects a job: nothing was started\.\n$/);
		const unknown = await fb(['run', 'ci.yml', '--changed=nowhere']);
		assert.equal(unknown.code, 2, unknown.stderr);
	});

	test('ends at once with 130 on the second Ctrl+C, also when a job does not listen', async () => {
		let [sent, second] = [0, 0];
		const run = await fb(['run', 'slow.yml', '-e', 'workflow_dispatch', '--in', 'host'], {
			onOutput: (stdout, kill) => {
				if (sent > 0 || !stdout.includes('◐ sleeper')) return;
				sent += 1;
				setTimeout(() => kill('SIGINT'), 500);
				setTimeout(() => {
					second = performance.now();
					kill('SIGINT');
				}, 900);
			},
		});
		assert.equal(run.code, 130, run.stdout + run.stderr);
		assert.ok(performance.now() - second < 3000, `${performance.now() - second} ms after the second one`);
		const isGone = () => !execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes('cancel-resister');
		for (let count = 0; count < 50 && !isGone(); count += 1) await sleep(100);
		assert.ok(isGone(), 'no process of the job is left behind');
	});
});

/** Every field of a document by its path, but for those of parts that have a page or a place of their own. */
function fieldsOf(value: unknown, path = ''): string[] {
	const parts = [
		'notPlanned',
		'notAffected',
		'outputs',
		'problems',
		'firstError',
		'finding',
		'annotations',
		'usage',
		'needs',
	];
	if (Array.isArray(value)) return [...new Set(value.flatMap((one) => fieldsOf(one, `${path}[]`)))];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inner]) => {
		const field = path === '' ? name : `${path}.${name}`;
		return [field, ...(parts.includes(name) ? [] : fieldsOf(inner, field))];
	});
}
