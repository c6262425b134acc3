import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Finished, footbridge, type RunOptions, runProgram } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const workflow = `
on: push
jobs:
  first:
    runs-on: any
    steps:
      - uses: actions/checkout@v4
      - name: Check the number
        run: |
          echo "looking at the number"
          test "$(cat number)" = 42 || { echo "it is $(cat number), not 42"; exit 4; }
  second:
    runs-on: any
    needs: first
    steps:
      - run: echo done
`;

const slow = `
on: workflow_dispatch
jobs:
  sleeper:
    runs-on: any
    steps:
      - run: echo "sleeping now"; exec sleep 60
`;

const secret = `
on: workflow_dispatch
jobs:
  only:
    runs-on: any
    steps:
      - run: test "$TOKEN" = "a value that nobody sees" && echo "the token is $TOKEN"
        env:
          TOKEN: \${{ secrets.TOKEN }}
`;

describe('footbridge', () => {
	let repository: TempRepository;
	let data: string;
	let server: Promise<Finished> | undefined;
	let stopServer = () => {};
	const fb = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
		footbridge(['--data', data, ...args], { cwd: repository.path, ...options });

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-cli-'));
		repository = await tempRepository({
			'.github/workflows/ci.yml': workflow,
			'.github/workflows/slow.yml': slow,
			'.github/workflows/secret.yml': secret,
			number: '42\n',
		});
	});
	after(async () => {
		stopServer();
		assert.equal((await server)?.code ?? 0, 0, 'the server ends well');
		await repository[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	test('shows a plan and starts nothing', async () => {
		const plan = await fb(['plan', 'ci.yml']);
		assert.equal(plan.code, 0, plan.stderr);
		assert.match(plan.stdout, /├─ first .*\n[\s\S]*Check the number[\s\S]*└─ second .*after first/);
		assert.equal((await fb(['runs'])).stdout, 'Nothing was run yet.  footbridge run\n');
	});

	test('ends with 0 when a run passed, with a line for each change of a job', async () => {
		const run = await fb(['run']);
		assert.equal(run.code, 0, run.stdout + run.stderr);
		assert.match(run.stdout, /▸ .*#1 {2}app main [0-9a-f]{8} {2}first/);
		assert.match(run.stdout, /✓ first .*\n[\s\S]*✓ second/);
		assert.match(run.stdout, /✓ .*#1 passed in .* 2 passed/);
		assert.ok(!run.stdout.includes('\u001b'), 'a pipe gets no colour and no cursor movement');
	});

	test('ends with 20 when the code is at fault, and says what failed, why, and what is next', async () => {
		repository.write({ number: '43\n' });
		const run = await fb(['run']);
		assert.equal(run.code, 20, run.stdout + run.stderr);
		assert.match(run.stdout, /with your uncommitted changes/);
		assert.match(run.stdout, /│ it is 43, not 42/);
		assert.match(run.stdout, /The code is at fault · proved/);
		assert.match(run.stdout, /⊘ second .*first failed/);
		assert.match(run.stdout, /✕ .*#2 failed in/);
	});

	test('starts a server that the other commands then use, and that ends on a signal', async () => {
		const { promise, resolve } = Promise.withResolvers<void>();
		server = fb(['up', '--port', '0'], {
			onOutput: (stdout, kill) => {
				if (!/up at http:\/\/127\.0\.0\.1:\d+/.test(stdout)) return;
				stopServer = () => kill('SIGTERM');
				resolve();
			},
		});
		await Promise.race([promise, server.then((ended) => assert.fail(ended.stderr))]);
		const second = await fb(['up', '--port', '0']);
		assert.equal(second.code, 3);
		assert.match(second.stderr, /✕ FB7001 Another Footbridge/);
	});

	test('tells the same cause again to who asks why, by any name of the run', async () => {
		for (const name of ['@failed', '2']) {
			const why = await fb(['why', name]);
			assert.equal(why.code, 20, why.stderr);
			assert.match(why.stdout, /The code is at fault/);
		}
		const { findings } = JSON.parse((await fb(['why', '@last', '--json'])).stdout);
		assert.equal(findings[0].finding.verdict, 'code');
		assert.ok(findings[0].finding.evidence.length > 0);
	});

	test('lists runs, views one, and prints its logs whole or only what failed', async () => {
		const runs = await fb(['runs']);
		assert.match(runs.stdout, /✕ #2 .*\n✓ #1 /);
		const list = JSON.parse((await fb(['runs', '--json', '--limit', '1'])).stdout);
		assert.equal(list.items.length, 1);
		assert.equal(list.items[0].number, 2);
		assert.ok(list.next > 0);
		const view = await fb(['view', list.items[0].run]);
		assert.match(view.stdout, /✕ first[\s\S]*✓ .*actions\/checkout[\s\S]*✕ .*Check the number/);
		const log = await fb(['logs', '#1', '-j', 'first']);
		assert.match(log.stdout.split('\n')[0] ?? '', /chosen because/, 'the first line says where the job ran and why');
		assert.match(log.stdout, /looking at the number/);
		const failed = await fb(['logs', '#2', '--failed']);
		assert.match(failed.stdout, /it is 43, not 42/);
		assert.doesNotMatch(failed.stdout, /checkout/);
	});

	test('prints one JSON object that holds everything but the plan', async () => {
		const run = await fb(['run', 'ci.yml', '--at', 'HEAD', '--job', 'first', '--json', '--in', 'host']);
		assert.equal(run.code, 0, run.stderr);
		const result = JSON.parse(run.stdout);
		assert.equal(result.isDirty, false);
		assert.equal(result.sha, repository.sha);
		const [only] = result.runs;
		assert.equal(only.status, 'passed');
		assert.deepEqual(
			only.jobs.map((job: { key: string; tier: string; status: string }) => [job.key, job.tier, job.status]),
			[['first', 'host', 'passed']],
		);
		assert.equal(only.plan, undefined);
	});

	test('cancels on the first Ctrl+C, and ends with 130', async () => {
		let isSent = false;
		const run = await fb(['run', 'slow.yml'], {
			onOutput: (stdout, kill) => {
				if (isSent || !stdout.includes('sleeper')) return;
				isSent = true;
				setTimeout(() => kill('SIGINT'), 300);
			},
		});
		assert.equal(run.code, 130, run.stdout + run.stderr);
		assert.match(run.stdout, /■ slow\.yml #\d+ cancelled/);
		assert.match(run.stderr, /Ctrl\+C again leaves at once/);
	});

	test('takes the value of a secret from the environment or a pipe, and never shows it', async () => {
		const value = 'a value that nobody sees';
		const byName = await fb(['run', 'secret.yml', '--secret', 'TOKEN'], { env: { TOKEN: value } });
		assert.equal(byName.code, 0, byName.stdout);
		const piped = await fb(['run', 'secret.yml', '--secret', 'TOKEN'], { input: `${value}\n` });
		assert.equal(piped.code, 0, piped.stdout);
		const log = await fb(['logs', '@last']);
		assert.match(log.stdout, /the token is \*\*\*/);
		assert.ok(!log.stdout.includes(value));
		const onCommandLine = await fb(['run', 'secret.yml', '--secret', `TOKEN=${value}`]);
		assert.equal(onCommandLine.code, 3);
		assert.match(onCommandLine.stderr, /✕ FB0105 .*\n {2}why .*\n(?: {9}.*\n)* {2}next /);
		assert.ok(!onCommandLine.stderr.includes(value));
	});

	test('ends with 6 and the place when a workflow is not valid', async () => {
		repository.write({
			'.github/workflows/broken.yml': 'on: push\njobs:\n  a:\n    runs-on: any\n    steps:\n      - rn: x\n',
		});
		const run = await fb(['run', 'broken.yml']);
		assert.equal(run.code, 6, run.stdout + run.stderr);
		assert.match(run.stdout, /✕ FB1\d{3} [\s\S]*broken\.yml:6:/);
		const plan = await fb(['plan', 'broken.yml', '--json']);
		assert.equal(plan.code, 6);
		assert.equal(JSON.parse(plan.stdout).broken[0].problems[0].where, '.github/workflows/broken.yml:6:9');
	});

	test('ends with 2 for what there is not, and says what there is', async () => {
		assert.equal((await fb(['view', '#999'])).code, 2);
		assert.equal((await fb(['nonsense'])).code, 2);
		assert.equal((await fb(['run', '--nonsense'])).code, 2);
		assert.equal((await fb(['runs', '--limit', 'many'])).code, 2);
		const job = await fb(['run', 'ci.yml', '-j', 'third']);
		assert.equal(job.code, 2);
		assert.match(job.stderr, /no job third[\s\S]*first, second/);
		const project = await fb(['--project', 'other', 'runs']);
		assert.equal(project.code, 2);
		assert.match(project.stderr, /there are app/);
		const elsewhere = await fb(['run'], { cwd: tmpdir() });
		assert.equal(elsewhere.code, 2);
		assert.match(elsewhere.stderr, /no git repository/);
	});

	test('says of a machine what works and how to mend what does not', async () => {
		const { checks } = JSON.parse((await fb(['doctor', '--json'])).stdout) as {
			checks: { name: string; state: string }[];
		};
		const names = checks.map(({ name }) => name);
		for (const name of ['node', 'git', 'bash', 'disposable', 'sandbox', 'host', 'disk'])
			assert.ok(names.includes(name), name);
		assert.notEqual(checks.find(({ name }) => name === 'git')?.state, 'needed');
		const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
		const without = await runProgram(process.execPath, [main, '--data', data, 'doctor'], {
			env: { PATH: '/nonexistent' },
		});
		assert.match(without.stdout, /✕ git +is not there: .*\n +mend +.*install/);
		assert.equal(without.code, 3);
	});
});
