import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { testContainer } from './sandbox-containers.ts';
import { bash, container, inRoom, specOf } from './sandbox-subjects.ts';

describe('the tier container', { ...needs('docker'), concurrency: false }, () => {
	const { sandbox } = container;
	const bare = `footbridge-bare:${process.pid}`;
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-bare-'));

	before(() => {
		execFileSync('cp', ['/bin/busybox', join(folder, 'busybox')]);
		writeFileSync(
			join(folder, 'Dockerfile'),
			'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nENV PATH=/bin\n',
		);
		execFileSync('docker', ['build', '-q', '-t', bare, folder], {
			stdio: 'ignore',
			env: { ...process.env, DOCKER_BUILDKIT: '0' },
		});
	});
	after(() => {
		execFileSync('docker', ['image', 'rm', '-f', bare], { stdio: 'ignore' });
		rmSync(folder, { recursive: true, force: true });
	});

	test(
		'Node runs in an image that has no library at all, by its path, by its name, and from itself',
		needs('busybox'),
		async () => {
			const spec = { container: { ...testContainer, image: bare }, shown: [join(process.execPath, '..')] };
			await inRoom(
				sandbox,
				async (room) => {
					const sh = (script: string) =>
						bash(room, '', { argv: ['sh', '-c', script], env: { PATH: `/bin:${join(process.execPath, '..')}` } });
					assert.equal((await sh('ls /lib /lib64 /usr 2>&1 | grep -c "No such"')).output, '3\n');
					assert.equal((await sh('node -p "6*7"')).output, '42\n');
					const script =
						'console.log(require("child_process").execFileSync(process.execPath, ["-p", "process.version"]).toString().trim())';
					const end = await bash(room, '', { argv: [process.execPath, '-e', script] });
					assert.equal(end.output, `${process.version}\n`);
				},
				spec,
			);
		},
	);

	test('a port of this machine answers on the container`s own loopback once it is asked for, and not before', async () => {
		const server = createServer((_, answer) => answer.end('from the machine'));
		const port = await new Promise<number>((resolve) =>
			server.listen(0, '127.0.0.1', () => {
				const address = server.address();
				resolve(typeof address === 'object' && address !== null ? address.port : 0);
			}),
		);
		try {
			await inRoom(sandbox, async (room) => {
				const ask = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && tail -1 <&3`;
				assert.notEqual((await bash(room, ask)).exitCode, 0);
				await room.reach?.(port);
				assert.match((await bash(room, ask)).output, /from the machine$/);
			});
		} finally {
			server.close();
		}
	});

	test('an image that cannot start says why, and leaves nothing', async () => {
		const spec = specOf({
			container: { ...testContainer, settings: { ...testContainer.settings, user: 'nobody-there' } },
		});
		await assert.rejects(sandbox.prepare(spec), /Nothing can be started in the container/);
		assert.equal(execFileSync('docker', ['ps', '-aq', '--filter', `label=footbridge.room=${spec.id}`]).toString(), '');
	});

	test('a limit of memory ends what takes more, and says so', async () => {
		await inRoom(
			sandbox,
			async (room) => {
				const end = await bash(room, 'perl -e \'my $x = "x" x 400_000_000; print length $x\'');
				assert.equal(end.limit, 'memory limit 200 MiB');
				assert.equal((await bash(room, 'echo goes on')).output, 'goes on\n');
			},
			{ limits: { memoryBytes: 200 * 1024 ** 2 } },
		);
	});

	test('a container that ends under a step fails the step and tells it', async () => {
		await inRoom(sandbox, async (room) => {
			const end = await bash(room, 'kill -9 $PPID; sleep 5');
			assert.match(end.error ?? '', /the container of the job has ended/);
			assert.match((await bash(room, 'true')).error ?? '', /has ended/);
		});
	});
});
