import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from '#edge/process.ts';
import { type Exit, type Program, type Started, startProcess } from '#edge/process-start.ts';
import { type ProcessStarter, processStarter } from '#edge/process-starter.ts';
import { processEntry } from '#edge/process-table.ts';
import { needs } from '../needs.ts';

const place = mkdtempSync(join(tmpdir(), 'footbridge-starter-'));
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const opened: ProcessStarter[] = [];
after(() => {
	for (const starter of opened) starter.close();
	rmSync(place, { recursive: true, force: true });
});

/** A starter whose helper is up. */
async function readyStarter(): Promise<ProcessStarter & { readonly helper: number }> {
	const starter = processStarter();
	opened.push(starter);
	for (let tries = 0; ; tries++) {
		assert.ok(tries < 200, 'the helper never came up');
		const { started } = await begin((program) => starter.start(program), { argv: ['sleep', '0.1'] });
		const parent = processEntry(started.identity!.pid)?.parent;
		await started.exit;
		if (parent !== undefined && parent !== process.pid) return { ...starter, helper: parent };
		await sleep(20);
	}
}

type Start = (program: Program) => Started | Promise<Started>;

async function begin(start: Start, program: Partial<Program>) {
	const file = join(mkdtempSync(join(place, 'out-')), 'output');
	const output = openSync(file, 'w');
	const started = await start({ argv: ['true'], env, cwd: place, output, ...program });
	closeSync(output);
	return { started, output: () => readFileSync(file, 'utf8') };
}

async function run(start: Start, program: Partial<Program>): Promise<Exit & { readonly output: string }> {
	const { started, output } = await begin(start, program);
	return { ...(await started.exit), output: output() };
}

async function gone(identity: ProcessIdentity): Promise<void> {
	for (let tries = 0; isAlive(identity); tries++) {
		assert.ok(tries < 300, `${identity.pid} is still there`);
		await sleep(10);
	}
}

const ways: { readonly [name: string]: () => Promise<Start> } = {
	'a program started by this process': async () => startProcess,
	'a program started by the helper': async () => {
		const starter = await readyStarter();
		return (program) => starter.start(program);
	},
};

for (const [name, open] of Object.entries(ways)) {
	describe(name, needs('linux'), async () => {
		const start = await open();

		test('writes to the descriptor, and its exit code is told', async () => {
			const end = await run(start, { argv: ['bash', '-c', 'echo one; echo two >&2; exit 7'] });
			assert.deepEqual(end, { exitCode: 7, signal: null, output: 'one\ntwo\n' });
		});

		test('that is ended by a signal has no exit code', async () => {
			const end = await run(start, { argv: ['bash', '-c', 'kill -TERM $$'] });
			assert.deepEqual([end.exitCode, end.signal], [null, 'SIGTERM']);
		});

		test('gets its words and its whole environment to the letter, and nothing else', async () => {
			const odd = 'a "b" \'c\' $d\n\te\\n \u{1F309} é';
			const end = await run(start, {
				argv: ['/usr/bin/env', '-u', 'X', '/bin/sh', '-c', 'printf "%s|" "$1"; env -0 | sort -z', 'sh', odd],
				env: { ODD: odd, PATH: env.PATH, 'INPUT_FETCH-DEPTH': '1' },
			});
			const [word = '', rest = ''] = [end.output.slice(0, odd.length), end.output.slice(odd.length + 1)];
			assert.equal(word, odd);
			const variables = rest.split('\0').filter((line) => line !== '' && !/^(PWD|_|SHLVL|OLDPWD)=/.test(line));
			assert.deepEqual(variables.sort(), [`ODD=${odd}`, `PATH=${env.PATH}`].sort());
		});

		test('starts in its folder, in a session of its own, with nothing to read, and no way to who started it', async () => {
			const argv = ['bash', '-c', 'pwd; cat; ls /proc/self/fd; sleep 0.3'];
			const { started, output } = await begin(start, { argv });
			assert.equal(processEntry(started.identity!.pid)?.session, started.identity!.pid);
			assert.deepEqual(started.identity, identityOf(started.identity!.pid));
			await started.exit;
			// What this process was given by whoever runs the tests, and did not ask for, goes on to every child.
			const usual = execFileSync('ls', ['/proc/self/fd'], { encoding: 'utf8' });
			assert.equal(output(), `${place}\n${usual}`);
		});

		test('has the further descriptor as its third', async () => {
			const file = join(place, `extra-${process.hrtime.bigint()}`);
			const extra = openSync(file, 'w');
			await run(start, { argv: ['bash', '-c', 'echo traced >&3'], extra });
			closeSync(extra);
			assert.equal(readFileSync(file, 'utf8'), 'traced\n');
		});

		test('that is missing, or whose folder is, was never started, and the reason is told', async () => {
			for (const [program, why] of [
				[{ argv: ['/nowhere/program'] }, /ENOENT/],
				[{ argv: ['true'], cwd: '/nowhere' }, /the folder \/nowhere is not there/],
				[{ argv: ['true', 'x'.repeat(3_000_000)] }, /E2BIG/],
			] as const) {
				const { started } = await begin(start, program);
				const exit = await started.exit;
				assert.equal(started.identity, undefined);
				assert.match(exit.error ?? '', why);
			}
		});

		test('is told apart from the many that run at the same moment', async () => {
			const codes = Array.from({ length: 30 }, (_, index) => index);
			const ends = await Promise.all(
				codes.map((code) =>
					run(start, { argv: ['bash', '-c', `sleep 0.0${(code * 7) % 10}; echo ${code}; exit ${code}`] }),
				),
			);
			assert.deepEqual(
				ends.map(({ exitCode, output }) => [exitCode, output]),
				codes.map((code) => [code, `${code}\n`]),
			);
		});
	});
}

describe('the helper that starts programs', needs('linux'), () => {
	test('is small, whatever the size of its owner is', async () => {
		const { helper } = await readyStarter();
		const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${helper}/status`, 'utf8'))?.[1]) / 1024;
		assert.ok(resident > 10 && resident < 100, `${resident} MB`);
		// What fork has to copy: memory that is the process's own, which code from files is not.
		const anonymous = Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${helper}/status`, 'utf8'))?.[1]) / 1024;
		assert.ok(anonymous < 50, `${anonymous} MB`);
	});

	test('that is killed leaves ends that nobody knows, and the next program starts all the same', async () => {
		const starter = await readyStarter();
		const { started } = await begin((program) => starter.start(program), { argv: ['sleep', '30'] });
		process.kill(starter.helper, 'SIGKILL');
		assert.deepEqual(await started.exit, {
			exitCode: null,
			signal: null,
			error: 'the process that it was started from has ended',
		});
		assert.ok(isAlive(started.identity!));
		process.kill(started.identity!.pid, 'SIGKILL');
		const end = await run((program) => starter.start(program), { argv: ['bash', '-c', 'exit 3'] });
		assert.equal(end.exitCode, 3);
	});

	test('ends with its owner, even a killed one, and what it started goes on', async () => {
		const owner = ownerProcess('await started.exit');
		const [helper, program] = await owner.identities;
		owner.child.kill('SIGKILL');
		await gone(helper);
		assert.ok(isAlive(program));
		process.kill(program.pid, 'SIGKILL');
	});

	test('does not keep its owner from ending, and a program that runs does', async () => {
		const owner = ownerProcess('');
		const [helper, program] = await owner.identities;
		await sleep(300);
		assert.equal(owner.child.exitCode, null, 'its program still runs');
		process.kill(program.pid, 'SIGKILL');
		await new Promise((resolve) => owner.child.once('exit', resolve));
		await gone(helper);
	});

	test('is not in the terminal`s session: Ctrl+C there is for its owner', async () => {
		const { helper } = await readyStarter();
		assert.equal(processEntry(helper)?.session, helper);
	});

	test('keeps no descriptor open of what it started', async () => {
		const starter = await readyStarter();
		const held = () => readdirSync(`/proc/${starter.helper}/fd`).length;
		const idle = held();
		const { started } = await begin((program) => starter.start(program), { argv: ['sleep', '0.2'] });
		assert.equal(held(), idle);
		await started.exit;
	});
});

/** A process that has started `sleep 30` through a helper; `then` is what it does next. */
function ownerProcess(then: string) {
	const script = `
		import { openSync } from 'node:fs';
		import { processEntry } from '#edge/process-table.ts';
		import { identityOf } from '#edge/process.ts';
		import { processStarter } from '#edge/process-starter.ts';
		const starter = processStarter();
		const output = openSync('/dev/null', 'w');
		const sleeping = () => starter.start({ argv: ['sleep', '30'], env: { PATH: process.env.PATH }, cwd: '/', output });
		for (;;) {
			const started = await sleeping();
			const { parent } = processEntry(started.identity.pid);
			if (parent === process.pid) {
				process.kill(started.identity.pid, 'SIGKILL');
				await started.exit;
				continue;
			}
			console.log(JSON.stringify([identityOf(parent), started.identity]));
			${then}
			break;
		}
	`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
		cwd: join(import.meta.dirname, '../..'),
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const identities = new Promise<readonly [ProcessIdentity, ProcessIdentity]>((resolve) =>
		child.stdout.once('data', (line) => resolve(JSON.parse(String(line)))),
	);
	return { child, identities };
}
