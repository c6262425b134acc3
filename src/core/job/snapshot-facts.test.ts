import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSnapshot } from './snapshot-facts.ts';

const output = `user\tuid=1001(runner) gid=1001(runner) groups=1001(runner),27(sudo)
umask\t0022
cwd\t/rooms/x1/work/app/app
uname\tLinux 6.1.0 x86_64
timezone\tUTC +0000
locale\tC.UTF-8

@@ cpu
2
@@ memory
MemTotal:       25165824 kB
@@ limits
time(seconds)        unlimited
open files                          (-n) 1024
@@ path
/usr/bin:/bin
@@ tools
node\t/usr/bin/node
git\t/usr/bin/git
@@ binaries
/usr/bin/node\t149711504 1795434597
@@ disk
Filesystem     1024-blocks      Used Available Capacity Mounted on
overlay           41152736  30000000    900000      98% /
overlay           41152736  10000000  30000000      26% /
@@ modes
/rooms/x1/work/_temp\trunner:runner 755 directory
/usr/bin\troot:root 755 directory
@@ cache
/opt/hostedtoolcache\trunner:runner 755 d
/opt/hostedtoolcache/node\trunner:runner 555 d
@@ listening
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 12345 1
   1: 0100007F:C350 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 12345 1
@@ resolver
255224082 25
garbage that nobody knows`;

const facts = parseSnapshot(output, {
	symbols: [
		['/rooms/x1/work/app/app', '$GITHUB_WORKSPACE'],
		['/rooms/x1/work/_temp', '$RUNNER_TEMP'],
	],
	env: { LANG: 'C.UTF-8', PATH: '/usr/bin', DEPLOY_TOKEN: 'value' },
});

test('each section becomes facts that can be compared key by key', () => {
	assert.equal(facts['user/uid'], '1001(runner)');
	assert.equal(facts['user/groups'], '1001(runner),27(sudo)');
	assert.equal(facts['arch'], 'x86_64');
	assert.equal(facts['memory'], '24 GiB');
	assert.equal(facts['limit/time'], 'unlimited');
	assert.equal(facts['limit/open-files'], '1024');
	assert.equal(facts['tool/node'], '/usr/bin/node 149711504 bytes, changed 1795434597');
	assert.equal(facts['tool/git'], '/usr/bin/git');
	assert.equal(facts['disk/workspace'], 'low');
	assert.equal(facts['disk/temp'], 'ok');
	assert.equal(facts['path/opt/hostedtoolcache/node'], 'runner:runner 555 dir');
	assert.equal(facts['port/5432'], 'listening');
});

test('what differs from job to job has a name instead, and passing ports are left out', () => {
	assert.equal(facts['cwd'], '$GITHUB_WORKSPACE');
	assert.equal(facts['path/$RUNNER_TEMP'], 'runner:runner 755 dir');
	assert.equal(facts['port/50000'], undefined);
	assert.ok(!JSON.stringify(facts).includes('/rooms/'));
});

test('values of variables are hashed, except harmless ones', () => {
	assert.equal(facts['env/LANG'], 'C.UTF-8');
	assert.match(facts['env/DEPLOY_TOKEN'] ?? '', /^hash [0-9a-f]{8}$/);
});

test('an empty or cut output gives what there is', () => {
	assert.deepEqual(parseSnapshot('', { symbols: [], env: {} }), {});
	assert.equal(parseSnapshot(output.slice(0, 200), { symbols: [], env: {} })['umask'], '0022');
});
