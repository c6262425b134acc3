import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../plan.ts';
import { containerDefinition } from './definition.ts';
import { fullName, imageReference, isNewest } from './image-reference.ts';
import { containerOptions, powerProblems } from './options.ts';
import { portMappings } from './port-mapping.ts';
import { PullProgress } from './pull-progress.ts';
import { ownVolumes, volumeOf } from './volume.ts';
import { wordsOf } from './words.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('the name of an image', () => {
	for (const [text, expected] of [
		['postgres', { registry: 'docker.io', repository: 'library/postgres' }],
		['postgres:17-alpine', { registry: 'docker.io', repository: 'library/postgres', tag: '17-alpine' }],
		['octo/tool', { registry: 'docker.io', repository: 'octo/tool' }],
		['ghcr.io/octo/tool:v1', { registry: 'ghcr.io', repository: 'octo/tool', tag: 'v1' }],
		['localhost/tool', { registry: 'localhost', repository: 'tool' }],
		['127.0.0.1:5000/a/b:1', { registry: '127.0.0.1:5000', repository: 'a/b', tag: '1' }],
		['127.0.0.1:5000/a', { registry: '127.0.0.1:5000', repository: 'a' }],
		[`node:22@${digest}`, { registry: 'docker.io', repository: 'library/node', tag: '22', digest }],
	] as const)
		test(text, () => assert.deepEqual(imageReference(text), expected));

	test('what no registry would take is none', () => {
		for (const text of ['', 'Postgres', 'a//b', '-a', 'a:b:c', 'a@sha256:1', 'a b', '../x', 'a;rm', 'http://x/y'])
			assert.equal(imageReference(text), undefined, text);
	});

	test('only what names no version, or latest, means another image tomorrow', () => {
		const newest = ['node', 'node:latest', 'node:22', `node@${digest}`].map((text) => {
			const reference = imageReference(text);
			return reference !== undefined && isNewest(reference);
		});
		assert.deepEqual(newest, [true, true, false, false]);
		assert.deepEqual([fullName('node'), fullName('node:22')], ['node:latest', 'node:22']);
	});
});

test('words are split as a shell would', () => {
	assert.deepEqual(wordsOf(`a 'b c' "d \\"e\\" $f" g\\ h ''`), ['a', 'b c', 'd "e" $f', 'g h', '']);
	assert.deepEqual(wordsOf('  '), []);
	assert.equal(wordsOf(`it's`), undefined);
	assert.equal(wordsOf('"open'), undefined);
});

test('ports are read as docker run -p reads them, and an address never leaves loopback', () => {
	assert.deepEqual(portMappings('80'), [{ container: 80, protocol: 'tcp' }]);
	assert.deepEqual(portMappings('8080:80/udp'), [{ container: 80, protocol: 'udp', host: 8080 }]);
	assert.deepEqual(portMappings('0.0.0.0:8080:80'), [{ container: 80, protocol: 'tcp', host: 8080 }]);
	assert.deepEqual(portMappings('127.0.0.1::80'), [{ container: 80, protocol: 'tcp' }]);
	assert.deepEqual(
		portMappings('7000-7001:80-81')?.map(({ host, container }) => [host, container]),
		[
			[7000, 80],
			[7001, 81],
		],
	);
	for (const text of ['', 'x', '0', '65536', '1-2:3', '2-1', '80/http', '1:2:3:4', '1-65535'])
		assert.equal(portMappings(text), undefined, text);
});

test('volumes are folders of the machine, volumes with a name that are the job`s own, or ones without', () => {
	assert.deepEqual(volumeOf('/srv:/data:ro'), { kind: 'folder', source: '/srv', target: '/data', isReadOnly: true });
	assert.deepEqual(volumeOf('/data')?.kind, 'anonymous');
	const named = volumeOf('cache:/data');
	assert.deepEqual(ownVolumes(named === undefined ? [] : [named], 'r1')[0]?.source, 'footbridge-r1-cache');
	for (const text of ['', 'data', 'a:b', '/a:/b:/c', '/a/../..:/b', '/:/host', '/a:/', 'a:/b:exec', './x:/y'])
		assert.equal(volumeOf(text), undefined, text);
});

describe('options of a container', () => {
	const read = (line: string) => {
		const options = containerOptions(line, 'w.yml:1:1');
		assert.ok(options.ok, JSON.stringify(options));
		return options.value;
	};

	test('what is usual is read', () => {
		const { settings, powers } = read(
			`--cpus 1.5 -m 512m --health-cmd "pg_isready -U x" --health-interval=10s --health-timeout 5s --health-retries 5 -e A=1 -eB=2 --user root -it --init --shm-size=2gb --ulimit nofile=10:20 --tmpfs /run:size=1m --name db --pids-limit 9`,
		);
		assert.deepEqual(powers, []);
		assert.deepEqual(
			[settings.cpus, settings.memoryBytes, settings.health, settings.env, settings.user],
			[
				1.5,
				512 * 1024 ** 2,
				{ command: 'pg_isready -U x', intervalMs: 10_000, timeoutMs: 5000, retries: 5 },
				['A=1', 'B=2'],
				'root',
			],
		);
		assert.deepEqual(
			[settings.hasInit, settings.shmBytes, settings.ulimits, settings.tmpfs, settings.aliases, settings.processes],
			[true, 2 * 1024 ** 3, [{ name: 'nofile', soft: 10, hard: 20 }], { '/run': 'size=1m' }, ['db'], 9],
		);
	});

	test('what is not known, or has no value that could be one, is refused with the reason', () => {
		for (const [line, why] of [
			['--env-file /etc/passwd', /--env-file is no option/],
			['--volumes-from other', /no option/],
			['--cidfile /etc/x', /no option/],
			['--mount type=bind,src=/,dst=/h', /no option/],
			['stray', /stray is no option/],
			['--cpus', /--cpus needs a value/],
			['--cpus many', /cannot be 'many'/],
			['--health-interval 5', /cannot be '5'/],
			['--constructor x', /no option/],
			["--health-cmd 'open", /quote/],
		] as const) {
			const options = containerOptions(line, 'w.yml:1:1');
			assert.ok(!options.ok && options.error[0]?.code === 'FB2100', line);
			assert.match(options.error[0]?.why ?? '', why);
		}
	});

	test('what reaches beyond the container is a power, and needs to be allowed one by one', () => {
		const { powers } = read(
			'--privileged --cap-add=ALL --device /dev/kvm --pid=host --ipc host --network host --security-opt seccomp=unconfined --security-opt no-new-privileges -v /:/host/x -v /srv/data:/d --uts=host --userns=host --sysctl a=1',
		);
		assert.deepEqual(powers, [
			'--privileged',
			'--cap-add=ALL',
			'--device=/dev/kvm',
			'--pid=host',
			'--ipc=host',
			'--network=host',
			'--security-opt=seccomp=unconfined',
			'--uts=host',
			'--userns=host',
			'--sysctl=a=1',
			'--volume=/srv/data',
		]);
		const refused = (allowed: readonly string[], whyForeign?: string) =>
			powerProblems(powers, { allowed, whyForeign, where: 'w.yml:1:1' }).map(({ what }) => what.split(' ')[0]);
		assert.equal(refused([]).length, powers.length);
		assert.deepEqual(refused(powers), []);
		assert.deepEqual(refused(['--cap-add', '--volume=/srv', '--privileged']).includes('--cap-add=ALL'), false);
		assert.equal(refused(['--volume=/sr']).includes('--volume=/srv/data'), true);
		assert.equal(refused(['--cap-add=SYS_PTRACE']).includes('--cap-add=ALL'), true);
		assert.equal(refused(powers, 'the pull request comes from a fork').length, powers.length, 'never for a fork');
	});
});

describe('the definition of a container', () => {
	const read = (value: Json) => containerDefinition(value, { name: 'The container', where: 'w.yml:1:1' });

	test('an empty image means that there is none', () => {
		for (const value of ['', null, { image: '' }, { image: null, options: '--cpus 1' }])
			assert.deepEqual(read(value), { ok: true, value: undefined });
	});

	test('credentials without a password are none, and commands are words', () => {
		const definition = read({
			image: 'docker://a',
			credentials: { username: 'x', password: '' },
			command: "a 'b c'",
			entrypoint: 'go',
			env: { A: 1, B: null },
		});
		assert.ok(definition.ok);
		assert.deepEqual(
			[
				definition.value?.image,
				definition.value?.credentials,
				definition.value?.command,
				definition.value?.entrypoint,
				definition.value?.env,
			],
			['a', undefined, ['a', 'b c'], ['go'], { A: '1', B: '' }],
		);
	});

	test('everything that is wrong is told at once', () => {
		const definition = read({ image: 'Not An Image', ports: ['x'], volumes: ['y'] });
		assert.ok(!definition.ok);
		assert.deepEqual(
			definition.error.map(({ code, why }) => [code, why?.split("'")[1]]),
			[
				['FB2102', 'Not An Image'],
				['FB2102', 'y'],
				['FB2102', 'x'],
			],
		);
	});
});

test('of a pull the log has where it comes from, each quarter, and the digest', () => {
	const progress = new PullProgress();
	const loading = (id: string, current: number) =>
		progress.take({ status: 'Downloading', id, progressDetail: { current, total: 1e6 } });
	assert.deepEqual(progress.take({ status: 'Pulling from library/x', id: '1' }), ['1: Pulling from library/x']);
	assert.deepEqual(progress.take({ status: 'Pulling fs layer', id: 'aa' }), []);
	assert.deepEqual(
		[loading('aa', 1e5), loading('aa', 2.6e5), loading('aa', 2.7e5)],
		[[], ['Downloaded 0.3 MB of 1.0 MB in 1 layers'], []],
	);
	assert.deepEqual(progress.take({ status: 'Pull complete', id: 'aa' }), ['Downloaded 1.0 MB of 1.0 MB in 1 layers']);
	assert.deepEqual(progress.take({ status: 'Digest: sha256:1' }), ['Digest: sha256:1']);
});
