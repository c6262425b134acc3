import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupWithRunner, passwdWithRunner, shadowWithoutPasswords } from './accounts.ts';
import { enterRoom, holdRoom, traced, withEnvironment } from './launch.ts';
import { enterRootlessRoom, holdRootlessRoom } from './rootless-launch.ts';

const programs = {
	unshare: '/usr/bin/unshare',
	nsenter: '/usr/bin/nsenter',
	setpriv: '/usr/bin/setpriv',
	chroot: '/usr/sbin/chroot',
};

describe('a command with its environment', () => {
	const { argv, env } = withEnvironment(['make', 'a b'], '/w', {
		TOKEN: 's3cret',
		'INPUT_A-B': '',
		LD_PRELOAD: '/evil.so',
	});

	test('values travel under names that mean nothing to anybody, and are set by the last program of the chain', () => {
		assert.deepEqual(env, { FB_0: 'TOKEN=s3cret', FB_1: 'INPUT_A-B=', FB_2: 'LD_PRELOAD=/evil.so' });
		assert.deepEqual(argv, [
			'/usr/bin/env',
			'-C',
			'/w',
			'-S',
			`-i ${[0, 1, 2].map((index) => `\${FB_${index}}`).join(' ')}`,
			'make',
			'a b',
		]);
	});

	test('a name that no environment can hold is left out', () => {
		const odd = withEnvironment(['true'], '/', { '': 'x', 'A=B': 'x', '-u': 'x', 'N\0': 'x', OK: 'x' });
		assert.deepEqual(odd.env, { FB_0: 'OK=x' });
	});
});

describe('entering a room', () => {
	const argv = enterRoom(programs, { pid: 42, network: 'shared', rights: 'sudo' }, ['/usr/bin/env', 'true']);

	test('rights are given up by the machine`s own programs, before the first one that the job may have replaced', () => {
		const order = ['/usr/bin/nsenter', '/usr/bin/setpriv', '/usr/sbin/chroot', '/room', '/usr/bin/env'].map((word) =>
			argv.indexOf(word),
		);
		assert.deepEqual(
			order,
			[...order].sort((a, b) => a - b),
		);
		assert.ok(order.every((index) => index >= 0));
	});

	test('no right is kept by which root could mount, make devices, load modules or trace', () => {
		const bounding = argv.find((word) => word.startsWith('--bounding-set=')) ?? '';
		assert.ok(bounding.startsWith('--bounding-set=-all,'));
		assert.doesNotMatch(
			bounding,
			/sys_admin|sys_ptrace|sys_module|mknod|net_admin|net_raw|sys_rawio|bpf|linux_immutable|mac_/,
		);
	});

	test('without rights, none can ever be got: no capability, no program that gives one', () => {
		const bare = enterRoom(programs, { pid: 42, network: 'private', rights: 'none' }, ['true']);
		for (const word of ['--net', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--clear-groups']) {
			assert.ok(bare.includes(word), word);
		}
	});

	test('the room is held in namespaces of its own that end with their first process', () => {
		const hold = holdRoom(programs, '/data/it`s $HOME', 'shared');
		for (const flag of ['--mount', '--pid', '--ipc', '--uts', '--kill-child']) assert.ok(hold.includes(flag), flag);
		assert.ok(hold.includes('/data/it`s $HOME'), 'the folder is an argument, never a part of the script');
		assert.ok(!hold.includes('--net'));
		assert.ok(holdRoom(programs, '/data', 'private').includes('--net'));
	});
});

describe('the commands of a room that an ordinary user makes', () => {
	test('it is held in a user namespace of its own, and the rest is as everywhere', () => {
		const hold = holdRootlessRoom(programs, '/data', 'private');
		assert.deepEqual(hold.slice(0, 3), [programs.unshare, '--user', '--map-root-user']);
		assert.deepEqual(hold.slice(3), holdRoom(programs, '/data', 'private').slice(1));
	});

	test('a job is given up its rights after its root was changed, in a namespace whose only user it is', () => {
		const argv = enterRootlessRoom(programs, { pid: 42, network: 'private' }, ['/usr/bin/env', 'true']);
		const order = [
			programs.nsenter,
			programs.unshare,
			'--map-user=1001',
			programs.chroot,
			programs.setpriv,
			'--no-new-privs',
		];
		const places = order.map((word) => argv.indexOf(word));
		assert.ok(places.every((place) => place >= 0));
		assert.deepEqual(
			places,
			[...places].sort((a, b) => a - b),
		);
		for (const word of ['--preserve-credentials', '--net', '--bounding-set=-all', '--ambient-caps=-all'])
			assert.ok(argv.includes(word), word);
		assert.deepEqual(argv.slice(-2), ['/usr/bin/env', 'true']);
	});
});

test('a trace follows children, and keeps little of what is written', () => {
	const argv = traced(['npm', 'test'], '/e/trace');
	assert.deepEqual(argv.slice(argv.indexOf('-o')), ['-o', '/e/trace', '--', 'npm', 'test']);
	for (const word of ['-f', '--seccomp-bpf', '-y']) assert.ok(argv.includes(word), word);
	assert.equal(argv[argv.indexOf('-s') + 1], '64');
});

describe('the accounts of a room', () => {
	test('runner is there once, instead of whoever has the name or the number', () => {
		const passwd = 'root:x:0:0:root:/root:/bin/bash\nanna:x:1001:1001::/home/anna:/bin/sh\nrunner:x:5:5::/:/bin/sh\n';
		assert.equal(
			passwdWithRunner(passwd, '/bin/bash'),
			'root:x:0:0:root:/root:/bin/bash\nrunner:x:1001:1001:Runner:/home/runner:/bin/bash\n',
		);
		assert.equal(
			groupWithRunner('root:x:0:\nanna:x:1001:\ndocker:x:999:anna\n'),
			'root:x:0:\ndocker:x:999:anna\nrunner:x:1001:\n',
		);
	});

	test('no password is left, everything else of an account is', () => {
		assert.equal(
			shadowWithoutPasswords('root:$6$abc$def:19000:0:99999:7:::\ndaemon:*:1:0:99999:7:::\nrunner:x:1::::::\n'),
			'root:*:19000:0:99999:7:::\ndaemon:*:1:0:99999:7:::\n',
		);
	});
});
