import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { dockerEngine } from '#edge/container/docker.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { sweepContainers } from '#engine/job-containers.ts';
import { needs, testImage } from '../needs.ts';
import { openRig } from './rig.ts';

const place = mkdtempSync(join(tmpdir(), 'footbridge-attack-containers-'));
after(() => rmSync(place, { recursive: true, force: true }));
const secret = join(place, 'of-the-machine');
writeFileSync(secret, 'a secret of the machine\n');

function job(options: string, volumes: string, services = false): string {
	const asked = `{ image: '${testImage}', options: '${options}', volumes: [${volumes}] }`;
	return `
on: [push, pull_request]
jobs:
  a:
    runs-on: any
    ${services ? `services: { db: ${asked} }` : `container: ${asked}`}
    steps: [{ run: 'cat /host/* || true; ls /proc | grep -c "^[0-9]"; grep CapEff /proc/self/status' }]
`;
}

const fork = {
	event: 'pull_request',
	ref: 'refs/pull/1/merge',
	payload: {
		repository: { full_name: 'octo/app' },
		pull_request: { head: { repo: { full_name: 'evil/app' } }, base: { repo: { full_name: 'octo/app' } } },
	},
};

describe('ISO-13: a container that reaches for the machine', { ...needs('docker'), concurrency: false }, () => {
	for (const [options, volumes, power] of [
		['--privileged', '', '--privileged'],
		['--cap-add=ALL', '', '--cap-add=ALL'],
		['--pid=host', '', '--pid=host'],
		['--device /dev/kmsg', '', '--device=/dev/kmsg'],
		['--security-opt apparmor=unconfined', '', '--security-opt=apparmor=unconfined'],
		['--network host', '', '--network=host'],
		['', `'${place}:/host'`, `--volume=${place}`],
		['-v /var/run/docker.sock:/var/run/docker.sock', '', '--volume=/var/run/docker.sock'],
	] as const) {
		for (const services of [false, true]) {
			test(`${power} is refused for ${services ? 'a service' : 'the job'}, and nothing is started`, async () => {
				await using rig = await openRig();
				const { end, log } = await rig.run(job(options, volumes, services));
				assert.equal(end.conclusion, 'failed');
				assert.equal(end.problems?.[0]?.code, 'FB2101');
				assert.ok(end.problems?.[0]?.what.startsWith(`${power} is not allowed`), end.problems?.[0]?.what);
				assert.doesNotMatch(log.join('\n'), /Initialize containers/);
			});
		}
	}

	test('where nobody refused, the machine would be open: its files and its processes', async () => {
		await using rig = await openRig();
		const allowedPowers = ['--cap-add', '--pid=host', `--volume=${place}`];
		const { end, log } = await rig.run(job('--cap-add=SYS_PTRACE --pid=host', `'${place}:/host'`), { allowedPowers });
		const text = log.join('\n');
		assert.equal(end.conclusion, 'passed', text);
		assert.match(text, /a secret of the machine/);
		assert.match(text, /CapEff:\s+00000000a80c25fb/);
		assert.ok(Number(/^(\d+)$/m.exec(text)?.[1]) > 10, text);
	});

	test('what is allowed to the project is not allowed to a fork', async () => {
		await using rig = await openRig();
		const allowedPowers = ['--privileged'];
		const { end } = await rig.run(job('--privileged', ''), {
			allowedPowers,
			trigger: { ...fork, sha: '0'.repeat(40) },
		});
		assert.equal(end.problems?.[0]?.code, 'FB2101');
		assert.match(end.problems?.[0]?.why ?? '', /the pull request comes from a fork/);
	});

	test('without options a job sees neither the machine`s files nor its processes, and no variable of the server', async () => {
		await using rig = await openRig();
		process.env['FOOTBRIDGE_OF_THE_SERVER'] = 'secret';
		const { end, log } = await rig.run(job('-e FOOTBRIDGE_OF_THE_SERVER', ''));
		delete process.env['FOOTBRIDGE_OF_THE_SERVER'];
		const text = log.join('\n');
		assert.equal(end.conclusion, 'passed', text);
		assert.ok(Number(/^(\d+)$/m.exec(text)?.[1]) < 10, text);
		assert.match(text, /CapEff:\s+00000000a80425fb/);
		assert.doesNotMatch(text, /secret/);
	});

	test('the password for a registry is not in the log, and not in what is recorded', async () => {
		await using rig = await openRig();
		const { log, events } = await rig.run(`
on: push
jobs:
  a:
    runs-on: any
    container:
      image: 127.0.0.1:9/octo/none:1
      credentials: { username: me, password: pull-s3cret-word }
    steps: [{ run: echo pull-s3cret-word }]
`);
		assert.match(log.join('\n'), /The image 127\.0\.0\.1:9\/octo\/none:1 cannot be pulled/);
		assert.doesNotMatch(`${log.join('\n')}${JSON.stringify(events)}`, /pull-s3cret-word/);
	});
});

const rooted = needs('docker', 'root', 'overlay');

describe('a folder of the job that is given to a container', { ...rooted, concurrency: false }, () => {
	const sandbox = disposableSandbox({ rooms: place });
	const shown = (source: string) =>
		execFileSync('docker', ['run', '--rm', '--mount', `type=bind,source=${source},target=/w`, testImage, 'ls', '/w'], {
			encoding: 'utf8',
		});

	test('is what it was when it was looked at, also when the job puts a link in its place', async () => {
		const victim = join(place, 'victim');
		mkdirSync(victim, { recursive: true });
		writeFileSync(join(victim, 'of-the-machine'), 'x');
		const spec = {
			id: `pin-${process.pid}`,
			directory: join(place, 'rooms', 'pin'),
			repository: 'app',
			toolCache: join(place, 'tools'),
		};
		const room = await sandbox.prepare({ ...spec, hidden: [] });
		const run = (script: string) =>
			room.run({ argv: ['bash', '-c', script], env: {}, cwd: '/', output: () => undefined });
		try {
			await run(`touch ${room.workspace}/of-the-job`);
			const pinned = await room.pin(room.workspace);
			await run(`mv ${room.workspace} ${room.workspace}.away; ln -s ${victim} ${room.workspace}`);
			assert.equal(shown(pinned.path), 'of-the-job\n');
			assert.equal(
				shown(room.hostPath(room.workspace)),
				'of-the-machine\n',
				'its own path leads out of the room by now',
			);
			await pinned.release();
			await assert.rejects(room.pin(room.workspace), /cannot be used/);
			await run(`rm ${room.workspace}; mv ${room.workspace}.away ${room.workspace}`);
			// Not released: the end of the room does that.
			await room.pin(room.workspace);
		} finally {
			await room.destroy();
		}
		assert.equal(existsSync(spec.directory), false);
		assert.doesNotMatch(execFileSync('mount', { encoding: 'utf8' }), new RegExp(`${place}.*pins`));
	});

	test('in a container nothing can be put in the place of the workspace', async () => {
		await using rig = await openRig();
		const { log } = await rig.run(`
on: push
jobs:
  a:
    runs-on: any
    container: '${testImage}'
    steps:
      - run: cd /; mv $GITHUB_WORKSPACE /gone || rmdir $GITHUB_WORKSPACE || ln -sfn /etc $GITHUB_WORKSPACE/../app || true; stat -c %F $GITHUB_WORKSPACE
        working-directory: /
`);
		assert.match(log.join('\n'), /Device or resource busy[\s\S]*\ndirectory$/m);
	});
});

describe('containers of a Footbridge that is killed', { ...needs('docker'), concurrency: false }, () => {
	test('the job`s goes by itself, and services and networks at the next start', async () => {
		const child = spawn(process.execPath, [join(import.meta.dirname, 'containers-child.ts'), place], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const exit = new Promise((resolve) => child.once('exit', resolve));
		const room = await new Promise<string>((resolve) =>
			child.stdout.on('data', (chunk) => {
				const [, id] = /room (\S+)\n/.exec(String(chunk)) ?? [];
				if (id !== undefined) resolve(id);
			}),
		);
		const count = (...filter: string[]) =>
			execFileSync('docker', [...filter, '-q', '--filter', `label=footbridge.room=${room}`], { encoding: 'utf8' })
				.split('\n')
				.filter(Boolean).length;
		assert.deepEqual([count('ps'), count('network', 'ls')], [2, 1]);
		child.kill('SIGKILL');
		await exit;
		for (let tries = 0; tries < 100 && count('ps', '-a') > 1; tries += 1)
			await new Promise((resolve) => setTimeout(resolve, 50));
		assert.deepEqual([count('ps', '-a'), count('network', 'ls')], [1, 1], 'the service runs on');
		await using rig = await openRig();
		const swept: string[] = [];
		for (const sandbox of rig.ports.sandboxes) swept.push(...(await sandbox.sweep(join(place, 'killed', 'rooms'))));
		assert.deepEqual(swept, [room]);
		await sweepContainers(dockerEngine(), swept);
		assert.deepEqual([count('ps', '-a'), count('network', 'ls')], [0, 0]);
	});
});
