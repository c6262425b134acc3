import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limitFiles, neededPlaces, ownPlaces, refusalsOf, shownBytes, usageOf } from './cgroup-files.ts';
import { parseMountTable } from './mount-table.ts';

const mountinfo = (lines: readonly (readonly [point: string, type: string])[]) =>
	parseMountTable(lines.map(([point, type]) => `1 1 0:1 / ${point} rw - ${type} x rw`).join('\n'));

describe('the control groups of this process', () => {
	test('are one in version 2', () => {
		const places = ownPlaces(['0::/user.slice/fb.service'], mountinfo([['/sys/fs/cgroup', 'cgroup2']]));
		assert.deepEqual(places, [
			{ version: 2, controllers: ['memory', 'cpu', 'pids', 'io'], path: '/sys/fs/cgroup/user.slice/fb.service' },
		]);
	});

	test('are one a hierarchy in version 1, also where a hierarchy has several controllers', () => {
		const lines = ['4:memory:/jobs', '3:cpu,cpuacct:/', '2:name=systemd:/init', '1:cpuset:/'];
		const mounts = mountinfo([
			['/sys/fs/cgroup/memory', 'cgroup'],
			['/sys/fs/cgroup/cpu,cpuacct', 'cgroup'],
			['/sys/fs/cgroup/systemd', 'cgroup'],
			['/sys/fs/cgroup/cpuset', 'cgroup'],
		]);
		assert.deepEqual(ownPlaces(lines, mounts), [
			{ version: 1, controllers: ['memory'], path: '/sys/fs/cgroup/memory/jobs' },
			{ version: 1, controllers: ['cpu', 'cpuacct'], path: '/sys/fs/cgroup/cpu,cpuacct' },
			{ version: 1, controllers: ['systemd'], path: '/sys/fs/cgroup/systemd/init' },
		]);
	});
});

const two = { version: 2, controllers: ['memory', 'cpu', 'pids', 'io'], path: '/2' } as const;
const one = (controller: string) => ({ version: 1, controllers: [controller], path: `/1/${controller}` }) as const;

test('no group is made for nothing: what counts, what limits, and one that holds', () => {
	const all = ['memory', 'cpu', 'cpuacct', 'pids', 'blkio', 'systemd', 'freezer'].map(one);
	const names = (limits: object, holds: boolean) =>
		neededPlaces(all, { limits, holds }).flatMap(({ controllers }) => controllers);
	assert.deepEqual(names({}, false), ['memory', 'cpuacct', 'blkio']);
	assert.deepEqual(names({}, true), ['memory', 'cpuacct', 'blkio', 'pids']);
	assert.deepEqual(names({ cpus: 1, processes: 9 }, true), ['memory', 'cpu', 'cpuacct', 'pids', 'blkio']);
	assert.deepEqual(neededPlaces([two], { limits: {}, holds: true }), [two]);
	assert.deepEqual(neededPlaces([{ ...two, controllers: [] }], { limits: {}, holds: false }), [], 'a mixed machine');
});

test('limits are written in the words of each version', () => {
	const limits = { memoryBytes: 64 * 1024 ** 2, cpus: 1.5, processes: 30 };
	assert.deepEqual(limitFiles(two, limits), [
		['memory.max', '67108864'],
		['memory.swap.max', '0'],
		['cpu.max', '150000 100000'],
		['pids.max', '30'],
	]);
	assert.deepEqual(limitFiles(one('cpu'), limits), [
		['cpu.cfs_period_us', '100000'],
		['cpu.cfs_quota_us', '150000'],
	]);
	assert.deepEqual(limitFiles(one('memory'), { processes: 3 }), []);
});

test('what was taken is read from either version, and absent where nobody counts', () => {
	const files: { readonly [path: string]: string } = {
		'/2/memory.peak': '1048576\n',
		'/2/cpu.stat': 'usage_usec 12345\nuser_usec 1\n',
		'/2/io.stat': '8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2\n',
		'/1/memory/memory.max_usage_in_bytes': '4096\n',
		'/1/cpuacct/cpuacct.usage': '5500000\n',
		'/1/blkio/blkio.throttle.io_service_bytes': '8:0 Read 7\n8:0 Write 9\n8:0 Total 16\nTotal 16\n',
	};
	const read = ({ path }: { readonly path: string }, file: string) => files[`${path}/${file}`];
	assert.deepEqual(usageOf([two], read), { peakMemoryBytes: 1048576, cpuMs: 12.3, readBytes: 11, writtenBytes: 22 });
	const old = [one('memory'), one('cpuacct'), one('blkio')];
	assert.deepEqual(usageOf(old, read), { peakMemoryBytes: 4096, cpuMs: 5.5, readBytes: 7, writtenBytes: 9 });
	assert.deepEqual(usageOf([one('systemd')], read), {});
});

test('refusals are counted over all groups', () => {
	const files: { readonly [path: string]: string } = {
		'/2/memory.events': 'low 0\noom 3\noom_kill 2\n',
		'/2/pids.events': 'max 4\n',
		'/1/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
	};
	const read = ({ path }: { readonly path: string }, file: string) => files[`${path}/${file}`];
	assert.deepEqual(refusalsOf([two, one('memory')], read), { memory: 3, processes: 4 });
});

test('bytes are shown as limits are written', () => {
	assert.deepEqual([512, 64 * 1024 ** 2, 1.5 * 1024 ** 3].map(shownBytes), ['512 B', '64 MiB', '1.5 GiB']);
});
