import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mountOf, outermost } from './mount-table.ts';
import { planLentOverlays, planRootlessMounts, type RootlessMountFacts, shownOfMachine } from './rootless-mounts.ts';

const directory = '/home/ada/data/rooms/r1';
const room = `${directory}/base/room`;
const at = (point: string, ...options: readonly string[]) => ({ point, type: 'ext4', options: ['rw', ...options] });
const facts: RootlessMountFacts = {
	directory,
	parts: ['/usr', '/etc', '/opt/tool'],
	replaced: [{ path: '/etc/passwd', by: `${directory}/accounts/passwd` }],
	mounts: [
		at('/'),
		at('/home', 'nosuid', 'nodev', 'relatime'),
		at('/opt/tool/disk', 'noexec'),
		at('/sys'),
		at('/sys/fs/cgroup'),
		at('/sys/fs/cgroup/memory'),
	],
	programs: ['/usr'],
	existing: new Set(['/proc/sys', '/proc/kcore']),
	toolCache: '/home/ada/data/tools',
	hidden: [{ path: '/opt/tool/secret', instead: `${directory}/hidden-0` }],
	shown: ['/home/ada/node/bin'],
	lent: ['/home/ada/a:b,c'],
};
const planned = planRootlessMounts(facts);
const targets = planned.map(({ target }) => target);
const entry = (target: string) => planned.find((other) => other.target === target);

describe('the mounts of a room that an ordinary user makes', () => {
	test('what is shown of the machine is read-only, with what is mounted below it', () => {
		for (const path of ['/usr', '/etc', '/opt/tool', '/opt/tool/disk', '/home/ada/node/bin', '/sys'])
			assert.deepEqual(entry(`${room}${path}`)?.options.slice(0, 2), ['rbind', 'ro'], path);
	});

	test('a restriction of the mount that something comes from stays: the kernel refuses to lift it', () => {
		assert.deepEqual(entry(`${directory}/base`)?.options, ['rbind', 'ro', 'nosuid', 'nodev']);
		assert.deepEqual(entry(`${room}/opt/tool/disk`)?.options, ['rbind', 'ro', 'noexec']);
		assert.deepEqual(entry(`${room}/usr`)?.options, ['rbind', 'ro']);
		assert.deepEqual(entry(`${room}/tmp`)?.options, ['rbind'], 'and nothing is added to what is writable');
	});

	test('only the room`s own folders and the tool cache are writable', () => {
		const writable = planned.filter(({ type, options }) => type === 'none' && !options.includes('ro'));
		const sources = writable.map(({ source }) => source).filter((source) => !source.startsWith('/dev/'));
		assert.ok(sources.length >= 7);
		for (const source of sources) assert.ok(source.startsWith(`${directory}/`) || source === facts.toolCache, source);
	});

	test('control groups are out of sight, the outermost mount once', () => {
		assert.equal(entry(`${room}/sys/fs/cgroup`)?.source, `${directory}/empty`);
		assert.equal(entry(`${room}/sys/fs/cgroup/memory`), undefined);
	});

	test('what is hidden comes after what holds it, what is shown after that', () => {
		const order = ['/opt/tool', '/opt/tool/secret', '/home/ada/node/bin'].map((path) =>
			targets.indexOf(`${room}${path}`),
		);
		assert.deepEqual(
			order,
			[...order].sort((a, b) => a - b),
		);
		assert.ok(order.every((index) => index >= 0));
	});

	test('no folder with files of people or sockets is among what is shown', () => {
		for (const path of ['/home', '/root', '/run', '/var', '/var/run', '/var/lib', '/mnt', '/srv', '/tmp', '/'])
			assert.ok(!shownOfMachine.some((shown) => shown === path), path);
	});

	test('a folder that is lent is read-only at least, and changeable where overlays of users work', () => {
		assert.deepEqual(entry(`${room}/home/ada/a:b,c`)?.options.slice(0, 2), ['rbind', 'ro']);
		const [lower, overlay] = planLentOverlays(facts);
		assert.equal(lower?.target, `${directory}/lent/0`);
		assert.equal(overlay?.target, `${room}/home/ada/a:b,c`);
		assert.ok(overlay?.options.includes('userxattr') && overlay.options.includes('lowerdir=lent/0'));
	});
});

describe('the table of mounts', () => {
	test('a path is on the innermost mount, of several at one point on the last', () => {
		const mounts = [at('/'), at('/a', 'first'), at('/a', 'last'), at('/a/b')];
		assert.deepEqual(mountOf(mounts, '/a/x')?.options, ['rw', 'last']);
		assert.equal(mountOf(mounts, '/a/b/c')?.point, '/a/b');
		assert.equal(mountOf([], '/a'), undefined);
	});

	test('the outermost of paths are those below no other', () => {
		assert.deepEqual(outermost(['/a/b', '/a', '/ab', '/a']), ['/a', '/ab']);
	});
});
