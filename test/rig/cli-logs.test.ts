import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Finished, footbridge, type RunOptions } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const files = {
	'.github/workflows/two.yml': `
on: workflow_dispatch
jobs:
  fails:
    runs-on: any
    steps:
      - run: echo fine here
      - name: First
        run: echo "wrong one"; exit 1
        continue-on-error: true
      - name: Second
        run: printf '\\033]0;pwned\\007\\033[2J\\033[32mgreen\\033[0m a\\342\\200\\256b\\n'; echo "wrong two"; exit 1
      - name: Third
        if: always()
        run: echo "wrong three"; exit 1
      - name: Last
        if: always()
        run: echo fine again
  passes:
    runs-on: any
    steps: [{run: 'for i in 1 2 3; do echo "line $i of Passing"; done'}]
`,
	'.github/workflows/slow.yml': `
on: workflow_dispatch
jobs:
  one:
    runs-on: any
    steps:
      - run: echo "one begins"; while [ ! -e "$GATE" ]; do sleep 0.1; done; echo "one ends"
  two:
    runs-on: any
    steps: [{run: echo "two is quick"}]
`,
};

describe('footbridge logs', () => {
	let repository: TempRepository;
	let data: string;
	const fb = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
		footbridge(['--data', data, ...args], { cwd: repository.path, ...options });
	const servers: { readonly kill: (signal: NodeJS.Signals) => void; readonly ended: Promise<Finished> }[] = [];

	before(async () => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-cli-logs-'));
		repository = await tempRepository(files);
		await fb(['run', 'two.yml', '-e', 'workflow_dispatch', '--in', 'host', '--json']);
	});
	after(async () => {
		for (const { kill, ended } of servers) {
			kill('SIGTERM');
			await ended;
		}
		await repository[Symbol.asyncDispose]();
		rmSync(data, { recursive: true, force: true });
	});

	async function serve(port: number): Promise<void> {
		const up = Promise.withResolvers<void>();
		let kill = (_signal: NodeJS.Signals) => {};
		const ended = fb(['up', '--port', String(port)], {
			onOutput: (stdout, send) => {
				kill = send;
				if (/up at http/.test(stdout)) up.resolve();
			},
		});
		await Promise.race([up.promise, ended.then((end) => assert.fail(end.stderr))]);
		servers.push({ kill, ended });
	}

	test('ends in silence when whoever reads it has read enough', () => {
		const program = join(import.meta.dirname, '../../bin/footbridge');
		const script = '"$0" --data "$1" logs | true; echo "${PIPESTATUS[0]}"';
		const { stdout, stderr } = spawnSync('bash', ['-c', script, program, data], {
			cwd: repository.path,
			encoding: 'utf8',
		});
		assert.deepEqual([stdout, stderr], ['0\n', '']);
	});

	test('prints of a failed job every step that failed, and nothing of those that did not', async () => {
		const { stdout } = await fb(['logs', '@last', '--failed']);
		assert.match(stdout, /wrong two[\s\S]*wrong three/);
		assert.doesNotMatch(stdout, /fine|wrong one|Passing/);
	});

	test('prints the lines that match, with their numbers, and says by its exit code whether there were any', async () => {
		const found = await fb(['logs', '@last', '--grep', 'line \\d OF passing']);
		assert.deepEqual([found.code, found.stdout.match(/^\d+: line [123] of Passing$/gm)?.length], [0, 3]);
		assert.equal(found.stderr, '3 lines match\n');
		assert.equal((await fb(['logs', '@last', '--grep', 'nowhere'])).code, 1);
		const wrong = await fb(['logs', '@last', '--grep', '(']);
		assert.match(wrong.stderr, /✕ FB0130 --grep \( is no regular expression/);
	});

	test('prints one step, by number or name, with the time of each line', async () => {
		for (const step of ['3', 'Second']) {
			const { stdout } = await fb(['logs', '@last', '-j', 'fails', '--step', step, '--time', 'utc']);
			assert.match(stdout, /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}wrong two$/m);
			assert.doesNotMatch(stdout, /wrong (?:one|three)/);
		}
		const missing = await fb(['logs', '@last', '-j', 'fails', '--step', 'Ninth']);
		assert.equal(missing.code, 2);
		assert.match(missing.stderr, /has no step Ninth[\s\S]*3 Second/);
	});

	test('LOG-06, LOG-12: nothing of a job steers the terminal, only colours pass, and what cannot be seen is shown', async () => {
		const { stdout } = await fb(['logs', '@last', '-j', 'fails'], { env: { FORCE_COLOR: '1' } });
		assert.ok(stdout.includes('\u001b[32mgreen\u001b[0m a\\u{202e}b'));
		assert.ok(!stdout.includes('\u001b]') && !stdout.includes('\u001b[2J') && !stdout.includes('\u202e'));
		const raw = await fb(['logs', '@last', '-j', 'fails', '--raw']);
		assert.ok(raw.stdout.includes('\u001b]0;pwned\u0007\u001b[2J'), 'as it came, it would reach the terminal');
		assert.ok(raw.stdout.includes('a\u202eb'), 'and the rest of the line would run backwards');
	});

	test('follows all jobs at once, through a server that is killed and comes again', async () => {
		const gate = join(data, 'gate');
		const port = await freePort();
		await serve(port);
		const run = fb(['run', 'slow.yml', '-e', 'workflow_dispatch', '--in', 'host', '--env', `GATE=${gate}`, '--json']);
		await until(async () => (await fb(['runs', '--limit', '1'])).stdout.includes('#2'));
		let isKilled = false;
		const again = Promise.withResolvers<void>();
		const follow = fb(['logs', '@last', '-f'], {
			onOutput: (stdout) => {
				if (isKilled || !stdout.includes('one begins') || !stdout.includes('two is quick')) return;
				isKilled = true;
				servers.pop()?.kill('SIGKILL');
				void serve(port).then(again.resolve, again.reject);
			},
		});
		await again.promise;
		assert.ok(!existsSync(gate));
		writeFileSync(gate, '');
		const { code, stdout, stderr } = await follow;
		assert.equal(code, 0, stderr);
		assert.match(stdout, /^one +│ one begins$/m);
		assert.match(stdout, /^two +│ two is quick$/m);
		assert.match(stdout, /^one +│ one ends$/m, 'the job was run again by the next server, and followed there');
		await run;
	});
});

async function until(holds: () => Promise<boolean>): Promise<void> {
	for (let count = 0; count < 100; count += 1) if (await holds()) return;
	assert.fail('it did not happen');
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}
