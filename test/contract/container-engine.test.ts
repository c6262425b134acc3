import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, plainSettings } from '#core/container/container.ts';
import { ProblemError } from '#core/result.ts';
import type { ContainerEngine } from '#edge/container/container.ts';
import { dockerEngine } from '#edge/container/docker.ts';
import { type FakeProgram, fakeEngine } from '#edge/container/fake.ts';
import { packed } from '#engine/pack-folder-program.ts';
import { needs, testImage } from '../needs.ts';

const label = { 'footbridge.room': `engine-${process.pid}` };
const own = `footbridge.room=engine-${process.pid}`;

function container(command: string, more: Partial<Container> = {}): Container {
	return {
		image: testImage,
		labels: label,
		env: {},
		command: ['bash', '-c', command],
		volumes: [],
		ports: [],
		settings: plainSettings,
		...more,
	};
}

/** What the fake does for the commands of these tests. */
const programs: { readonly [command: string]: FakeProgram } = {
	'echo one; echo two; exit 3': { output: ['one\n', 'two\n'], exitCode: 3 },
	'sleep 60': {},
	cat: { isEcho: true },
};

const subjects: readonly {
	readonly name: string;
	readonly engine: ContainerEngine;
	readonly skip: { readonly skip: string | false };
}[] = [
	{
		name: 'fake',
		engine: fakeEngine({
			images: [testImage],
			program: ({ command }) => programs[command?.[2] ?? ''] ?? { exitCode: 127 },
		}),
		skip: needs(),
	},
	{ name: 'docker', engine: dockerEngine(), skip: needs('docker') },
];

async function codeOf(work: Promise<unknown>): Promise<string> {
	const error = await work.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	assert.ok(error instanceof ProblemError, String(error));
	return error.problem.code;
}

for (const { name, engine, skip } of subjects) {
	describe(`every container engine: ${name}`, { ...skip, concurrency: false }, () => {
		after(async () => {
			if (skip.skip === false) await engine.sweep(own);
		});

		test('it is there, and tells its version', async () => {
			assert.equal(await engine.available(), undefined);
			assert.match(await engine.version(), /^(Docker|Podman) \d/);
		});

		test('an image is known by its id, and one that is not here is none', async () => {
			assert.match((await engine.image(testImage))?.id ?? '', /^sha256:/);
			assert.equal(await engine.image('no/such:1'), undefined);
		});

		test('everything that a container says is handed over before its exit code', async () => {
			const id = await engine.create(container('echo one; echo two; exit 3'));
			let said = '';
			const started = await engine.start(id, (chunk) => {
				said += Buffer.from(chunk).toString();
			});
			assert.deepEqual([await started.ended, said], [3, 'one\ntwo\n']);
			assert.deepEqual([(await engine.state(id)).isRunning, (await engine.state(id)).exitCode], [false, 3]);
			assert.equal(await engine.logs(id, 1), 'two\n');
			await engine.remove(id);
			await engine.remove(id);
			assert.equal(await codeOf(engine.state(id)), 'FB2103');
		});

		test('what is written to it arrives, and it ends when nobody writes any more', async () => {
			const id = await engine.create(container('cat', { hasInput: true, isFleeting: true }));
			let said = '';
			const started = await engine.start(id, (chunk) => {
				said += Buffer.from(chunk).toString();
			});
			started.write('hello\n');
			while (said === '') await sleep(10);
			started.close();
			assert.deepEqual([await started.ended, said], [0, 'hello\n']);
		});

		test('a port without a number gets one of loopback; a sweep removes it all, by label', async () => {
			await engine.createNetwork(`engine-${process.pid}`, label);
			const network = { name: `engine-${process.pid}`, aliases: ['me'] };
			const ports = [{ container: 7000, protocol: 'tcp' }] as const;
			const id = await engine.create(container('sleep 60', { network, ports }));
			await engine.start(id);
			const state = await engine.state(id);
			assert.ok(state.isRunning && state.exitCode === null);
			assert.ok((state.ports['7000/tcp'] ?? 0) > 1023, JSON.stringify(state));
			await engine.sweep('footbridge.room=somebody-else');
			assert.equal((await engine.state(id)).isRunning, true);
			await engine.sweep(own);
			assert.equal(await codeOf(engine.state(id)), 'FB2103');
			await engine.createNetwork(`engine-${process.pid}`, label);
			await engine.removeNetwork(`engine-${process.pid}`);
		});

		test('an image that is not here makes no container', async () => {
			assert.equal(await codeOf(engine.create(container('true', { image: 'no/such:1' }))), 'FB2103');
		});
	});
}

describe('Docker`s engine', { ...needs('docker'), concurrency: false }, () => {
	const engine = dockerEngine();
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-engine-'));
	after(() => rmSync(folder, { recursive: true, force: true }));
	const quiet = { say: () => undefined, signal: new AbortController().signal };

	test('without an engine it says why, and what was tried', async () => {
		const none = dockerEngine({ host: `unix://${folder}/nothing.sock` });
		assert.match((await none.available()) ?? '', /nothing\.sock.*ENOENT/);
		assert.equal(await codeOf(none.version()), 'FB2103');
		assert.match(
			(await dockerEngine({ env: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } }).available()) ?? '',
			/DOCKER_HOST names none on it/,
		);
	});

	test('an image is built of a folder, and a build that fails says so', async () => {
		const context = (dockerfile: string) => {
			writeFileSync(join(folder, 'Dockerfile'), dockerfile);
			writeFileSync(join(folder, `${'long-'.repeat(30)}name`), 'content of a long name');
			return Buffer.concat([...packed(folder)]);
		};
		const name = `footbridge-test:${process.pid}`;
		const lines: string[] = [];
		const built = {
			name,
			dockerfile: 'Dockerfile',
			labels: {},
			...quiet,
			say: (line: string) => void lines.push(line),
		};
		await engine.build({
			...built,
			context: context(`FROM ${testImage}\nCOPY long* /here\nENV A=1\nUSER 12\nENTRYPOINT ["cat", "/here"]\n`),
		});
		const image = await engine.image(name);
		assert.deepEqual([image?.env['A'], image?.user, image?.entrypoint], ['1', '12', ['cat', '/here']]);
		assert.ok(
			lines.some((line) => /^step 1\//i.test(line)),
			lines.join('\n'),
		);
		const { command: _, ...plain } = container('', { image: name, isFleeting: true });
		let said = '';
		await (
			await engine.start(await engine.create(plain), (chunk) => {
				said += Buffer.from(chunk).toString();
			})
		).ended;
		assert.equal(said, 'content of a long name');
		assert.equal(
			await codeOf(engine.build({ ...built, context: context(`FROM ${testImage}\nRUN exit 4\n`) })),
			'FB2105',
		);
		execFileSync('docker', ['image', 'rm', '-f', name], { stdio: 'ignore' });
	});

	test(
		'an image is pulled with its credentials, told in lines, and known by its digest then',
		needs('registry'),
		async () => {
			const registry = await startRegistry(folder);
			const name = `127.0.0.1:${registry.port}/octo/base:1`;
			try {
				const config = join(folder, 'client');
				const docker = (...args: string[]) =>
					execFileSync('docker', ['--config', config, ...args], { stdio: 'pipe', input: 's3cret-pull' });
				docker('login', '--username', 'me', '--password-stdin', `127.0.0.1:${registry.port}`);
				docker('tag', testImage, name);
				docker('push', name);
				docker('image', 'rm', name);
				assert.equal(await codeOf(engine.pull(name, quiet)), 'FB2104');
				assert.equal(
					await codeOf(engine.pull(name, { ...quiet, credentials: { username: 'me', password: 'wrong' } })),
					'FB2104',
				);
				const lines: string[] = [];
				const credentials = { username: 'me', password: 's3cret-pull' };
				await engine.pull(name, { ...quiet, credentials, say: (line) => void lines.push(line) });
				assert.match(lines.join('\n'), /Pulling from octo\/base[\s\S]*Digest: sha256:/);
				assert.doesNotMatch(lines.join('\n'), /s3cret/);
				const image = await engine.image(name);
				assert.match(
					image?.digest ?? '',
					new RegExp(`^127\\.0\\.0\\.1:${registry.port}/octo/base@sha256:[0-9a-f]{64}$`),
				);
				docker('image', 'rm', name);
				await engine.pull(image?.digest ?? '', { ...quiet, credentials });
				assert.equal((await engine.image(image?.digest ?? ''))?.id, image?.id);
				assert.equal(
					await codeOf(engine.pull(`127.0.0.1:${registry.port}/octo/base:2`, { ...quiet, credentials })),
					'FB2104',
				);
				docker('image', 'rm', image?.digest ?? '');
			} finally {
				registry.stop();
			}
		},
	);
});

/** A registry of our own, which `me` may use with `s3cret-pull`. */
async function startRegistry(folder: string) {
	const port = await freePort();
	writeFileSync(join(folder, 'htpasswd'), 'me:$2b$05$abcdefghijklmnopqrstuu8YiNQeALDquttzdJ8JTU2sZhhUyTzGK\n');
	writeFileSync(
		join(folder, 'registry.yml'),
		`version: 0.1
storage: { filesystem: { rootdirectory: ${folder}/images } }
http: { addr: '127.0.0.1:${port}' }
auth: { htpasswd: { realm: test, path: ${folder}/htpasswd } }
`,
	);
	const child = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], { stdio: 'ignore' });
	for (let tries = 0; tries < 100; tries += 1) {
		const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
		if (answer?.status === 401) break;
		await sleep(50);
	}
	return { port, stop: () => child.kill('SIGKILL') };
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}
