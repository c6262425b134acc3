import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bind, fstab } from './fstab.ts';
import { layerOf, planLayers } from './layers.ts';
import { isWithin, parseMountTable } from './mount-table.ts';
import { coveredPaths, planBoundMounts, planRoomMounts, type RoomMountFacts } from './room-mounts.ts';

const facts: RoomMountFacts = {
	directory: '/data/rooms/r1',
	layers: { overlaid: ['/', '/var'], bound: ['/snap/core/1'], absent: [] },
	kernel: [6, 1],
	programs: ['/usr'],
	existing: new Set(['/proc/sys', '/proc/kcore', '/sys/firmware']),
	toolCache: '/data/tools',
	hidden: [{ path: '/data', instead: '/data/rooms/r1/hidden-0' }],
	shown: ['/data/node/bin'],
	lent: [],
};

describe('the table of mounts', () => {
	test('points and types are read, also with optional fields and white space in the point', () => {
		const table = parseMountTable(
			'27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n30 27 0:5 / /mnt/my\\040disk rw - xfs /dev/b rw\n\ngarbage\n',
		);
		assert.deepEqual(table, [
			{ point: '/', type: 'ext4', options: ['rw', 'relatime'] },
			{ point: '/mnt/my disk', type: 'xfs', options: ['rw'] },
		]);
	});

	test('a path is within a folder only at a slash', () => {
		assert.deepEqual(
			['/a', '/a/b', '/ab', '/'].map((path) => isWithin(path, '/a')),
			[true, true, false, false],
		);
		assert.ok(isWithin('/anything', '/'));
	});
});

describe('the layers of a room', () => {
	const at = (point: string, type = 'ext4') => ({ point, type });

	test('disks are overlaid, other files are bound, what a kernel or container makes up is absent', () => {
		const layers = planLayers(
			[
				at('/'),
				at('/var', 'xfs'),
				at('/snap/core/1', 'squashfs'),
				at('/net', 'nfs4'),
				at('/cg', 'cgroup2'),
				at('/var/lib/docker/x', 'overlay'),
			],
			[],
		);
		assert.deepEqual(layers, {
			overlaid: ['/', '/var'],
			bound: ['/net', '/snap/core/1'],
			absent: ['/cg', '/var/lib/docker/x'],
		});
	});

	test('what is mounted below a covered or absent place is nobody`s', () => {
		const layers = planLayers(
			[at('/'), at('/home'), at('/home/anna/disk'), at('/cg', 'cgroup2'), at('/cg/disk')],
			['/home'],
		);
		assert.deepEqual(layers, { overlaid: ['/'], bound: [], absent: ['/cg'] });
	});

	test('the last mount of a point is the one that is seen', () => {
		assert.deepEqual(planLayers([at('/'), at('/x'), at('/x', 'nfs')], []).bound, ['/x']);
	});

	test('a disk whose name overlay`s options cannot hold is shown read-only', () => {
		assert.deepEqual(planLayers([at('/'), at('/a:b'), at('/c,d')], []).bound, ['/a:b', '/c,d']);
	});

	test('a path belongs to the innermost layer around it', () => {
		const layers = planLayers([at('/'), at('/var'), at('/var/lib')], []);
		assert.deepEqual(
			['/etc', '/var/tmp', '/var/lib/x', '/various'].map((path) => layerOf(layers, path)),
			['/', '/var', '/var/lib', '/'],
		);
	});
});

describe('the mounts of a room', () => {
	const mounts = planRoomMounts(facts);
	const room = '/data/rooms/r1/base/room';
	const find = (target: string) => mounts.filter((mount) => mount.target === target);

	test('programs that hold rights come from a root that is read-only before anything else is there', () => {
		assert.deepEqual(mounts[0], bind('/data/rooms/r1/base', '/data/rooms/r1/base', 'readOnly'));
		assert.deepEqual(mounts[1]?.options, ['bind', 'ro']);
	});

	test('every layer has changes of its own, no devices, and waits for no disk', () => {
		assert.deepEqual(find(room)[0]?.options, [
			'nodev',
			'lowerdir=/',
			'upperdir=upper/0',
			'workdir=work/0',
			'redirect_dir=on',
			'volatile',
		]);
		assert.ok(find(`${room}/var`)[0]?.options.includes('upperdir=upper/1'));
		const old = planRoomMounts({ ...facts, kernel: [5, 4] });
		assert.ok(!old.some(({ options }) => options.includes('volatile')));
	});

	test('what guards the kernel is mounted after what it guards, and only where there is something', () => {
		const order = (target: string) => mounts.findLastIndex((mount) => mount.target === target);
		assert.ok(order(`${room}/proc`) < order(`${room}/proc/sys`));
		assert.deepEqual(find(`${room}/proc/sys`)[0]?.options, ['bind', 'ro']);
		assert.equal(find(`${room}/proc/kcore`)[0]?.source, '/dev/null');
		assert.equal(find(`${room}/proc/irq`).length, 0);
		assert.ok(find(`${room}/sys`)[0]?.options.includes('ro'));
	});

	test('what is hidden is hidden before what is shown is shown', () => {
		const index = (target: string) => mounts.findIndex((mount) => mount.target === target);
		assert.ok(index(`${room}/data`) > 0 && index(`${room}/data`) < index(`${room}/data/node/bin`));
		assert.deepEqual(find(`${room}/data/node/bin`)[0]?.options, ['bind', 'ro']);
	});

	test('a room covers its own directory and what is hidden', () => {
		const covered = coveredPaths('/data/rooms/r1', ['/secret']);
		for (const path of ['/proc', '/home', '/root', '/run', '/tmp', '/data/rooms/r1', '/secret'])
			assert.ok(covered.includes(path), path);
	});

	test('a folder that is lent comes below an overlay of its own, whatever its name', () => {
		const mounts = planRoomMounts({ ...facts, lent: ['/data/a:b,c'] }).slice(-2);
		assert.deepEqual(mounts[0], bind('/data/a:b,c', '/data/rooms/r1/lent/0', 'readOnly'));
		assert.equal(mounts[1]?.target, '/data/rooms/r1/base/room/data/a:b,c');
		assert.ok(mounts[1]?.options.includes('lowerdir=lent/0'));
	});

	test('other file systems are shown read-only', () => {
		assert.deepEqual(planBoundMounts(facts), [bind('/snap/core/1', `${room}/snap/core/1`, 'readOnly')]);
	});

	test('paths with white space, # or backslash stay one field of fstab', () => {
		assert.equal(fstab([bind('/a b\t#\\c', '/d\ne', 'writable')]), '/a\\040b\\011\\043\\134c /d\\012e none bind 0 0\n');
	});
});
