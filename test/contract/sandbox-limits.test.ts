import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { bash, controlGroups, disposable, host, hostWithoutCgroups, inRoom, isolated } from './sandbox-subjects.ts';

const isRoot = process.getuid?.() === 0;
/** An ordinary user has them where it was given groups to divide, as test/contract/sandbox-rootless.test.ts does. */
const notGiven = { skip: process.env['FOOTBRIDGE_TEST_GROUPS'] === undefined && 'needs groups of this user' };
const limiting = isRoot ? needs('root', 'overlay', 'cgroup') : notGiven;
const subjects = isRoot ? [disposable, isolated, host] : [isolated];
/** Of this file's rooms. */
const groups = () => controlGroups(`footbridge-test-${process.pid}-*`);
const limits = { memoryBytes: 64 * 1024 ** 2, processes: 30, cpus: 0.5 };

for (const { name, sandbox } of subjects) {
	describe(`limits in the tier ${name}`, limiting, () => {
		test('a step is told what it took: memory, time and what it wrote', async () => {
			await inRoom(sandbox, async (room) => {
				const small = await bash(room, 'true');
				const large = await bash(
					room,
					`python3 -c "x = bytearray(60_000_000); import time; [i*i for i in range(2_000_000)]"`,
				);
				const [one, two] = [small.usage, large.usage];
				assert.ok(one?.peakMemoryBytes !== undefined && two?.peakMemoryBytes !== undefined);
				assert.ok(two.peakMemoryBytes > 50_000_000, `${two.peakMemoryBytes}`);
				assert.ok(one.peakMemoryBytes < 50_000_000, `${one.peakMemoryBytes} is of this step alone`);
				assert.ok((two.cpuMs ?? 0) > 50, `${two.cpuMs}`);
			});
		});

		test('ISO-06: a step that takes more memory than it may is ended, and says by which limit', async () => {
			const hungry = `python3 -c "x = bytearray(200_000_000); print(len(x))"`;
			await inRoom(sandbox, async (room) => {
				assert.match((await bash(room, hungry)).output, /200000000/, 'without a limit it gets it');
			});
			await inRoom(
				sandbox,
				async (room) => {
					assert.deepEqual(room.unkept, []);
					const end = await bash(room, hungry);
					assert.notEqual(end.exitCode, 0);
					assert.equal(end.limit, 'memory limit 64 MiB');
					assert.equal((await bash(room, 'echo on')).output, 'on\n', 'the room goes on');
				},
				{ limits },
			);
		});

		test('ISO-06: a fork bomb gets no further than the limit of processes, and others are not harmed', async () => {
			const bomb = 'for i in $(seq 100); do sleep 5 & done; echo started; wait %1';
			await inRoom(
				sandbox,
				async (room) => {
					const started = performance.now();
					const end = await bash(room, bomb);
					assert.notEqual(end.exitCode, 0);
					assert.equal(end.limit, 'limit of 30 processes');
					assert.ok(performance.now() - started < 20_000);
					assert.equal(execFileSync('echo', ['fine']).toString(), 'fine\n');
				},
				{ limits },
			);
		});

		test('nothing of it is left when the room is gone', async () => {
			await inRoom(
				sandbox,
				async (room) => {
					await bash(room, 'sleep 60 & true');
					assert.notDeepEqual(groups(), [], 'there are groups while there is a room');
				},
				{ limits },
			);
			assert.deepEqual(groups(), []);
		});
	});
}

for (const { name, sandbox, skip } of [disposable, isolated]) {
	describe(`a private network in the tier ${name}`, skip, () => {
		test('two rooms may listen on the same port, and on one that is taken on the machine', async () => {
			const { server, port } = await listening();
			const listen = `python3 -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', ${port})); s.listen(); print('listening')"`;
			try {
				const hold = `${listen.slice(0, -1)}; import time; time.sleep(1)"`;
				await inRoom(
					sandbox,
					async (one) => {
						await inRoom(
							sandbox,
							async (two) => {
								const both = await Promise.all([bash(one, hold), bash(two, hold)]);
								assert.deepEqual(
									both.map(({ output }) => output),
									['listening\n', 'listening\n'],
								);
							},
							{ network: 'private' },
						);
					},
					{ network: 'private' },
				);
				await inRoom(sandbox, async (room) => {
					assert.match((await bash(room, listen)).output, /in use/, 'with the shared network it is taken');
				});
			} finally {
				server.close();
			}
		});

		test('ISO-11: nothing else can be reached: no address, no loopback service of the machine, no abstract socket', async () => {
			const { server, port } = await listening('host\n');
			const reach = `python3 -c "import socket; print(socket.create_connection(('127.0.0.1', ${port}), 2).recv(9))"`;
			const abstract = createServer((socket) => socket.end('abstract')).listen(`\0footbridge-test-${process.pid}`);
			const call = `python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect(chr(0) + 'footbridge-test-${process.pid}'); print(s.recv(9))"`;
			try {
				await inRoom(sandbox, async (room) => {
					assert.match((await bash(room, reach)).output, /host/, 'the shared network leads there');
					assert.match((await bash(room, call)).output, /abstract/, 'so do abstract sockets');
				});
				await inRoom(
					sandbox,
					async (room) => {
						assert.match((await bash(room, reach)).output, /refused/);
						assert.match((await bash(room, call)).output, /refused/i);
						const links = await bash(room, 'cat /proc/net/dev');
						assert.doesNotMatch(links.output, /eth|ens|wlan/);
						const out = await bash(room, `python3 -c "import socket; socket.create_connection(('192.0.2.1', 80), 2)"`);
						assert.match(out.output, /unreachable/i);
					},
					{ network: 'private' },
				);
			} finally {
				server.close();
				abstract.close();
			}
		});
	});
}

/** A server on a port of loopback that nobody has, not even another process of these tests. */
async function listening(says = '') {
	const server = createServer((socket) => socket.end(says)).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return { server, port };
}

test('limits that nobody keeps are told by the room, so that nobody counts on them', async () => {
	await inRoom(
		hostWithoutCgroups.sandbox,
		async (room) => assert.deepEqual(room.unkept, ['memoryBytes', 'cpus', 'processes']),
		{
			limits,
		},
	);
	await inRoom(hostWithoutCgroups.sandbox, async (room) => assert.deepEqual(room.unkept, []));
});
