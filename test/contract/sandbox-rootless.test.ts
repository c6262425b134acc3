import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inCgroups } from '#core/isolation/launch.ts';
import { ProblemError } from '#core/result.ts';
import { isAlive } from '#edge/process.ts';
import { processesBeside } from '#edge/process-table.ts';
import type { RoomRecord } from '#edge/sandbox/room-record.ts';
import { needs } from '../needs.ts';
import { asOrdinaryUser, ordinaryUser } from '../ordinary-user.ts';
import { bash, countRunning, host, inRoom, isolated, place, specOf } from './sandbox-subjects.ts';

const isRoot = process.getuid?.() === 0;

// Root runs them as an ordinary user, below.
if (!isRoot)
	describe('the tier sandbox of an ordinary user', isolated.skip, () => {
		const { sandbox } = isolated;
		const home = process.env['HOME'] ?? '';
		const started: ChildProcess[] = [];
		after(() => {
			for (const child of started) child.kill('SIGKILL');
		});

		test('a job is the user runner, has no right, and gets none', async () => {
			await inRoom(sandbox, async (room) => {
				const rights = await bash(room, 'id; grep -E "^(Cap|NoNewPrivs)" /proc/self/status | tr -s "\\t\\n" " "');
				const none = ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}: ${'0'.repeat(16)} `).join('');
				assert.equal(rights.output, `uid=1001(runner) gid=1001(runner) groups=1001(runner)\n${none}NoNewPrivs: 1 `);
				for (const command of [
					'unshare --user true',
					'unshare -Urm true',
					'mount -t tmpfs x /tmp',
					'sudo -n true',
					'su -c true',
				])
					assert.notEqual((await bash(room, `${command} </dev/null`)).exitCode, 0, command);
			});
			assert.doesNotThrow(() => execFileSync('unshare', ['--user', 'true']), 'control: outside this user may');
		});

		test('it sees no file of the user, in the home, in temporary folders or anywhere else', async () => {
			const mine = [mkdtempSync(join(home, 'mine-')), mkdtempSync('/var/tmp/mine-'), place];
			for (const folder of mine) writeFileSync(join(folder, 'secret'), 'top secret', { mode: 0o600 });
			const look = `cat ${mine.map((folder) => join(folder, 'secret')).join(' ')} 2>/dev/null; true`;
			try {
				await inRoom(sandbox, async (room) => {
					assert.equal((await bash(room, look)).output, '');
					assert.equal(
						(await bash(room, 'ls /; ls -A /root /home /run/user 2>/dev/null')).output.includes('mnt'),
						false,
					);
				});
				await inRoom(host.sandbox, async (room) =>
					assert.equal((await bash(room, look)).output, 'top secret'.repeat(3), 'control: without a room it does'),
				);
			} finally {
				for (const folder of mine.slice(0, 2)) rmSync(folder, { recursive: true });
			}
		});

		test('it sees and ends no process of the user', async () => {
			const child = spawn('sleep', ['64.1'], { env: { TOKEN: 'of-the-user' }, stdio: 'ignore' });
			started.push(child);
			const look = `cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -c of-the-user; kill -0 ${child.pid} 2>/dev/null && echo seen`;
			await inRoom(sandbox, async (room) => assert.equal((await bash(room, look)).output, '0\n'));
			await inRoom(host.sandbox, async (room) =>
				assert.match((await bash(room, look)).output, /^[1-9]\d*\nseen\n$/, 'control: without a room it does'),
			);
		});

		test('sockets of the session are out of reach', async () => {
			const path = join(home, 'agent.sock');
			const agent = createServer((socket) => socket.end('key')).listen(path);
			const talk = `python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('${path}'); print(s.recv(9).decode())"`;
			try {
				await inRoom(sandbox, async (room) => {
					assert.match((await bash(room, talk)).output, /FileNotFoundError/);
					assert.equal((await bash(room, 'find / -xdev -type s 2>/dev/null | wc -l')).output, '0\n');
					assert.equal(room.env['SSH_AUTH_SOCK'] ?? room.env['XDG_RUNTIME_DIR'], undefined);
				});
				await inRoom(host.sandbox, async (room) => assert.equal((await bash(room, talk)).output, 'key\n', 'control'));
			} finally {
				agent.close();
			}
		});

		test('programs and settings are the machine`s, and stay as they are, also where the user may change them', async () => {
			const own = process.env['FOOTBRIDGE_TEST_OWN'];
			await inRoom(sandbox, async (room) => {
				const touched = await bash(
					room,
					'for f in /usr /etc /opt / /proc/sys /sys; do touch $f/x 2>&1; done | grep -c "Read-only"',
				);
				assert.ok(Number(touched.output) >= 4, touched.output);
				assert.equal((await bash(room, 'git --version && python3 --version && ls /sys/fs/cgroup | wc -l')).exitCode, 0);
				assert.equal((await bash(room, 'ls /sys/fs/cgroup | wc -l')).output, '0\n');
				if (own !== undefined) {
					const end = await bash(room, `echo evil >${own}/file`);
					assert.match(end.output, /Read-only/);
				}
			});
			if (own !== undefined) {
				await inRoom(host.sandbox, async (room) => void (await bash(room, `echo evil >${own}/file`)));
				assert.equal(readFileSync(join(own, 'file'), 'utf8'), 'evil\n', 'control: the user may');
			}
		});

		test('a folder that is shown is there, read-only, also in the home and in a hidden folder', async () => {
			const data = mkdtempSync(join(home, 'data-'));
			mkdirSync(join(data, 'node/bin'), { recursive: true });
			writeFileSync(join(data, 'node/bin/program'), 'shown\n');
			writeFileSync(join(data, 'secret'), 'secret\n');
			const extra = { hidden: [data], shown: [join(data, 'node/bin')] };
			await inRoom(
				sandbox,
				async (room) => {
					const end = await bash(
						room,
						`cat ${data}/node/bin/program; ls ${data}; touch ${data}/node/bin/x 2>&1 | grep -c Read-only`,
					);
					assert.equal(end.output, 'shown\nnode\n1\n');
				},
				extra,
			);
		});

		test('a folder that is lent is the room`s to change, and nobody else sees it', async () => {
			const lent = join(place, 'lent: one, two');
			mkdirSync(join(lent, 'tool'), { recursive: true });
			writeFileSync(join(lent, 'tool/program'), 'original\n');
			const poison = 'cd "$LENT" && echo poison >tool/program && touch tool/new && cat tool/program';
			await inRoom(
				sandbox,
				async (room) => assert.equal((await bash(room, poison, { env: { LENT: lent } })).output, 'poison\n'),
				{ lent: [lent], hidden: [place] },
			);
			assert.equal(readFileSync(join(lent, 'tool/program'), 'utf8'), 'original\n');
			assert.deepEqual(readdirSync(join(lent, 'tool')), ['program']);
		});

		test('a job that ends all that it sees does not end its room', async () => {
			const spec = specOf();
			const room = await sandbox.prepare(spec);
			await bash(room, 'kill -KILL -1; kill -KILL 1 2');
			assert.equal((await bash(room, 'echo on; sleep 60 & true')).output, 'on\n');
			assert.deepEqual(await room.destroy(), { leftovers: 1 });
			assert.equal(existsSync(spec.directory), false);
		});

		test('nor does its room then outlive its Footbridge', async () => {
			const id = `watched-${process.pid}`;
			const owner = spawn(process.execPath, [join(import.meta.dirname, 'sandbox-owner.ts'), 'sandbox', place, id], {
				stdio: ['ignore', 'pipe', 'inherit'],
			});
			started.push(owner);
			await once(owner.stdout, 'data');
			const { holder } = JSON.parse(readFileSync(join(place, 'rooms', id, 'room.json'), 'utf8')) as RoomRecord;
			assert.ok(holder !== undefined);
			const watcher = processesBeside(holder.pid).find(
				({ parent, command }) => parent === holder.pid && command === 'sh',
			);
			process.kill(watcher?.pid ?? 0, 'SIGKILL');
			await sleep(100);
			assert.ok(isAlive(holder) && countRunning(`sleep 62.${process.pid}`) > 0, 'the room stands without its watcher');
			owner.kill('SIGKILL');
			for (let tries = 0; isAlive(holder) && tries < 200; tries++) await sleep(10);
			assert.deepEqual([isAlive(holder), countRunning(`sleep 62.${process.pid}`)], [false, 0]);
			assert.deepEqual(await sandbox.sweep(join(place, 'rooms')), [id]);
		});

		test('nothing is started any more in a room that has ended', async () => {
			await inRoom(sandbox, async (room, { directory }) => {
				const { holder } = JSON.parse(readFileSync(join(directory, 'room.json'), 'utf8')) as RoomRecord;
				assert.ok(holder !== undefined);
				process.kill(holder.pid, 'SIGKILL');
				for (let tries = 0; isAlive(holder) && tries < 200; tries++) await sleep(10);
				const end = await bash(room, 'echo on');
				assert.deepEqual([end.output, end.error], ['', 'the room has ended']);
			});
		});

		test('a private network is a loopback and nothing else', async () => {
			await inRoom(
				sandbox,
				async (room) => {
					const { output } = await bash(
						room,
						'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; python3 -c "import socket; s=socket.socket(); s.bind((\'127.0.0.1\', 5432)); s.listen(); socket.create_connection((\'127.0.0.1\', 5432)); print(1)"',
					);
					assert.equal(output, 'lo\n1\n');
				},
				{ network: 'private' },
			);
		});

		test('no folder of it is given to a container: a link of the job would lead it anywhere', async () => {
			await inRoom(sandbox, async (room) => {
				await bash(room, 'ln -s / out');
				await assert.rejects(room.pin(`${room.workspace}/out`), (error: unknown) => {
					assert.ok(error instanceof ProblemError);
					assert.equal(error.problem.code, 'FB2061');
					return true;
				});
			});
			await inRoom(host.sandbox, async (room) => {
				await bash(room, 'ln -s / out');
				assert.ok(
					existsSync(join((await room.pin(`${room.workspace}/out`)).path, 'etc')),
					'control: a plain path is the link',
				);
			});
		});

		test('a Footbridge that keeps its files to itself (umask 077) makes rooms that work', async () => {
			const before = process.umask(0o077);
			try {
				await inRoom(sandbox, async (room) => {
					await room.put(`${room.temp}/made/file`, 'x');
					const end = await bash(
						room,
						`cd ~ && touch /tmp/x && cat ${room.temp}/made/file && getent passwd runner >/dev/null`,
					);
					assert.deepEqual([end.output, end.exitCode], ['x', 0]);
				});
			} finally {
				process.umask(before);
			}
		});
	});

/** What of the suite an ordinary user has to keep: the names of its tests, and how many there are at least. */
const suite = [
	{ file: 'sandbox.test.ts', names: 'sandbox: sandbox$', least: 24 },
	{ file: 'sandbox-leftovers.test.ts', names: 'sandbox: none does', least: 1 },
	{ file: 'sandbox-limits.test.ts', names: 'in the tier sandbox', least: 6 },
	{ file: 'sandbox-rootless.test.ts', names: 'of an ordinary user', least: 13 },
	{ file: '../rig/attack-isolation.test.ts', names: 'hostile', least: 9 },
] as const;
if (isRoot)
	describe('the contract of a sandbox', needs('root', 'userns', 'cgroup', 'python'), () => {
		for (const { file, names, least } of suite) {
			test(`holds for an ordinary user, too: ${file}`, async () => {
				const folder = mkdtempSync('/var/tmp/footbridge-ordinary-');
				const own = mkdtempSync('/opt/footbridge-own-');
				const groups = delegatedGroups();
				for (const path of [folder, own]) {
					chmodSync(path, 0o755);
					chownSync(path, ordinaryUser, ordinaryUser);
				}
				try {
					const args = [`--test-name-pattern=${names}`, join(import.meta.dirname, file)];
					const { output, code } = await asUser({ folder, own, groups }, args);
					const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1]);
					assert.ok(code === 0 && passed >= least, output);
				} finally {
					for (const path of [folder, own]) rmSync(path, { recursive: true, force: true });
					for (const group of groups) rmdirSync(group);
				}
			});
		}
	});

/** Control groups that an ordinary user may divide, as systemd gives them to a user's session. */
function delegatedGroups(): readonly string[] {
	const name = `footbridge-given-${process.pid}`;
	const hierarchies = ['memory', 'cpu', 'cpuacct', 'pids', 'blkio'].map((controller) => `/sys/fs/cgroup/${controller}`);
	return hierarchies
		.filter((path) => existsSync(path))
		.map((hierarchy) => {
			const group = join(hierarchy, name);
			mkdirSync(group);
			for (const path of [group, join(group, 'cgroup.procs'), join(group, 'tasks')])
				chownSync(path, ordinaryUser, ordinaryUser);
			return group;
		});
}

interface Ordinary {
	/** Its home. */
	readonly folder: string;
	/** A folder of programs that it may change. */
	readonly own: string;
	readonly groups: readonly string[];
}

type Ended = { readonly output: string; readonly code: number | null };

function asUser({ folder, own, groups }: Ordinary, args: readonly string[]): Promise<Ended> {
	const procs = groups.map((group) => join(group, 'cgroup.procs'));
	const runner = asOrdinaryUser([process.execPath, '--test', '--test-reporter=tap', ...args]);
	const [program = '', ...words] = inCgroups(procs, runner);
	const given = groups.length === 0 ? {} : { FOOTBRIDGE_TEST_GROUPS: groups.join(' ') };
	const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, FOOTBRIDGE_TEST_OWN: own, ...given };
	const child = spawn(program, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
	let output = '';
	const keep = (chunk: unknown) => {
		output += chunk;
	};
	for (const stream of [child.stdout, child.stderr]) stream.on('data', keep);
	return new Promise((resolve) => child.once('close', (code) => resolve({ output, code })));
}
