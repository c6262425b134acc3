import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '#core/result.ts';
import { straceTraces } from '#edge/trace/strace.ts';
import { needs } from '../needs.ts';
import { bash, countRunning, fake, inRoom, ladder, place, real, specOf } from './sandbox-subjects.ts';

for (const { name, sandbox, skip } of [...real, fake]) {
	describe(`every sandbox: ${name}`, skip, () => {
		test('it is available, and says its tier in the room, too', async () => {
			assert.equal(await sandbox.available(), undefined);
			await inRoom(sandbox, async (room) => assert.equal(room.tier, sandbox.tier));
		});

		test('the workspace ends in the name of the repository, twice, as on GitHub', async () => {
			await inRoom(sandbox, async (room) => {
				assert.match(room.workspace, /\/shop\/shop$/);
				assert.ok(room.env['PATH'] !== undefined && room.env['HOME'] === room.home);
			});
		});

		test('the exit code comes back', async () => {
			await inRoom(sandbox, async (room) => {
				const end = await bash(room, 'exit 7');
				assert.deepEqual([end.exitCode, end.signal, end.error], [7, null, undefined]);
				assert.ok(end.durationMs >= 0 && end.durationMs < 10_000);
			});
		});

		test('stdout and stderr arrive in the order they were written', async () => {
			await inRoom(sandbox, async (room) => {
				assert.equal((await bash(room, 'echo one; echo two >&2; echo three')).output, 'one\ntwo\nthree\n');
			});
		});

		test('a file that was put can be got, at most as much as asked for, and a missing one is undefined', async () => {
			await inRoom(sandbox, async (room) => {
				await room.put(`${room.temp}/deep/er/file`, 'content\n');
				assert.equal(await room.get(`${room.temp}/deep/er/file`, 1000), 'content\n');
				assert.equal(await room.get(`${room.temp}/deep/er/file`, 4), 'cont');
				assert.equal(await room.get(`${room.temp}/deep/missing`, 1000), undefined);
				assert.equal(await room.get(`${room.temp}/no/folder`, 1000), undefined);
				await room.put(`${room.temp}/deep/er/file`, '');
				assert.equal(await room.get(`${room.temp}/deep/er/file`, 1000), '');
			});
		});

		test('a folder cannot be got: the refusal is a problem', async () => {
			await inRoom(sandbox, async (room) => {
				await room.put(`${room.temp}/folder/file`, 'x');
				await assert.rejects(room.get(`${room.temp}/folder`, 10), (error: unknown) => {
					assert.ok(error instanceof ProblemError);
					assert.equal(error.problem.code, 'FB2061');
					return true;
				});
			});
		});

		test('an abort interrupts a process', async () => {
			await inRoom(sandbox, async (room) => {
				const controller = new AbortController();
				const running = bash(room, 'sleep 30', { signal: controller.signal });
				await sleep(100);
				controller.abort();
				const end = await running;
				assert.deepEqual([end.exitCode, end.signal], [null, 'SIGINT']);
				assert.ok(end.durationMs < 5000, `${end.durationMs} ms`);
			});
		});

		test('a process whose signal was aborted before is not started', async () => {
			await inRoom(sandbox, async (room) => {
				const end = await bash(room, 'echo one; echo two >&2; echo three', { signal: AbortSignal.abort() });
				assert.deepEqual([end.exitCode, end.signal, end.output], [null, 'SIGINT', '']);
			});
		});

		test('destroy says how many processes were left, the same a second time', async () => {
			const room = await sandbox.prepare(specOf());
			await bash(room, 'sleep 60 & sleep 60 &');
			assert.deepEqual(await room.destroy(), { leftovers: 2 });
			assert.deepEqual(await room.destroy(), { leftovers: 2 });
		});
	});
}

for (const { name, sandbox, skip } of real) {
	describe(`every real sandbox: ${name}`, { ...skip, concurrency: false }, () => {
		test('the workspace is empty and writable, and files of the owner become the job`s', async () => {
			await inRoom(sandbox, async (room) => {
				const empty = await bash(room, 'ls -A; pwd; touch made && test -w . && echo writable');
				assert.equal(empty.output, `${room.workspace}\nwritable\n`);
				mkdirSync(join(room.hostPath(room.workspace), 'src'));
				writeFileSync(join(room.hostPath(room.workspace), 'src/a.txt'), 'from outside\n');
				symlinkSync('/etc/passwd', join(room.hostPath(room.workspace), 'src/link'));
				await room.own(`${room.workspace}/src`);
				const inside = await bash(room, 'cat src/a.txt; echo more >>src/a.txt && mv src/a.txt b.txt && cat b.txt');
				assert.equal(inside.output, 'from outside\nfrom outside\nmore\n');
				assert.equal(statSync('/etc/passwd').uid, 0, 'a link is not followed');
			});
		});

		test('a file that was put is the job`s, with the mode asked for', async () => {
			await inRoom(sandbox, async (room) => {
				await room.put(`${room.temp}/new/script`, '#!/bin/sh\necho ran\n', 0o700);
				const { output } = await bash(
					room,
					'S="$0"; stat -c %a "$S"; "$S"; test -O "$S" && test -O "$(dirname "$S")" && rm "$S" && echo mine',
					{
						argv: [
							'bash',
							'-c',
							'S="$0"; stat -c %a "$S"; "$S"; test -O "$S" && test -O "$(dirname "$S")" && rm "$S" && echo mine',
							`${room.temp}/new/script`,
						],
					},
				);
				assert.equal(output, '700\nran\nmine\n');
			});
		});

		test('links that a job made are followed neither when reading nor when writing', async () => {
			const victim = join(place, `victim-${name.replaceAll(' ', '-')}`);
			writeFileSync(victim, 'untouched');
			await inRoom(sandbox, async (room) => {
				await bash(
					room,
					`ln -s ${victim} file; ln -s ${place} folder; mkfifo pipe; ln -s /etc/hostname "${room.temp}/name"`,
				);
				for (const path of ['file', 'folder/x', 'pipe', `folder/victim-${name.replaceAll(' ', '-')}`])
					await assert.rejects(room.get(`${room.workspace}/${path}`, 100), ProblemError, path);
				await room.put(`${room.workspace}/file`, 'written');
				await assert.rejects(room.put(`${room.workspace}/folder/new`, 'written'), ProblemError);
				assert.equal(await room.get(`${room.workspace}/file`, 100), 'written');
			});
			assert.equal(readFileSync(victim, 'utf8'), 'untouched');
			assert.equal(existsSync(join(place, 'new')), false);
		});

		test('the environment is the room`s with the step`s over it, whatever the names and values', async () => {
			process.env['FOOTBRIDGE_TEST_SECRET'] = 'of the server';
			const env = {
				'INPUT_FETCH-DEPTH': '0 \'"$HOME`\n',
				EMPTY: '',
				UID: '4711',
				LD_PRELOAD: '',
				SPACES: '  two  ',
				HOME: '/elsewhere',
				'A.B': 'dot',
			};
			await inRoom(sandbox, async (room) => {
				let output = '';
				await room.run({
					argv: ['/usr/bin/env', '-0'],
					env,
					cwd: room.workspace,
					output: (chunk) => {
						output += Buffer.from(chunk).toString();
					},
				});
				const seen = Object.fromEntries(
					output.split('\0').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
				);
				for (const [key, value] of Object.entries(env)) assert.equal(seen[key], value, key);
				assert.equal(seen['PATH'], room.env['PATH']);
				assert.equal(seen['FOOTBRIDGE_TEST_SECRET'], undefined);
			});
		});

		test('no value of the environment is ever on a command line', async () => {
			await inRoom(sandbox, async (room) => {
				const running = bash(
					room,
					'for i in $(seq 20); do cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "; done | grep -c "s3cr3t" || true',
					{
						env: { TOKEN: 's3cr3t-of-the-job' },
					},
				);
				let seen = false;
				const looking = setInterval(() => {
					seen ||=
						execFileSync('sh', [
							'-c',
							'cat /proc/[0-9]*/cmdline 2>/dev/null | grep -c s3cr3t-of-the-jo[b] || true',
						]).toString() !== '0\n';
				}, 5);
				await running;
				clearInterval(looking);
				assert.equal(seen, false);
			});
		});

		test('a signal that ends a process comes back by its name', async () => {
			await inRoom(sandbox, async (room) => {
				const end = await bash(room, 'kill -KILL $$');
				assert.deepEqual([end.exitCode, end.signal], [null, 'SIGKILL']);
			});
		});

		test('a program or a folder that is not there is an error, not a crash', async () => {
			await inRoom(sandbox, async (room) => {
				const program = await bash(room, '', { argv: ['no-such-program-anywhere'] });
				assert.match(program.error ?? '', /no-such-program-anywhere/);
				const folder = await bash(room, 'true', { cwd: `${room.workspace}/nowhere` });
				assert.ok(folder.error !== undefined);
				assert.equal((await bash(room, 'echo goes on')).output, 'goes on\n');
			});
		});

		test('the streams are real pipes: /dev/stderr and /dev/stdout can be opened', async () => {
			await inRoom(sandbox, async (room) => {
				assert.equal(
					(await bash(room, 'echo a >/dev/stderr; echo b >/dev/stdout; echo c | tee /dev/stderr')).output,
					'a\nb\nc\nc\n',
				);
			});
		});

		test('20 MB of output arrive whole, and a slow reader slows the process', async () => {
			await inRoom(sandbox, async (room) => {
				let bytes = 0;
				let slowest = 0;
				const end = await bash(room, 'head -c 20000000 /dev/zero; echo $SECONDS >"$RUNNER_TEMP/took"', {
					env: { RUNNER_TEMP: room.temp },
					output: async (chunk) => {
						const before = bytes;
						if (bytes < 500_000) await sleep(30);
						slowest = Math.max(slowest, bytes - before);
						bytes += chunk.length;
					},
				});
				assert.deepEqual(
					[end.exitCode, bytes, slowest],
					[0, 20_000_000, 0],
					'no chunk comes before the one before it was taken',
				);
			});
		});

		test('what a process wrote just before its end is there, also to a slow reader', async () => {
			await inRoom(sandbox, async (room) => {
				let text = '';
				await bash(room, 'head -c 60000 /dev/zero | tr "\\0" x; echo; echo last', {
					output: async (chunk) => {
						await sleep(150);
						text += Buffer.from(chunk).toString();
					},
				});
				assert.ok(text.endsWith('x\nlast\n') && text.length === 60_006, `${text.length}`);
			});
		});

		test('an output that throws ends the process and rejects', async () => {
			await inRoom(sandbox, async (room) => {
				const boom = new Error('disk full');
				const running = bash(room, 'echo x; sleep 30', {
					output: () => {
						throw boom;
					},
				});
				await assert.rejects(running, boom);
			});
		});

		test('a process in the background does not hold its step, lives on into the next, and goes with the room', async () => {
			const spec = specOf();
			const room = await sandbox.prepare(spec);
			const started = performance.now();
			await bash(room, '(while :; do echo tick; sleep 0.02; done) & echo $! >pid; echo done');
			assert.ok(performance.now() - started < 4000);
			assert.equal((await bash(room, 'sleep 0.1; kill -0 $(cat pid) && echo lives')).output, 'lives\n');
			const { leftovers } = await room.destroy();
			assert.ok(leftovers >= 1);
			assert.equal(existsSync(spec.directory), false);
		});

		test('a tree that traps SIGINT gets SIGTERM, one that traps both is killed, with all of its children', async () => {
			await inRoom(sandbox, async (room, spec) => {
				const stop = async (script: string) => {
					const controller = new AbortController();
					const heard = (chunk: Uint8Array) => {
						if (Buffer.from(chunk).toString().includes('ready')) controller.abort();
					};
					return bash(room, script, { signal: controller.signal, output: heard });
				};
				const polite = await stop('trap "exit 41" TERM; trap "" INT; echo ready; while :; do sleep 0.05; done');
				assert.equal(polite.exitCode, 41);
				assert.ok(polite.durationMs >= ladder.interruptMs, `${polite.durationMs}`);
				const stubborn = await stop(
					`trap "" TERM INT; (trap "" TERM INT; sleep 61.${process.pid}) & echo ready; wait; while :; do sleep 0.05; done`,
				);
				assert.equal(stubborn.signal, 'SIGKILL');
				await sleep(50);
				assert.equal(countRunning(`sleep 61.${process.pid}`), 0, `${spec.id}`);
			});
		});

		// In a container nobody traces: its image would have to have strace.
		if (name !== 'container') {
			test('a trace has the failing calls of the whole tree', needs('strace'), async () => {
				const traces = straceTraces();
				assert.equal(await traces.available(), undefined);
				const path = join(place, `evidence/${name.replaceAll(' ', '-')}.strace`);
				await inRoom(sandbox, async (room) => {
					const end = await bash(room, 'bash -c "cat /no/such/file"; touch /proc/nope; exit 3', { trace: path });
					assert.equal(end.exitCode, 3);
					assert.match(end.output, /No such file/);
				});
				const failures = await traces.failures(path, 200);
				assert.ok(
					failures.some((line) => /^\d+<cat> [\d.]+ openat\(.*"\/no\/such\/file".* = -1 ENOENT/.test(line)),
					failures.join('\n'),
				);
				assert.ok(failures.every((line) => line.includes(' = -1 E')));
				assert.ok((await traces.failures(path, 2)).length === 2);
				await traces.remove(path);
				assert.equal(existsSync(path), false);
			});
		}

		test('rooms of a Footbridge that was killed are swept, those of a living one are not', async () => {
			const living = await sandbox.prepare(specOf());
			const id = `swept-${process.pid}-${name.replaceAll(' ', '-')}`;
			const child = spawn(process.execPath, [join(import.meta.dirname, 'sandbox-owner.ts'), name, place, id], {
				stdio: ['ignore', 'pipe', 'inherit'],
			});
			const exit = new Promise((resolve) => child.once('exit', resolve));
			await new Promise<void>((resolve) =>
				child.stdout.on('data', (chunk) => String(chunk).includes('started') && resolve()),
			);
			// A process that was started in the background becomes the program some moments later.
			for (let looks = 0; looks < 100 && countRunning(`sleep 62.${process.pid}`) < 2; looks += 1) await sleep(20);
			assert.equal(countRunning(`sleep 62.${process.pid}`), 2, 'the room was running something');
			child.kill('SIGKILL');
			await exit;
			assert.deepEqual(await sandbox.sweep(join(place, 'rooms')), [id]);
			assert.equal(existsSync(join(place, 'rooms', id)), false);
			assert.equal(countRunning(`sleep 62.${process.pid}`), 0);
			assert.equal((await bash(living, 'echo lives')).output, 'lives\n');
			await living.destroy();
			assert.deepEqual(await sandbox.sweep(join(place, 'rooms')), []);
		});
	});
}
