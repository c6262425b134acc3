import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { processesMarked } from '#edge/process-table.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { needs } from '../needs.ts';
import { bash, disposable, inRoom, place, specOf } from './sandbox-subjects.ts';

describe('the disposable tier', { ...disposable.skip, concurrency: false }, () => {
	const { sandbox } = disposable;

	test('the job is the user runner, without rights of its own', async () => {
		await inRoom(sandbox, async (room) => {
			const { output } = await bash(room, 'id -un; id -u; echo ~; grep CapEff /proc/self/status; echo "$HOME $USER"');
			assert.equal(output, 'runner\n1001\n/home/runner\nCapEff:\t0000000000000000\n/home/runner runner\n');
		});
	});

	test('sudo makes root, and what root changes is gone with the room', needs('sudo'), async () => {
		await inRoom(sandbox, async (room) => {
			const { output, exitCode } = await bash(
				room,
				'set -e; sudo -n id -u; echo x | sudo tee /usr/local/bin/footbridge-probe /etc/footbridge-probe /opt/footbridge-probe; sudo chown daemon /etc/footbridge-probe; sudo rm /bin/ls /etc/passwd; test ! -e /bin/ls; cat /usr/local/bin/footbridge-probe',
			);
			assert.deepEqual([output, exitCode], ['0\nx\nx\n', 0]);
		});
		for (const path of ['/usr/local/bin/footbridge-probe', '/etc/footbridge-probe', '/opt/footbridge-probe'])
			assert.equal(existsSync(path), false, path);
		assert.ok(existsSync('/bin/ls') && existsSync('/etc/passwd'));
	});

	test('a program that root replaced in its room gets no more rights by the next step', needs('sudo'), async () => {
		await inRoom(sandbox, async (room) => {
			const trap = '#!/bin/sh\\necho TRAP; /bin/grep -E "CapEff|CapBnd" /proc/self/status\\n';
			await bash(
				room,
				`for p in setpriv nsenter; do printf '${trap}' | sudo tee /usr/bin/$p >/dev/null; done; printf '${trap}' | sudo tee /usr/sbin/chroot >/dev/null; sudo chmod 755 /usr/bin/setpriv /usr/bin/nsenter /usr/sbin/chroot; sudo mv /usr/bin/env /usr/bin/env.real; printf '#!/bin/sh\\n/bin/grep -E "CapEff|CapBnd" /proc/self/status; exec /usr/bin/env.real "$@"\\n' | sudo tee /usr/bin/env >/dev/null; sudo chmod 755 /usr/bin/env`,
			);
			const { output } = await bash(room, 'echo step');
			assert.equal(output, 'CapEff:\t0000000000000000\nCapBnd:\t00000000a00405fb\nstep\n');
		});
	});

	test('root reaches nothing of the kernel or the machine', needs('sudo'), async () => {
		const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
		await inRoom(sandbox, async (room) => {
			const refused = [
				'echo x >/proc/sys/kernel/core_pattern',
				'echo h >/proc/sysrq-trigger',
				'mount -t tmpfs none /mnt',
				'umount /proc/sys',
				'mount -o remount,rw,bind /proc/sys',
				'mknod /tmp/disk b 254 0',
				'nsenter -t 1 -m true',
				'unshare -m true',
				'unshare -Ur true',
				'chroot /proc/1/root true',
				'kill -0 $PPID && ls /proc/1/root',
				'echo 1 >/sys/kernel/mm/ksm/run',
				'hostname other',
				'date -s 2001-01-01',
				'dmesg -C',
				'ip link add dummy0 type dummy',
			];
			for (const command of refused) {
				const end = await bash(room, `sudo -n sh -c '${command}'`);
				assert.notEqual(end.exitCode, 0, `${command}: ${end.output}`);
			}
			const read = await bash(
				room,
				'sudo sh -c "cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls -A /sys/firmware | wc -l; ls /dev"',
			);
			assert.equal(
				read.output,
				'0\n0\nfd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n',
			);
		});
		assert.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), before);
	});

	test('the classic way out of a chroot leads to programs only', needs('sudo', 'python'), async () => {
		await inRoom(sandbox, async (room) => {
			const wayOut =
				'import os; os.makedirs("/tmp/x",exist_ok=True); os.chroot("/tmp/x"); [os.chdir("..") for _ in range(64)]; os.chroot("."); print(sorted(os.listdir("/"))); open("/usr/bin/evil","w")';
			const { output, exitCode } = await bash(room, `sudo python3 -c '${wayOut}'`);
			assert.notEqual(exitCode, 0);
			assert.match(output, /\['bin', .*'proc', 'room', .*'usr'\]/);
			assert.doesNotMatch(output, /'(etc|home|var|root)'/);
			assert.match(output, /Read-only file system/);
		});
	});

	test(
		'no process, home, socket, temporary file, password or host key of the machine is seen',
		needs('sudo'),
		async () => {
			const hidden = mkdtempSync(join('/opt', 'footbridge-hidden-'));
			const temporary = mkdtempSync('/var/tmp/footbridge-seen-');
			try {
				writeFileSync(join(hidden, 'secret'), 'secret');
				writeFileSync(`${hidden}.file`, 'secret');
				await inRoom(
					sandbox,
					async (room) => {
						const { output } = await bash(
							room,
							`sudo sh -c 'ls -A ${hidden} | wc -l; cat ${hidden}.file | wc -c; ls -d ${temporary} ${place}; ls -A /root | wc -l; ls /home; ls -A /tmp | wc -l; find /run -type s | wc -l; cut -d: -f2 /etc/shadow | sort -u; cat /etc/ssh/ssh_host_*_key 2>/dev/null | wc -c' 2>&1; names=$(ps -e -o comm=); sort -u <<<"$names" | tr "\\n" " "`,
						);
						const expected = `0\n0\nls: cannot access '${temporary}': No such file or directory\nls: cannot access '${place}': No such file or directory\n0\nrunner\n0\n0\n*\n0\nbash ps sh `;
						assert.equal(output, expected);
					},
					{ hidden: [hidden, `${hidden}.file`, '/no/such/path'] },
				);
			} finally {
				for (const path of [hidden, `${hidden}.file`, temporary]) rmSync(path, { recursive: true, force: true });
			}
		},
	);

	test('a shown folder is there, read-only, also below a hidden one and below /run', needs('sudo'), async () => {
		const hidden = mkdtempSync(join('/opt', 'footbridge-hidden-'));
		mkdirSync(join(hidden, 'data/shown'), { recursive: true });
		writeFileSync(join(hidden, 'data/shown/file'), 'seen\n');
		writeFileSync(join(hidden, 'data/secret'), 'secret\n');
		const run = mkdtempSync('/run/footbridge-shown-');
		writeFileSync(join(run, 'file'), 'run\n');
		for (const path of [hidden, run]) chmodSync(path, 0o755);
		try {
			await inRoom(
				sandbox,
				async (room) => {
					const { output } = await bash(
						room,
						`cat ${hidden}/data/shown/file ${run}/file; ls ${hidden}/data; sudo touch ${hidden}/data/shown/new ${run}/new 2>&1 | grep -c Read-only`,
					);
					assert.equal(output, 'seen\nrun\nshown\n2\n');
				},
				{ hidden: [hidden], shown: [join(hidden, 'data/shown'), run] },
			);
		} finally {
			for (const path of [hidden, run]) rmSync(path, { recursive: true, force: true });
		}
	});

	test('two rooms at once see neither files nor processes of each other', needs('sudo'), async () => {
		await inRoom(sandbox, async (one) => {
			await inRoom(sandbox, async (two, spec) => {
				await bash(
					one,
					'echo mine >/tmp/mine; echo mine >mine; echo mine | sudo tee /usr/mine /dev/shm/mine; sleep 60 &',
				);
				const { output } = await bash(
					two,
					`ls -A . /tmp /dev/shm; ls /usr/mine 2>/dev/null; ps -e -o comm= | grep -c sleep; sudo ls ${join(spec.directory, '..')} 2>&1 | grep -c 'No such'`,
				);
				assert.equal(output, '.:\n\n/dev/shm:\n\n/tmp:\n0\n1\n');
			});
		});
	});

	test('the tool cache outlives the room; one that exists keeps its owner and mode', async () => {
		const toolCache = join(place, 'tools-new');
		await inRoom(
			sandbox,
			async (room) =>
				void (await bash(room, 'mkdir /opt/hostedtoolcache/node && echo kept >/opt/hostedtoolcache/node/file')),
			{ toolCache },
		);
		assert.equal(readFileSync(join(toolCache, 'node/file'), 'utf8'), 'kept\n');
		assert.equal(statSync(toolCache).uid, 1001);
		const locked = join(place, 'tools-locked');
		mkdirSync(locked);
		chmodSync(locked, 0o700);
		await inRoom(
			sandbox,
			async (room) => {
				const end = await bash(room, 'touch /opt/hostedtoolcache/x');
				assert.equal(end.exitCode, 1);
				assert.match(end.output, /Permission denied/);
			},
			{ toolCache: locked },
		);
		assert.deepEqual([statSync(locked).uid, statSync(locked).mode & 0o777], [0, 0o700]);
	});

	test('a folder that is lent is the room`s to change, and nobody else sees it; what comes later is seen (ISO-14)', async () => {
		const lent = join(place, 'lent: one, two');
		mkdirSync(join(lent, 'tool'), { recursive: true });
		writeFileSync(join(lent, 'tool/program'), 'original\n');
		for (const path of [lent, join(lent, 'tool'), join(lent, 'tool/program')]) chownSync(path, 1001, 1001);
		const poison = 'cd "$LENT" && echo poison >tool/program && touch tool/new && rm -rf ./gone; cat tool/program';
		const hidden = [join(place, 'rooms'), place];
		await inRoom(
			sandbox,
			async (one) => {
				assert.equal((await bash(one, poison, { env: { LENT: lent } })).output, 'poison\n');
				await inRoom(
					sandbox,
					async (two) => {
						const look = 'cd "$LENT" && ls tool && cat tool/program';
						assert.equal((await bash(two, look, { env: { LENT: lent } })).output, 'program\noriginal\n');
						mkdirSync(join(lent, 'later'));
						writeFileSync(join(lent, 'later/file'), 'late\n');
						assert.equal((await bash(two, 'cat "$LENT/later/file"', { env: { LENT: lent } })).output, 'late\n');
					},
					{ lent: [lent], hidden },
				);
			},
			{ lent: [lent], hidden },
		);
		assert.equal(readFileSync(join(lent, 'tool/program'), 'utf8'), 'original\n');
		assert.deepEqual(readdirSync(join(lent, 'tool')), ['program']);
		// Without it, what one job writes the next one runs.
		const shared = join(place, 'not-lent');
		await inRoom(sandbox, async (room) => void (await bash(room, 'echo poison >/opt/hostedtoolcache/program')), {
			toolCache: shared,
		});
		assert.equal(readFileSync(join(shared, 'program'), 'utf8'), 'poison\n');
	});

	test('a variable of a job reaches no process outside of its room, where LD_PRELOAD would run as root', async () => {
		await inRoom(sandbox, async (room) => {
			const marker = `LD_PRELOAD=/nowhere/${process.pid}.so`;
			const own = readlinkSync('/proc/self/ns/pid');
			const outside: string[] = [];
			let inside = 0;
			const looking = setInterval(() => {
				for (const { pid, command } of processesMarked(marker)) {
					if (namespaceOf(pid) === own) outside.push(command);
					else inside++;
				}
			}, 2);
			await bash(room, 'sleep 0.2', { env: { LD_PRELOAD: `/nowhere/${process.pid}.so` } });
			clearInterval(looking);
			assert.deepEqual(outside, []);
			assert.ok(inside > 0, 'it was seen where it belongs');
		});
	});

	test('orphans are reaped, so that no zombies gather', async () => {
		await inRoom(sandbox, async (room) => {
			await bash(room, 'for i in 1 2 3 4 5; do (sleep 0.01 &) ; done; sleep 0.2');
			assert.equal((await bash(room, 'ps -e -o stat= | grep -c Z')).output, '0\n');
		});
	});

	test(
		'after destroy there is no mount, no folder and no process, also after rights were taken away',
		needs('sudo'),
		async () => {
			const spec = specOf();
			const room = await sandbox.prepare(spec);
			await bash(room, 'mkdir -p a/b && touch a/b/c && chmod 000 a/b a; sudo touch root-owned; sudo chmod 000 .');
			await room.destroy();
			assert.equal(existsSync(spec.directory), false);
			assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(spec.id), false);
			assert.equal(execFileSync('ps', ['-eo', 'args']).toString().includes(spec.id), false);
		},
	);

	test('a Footbridge that keeps its files to itself (umask 077) makes rooms that work', async () => {
		const before = process.umask(0o077);
		try {
			await inRoom(sandbox, async (room) => {
				await room.put(`${room.temp}/made/file`, 'x');
				const end = await bash(
					room,
					'cd ~ && touch /tmp/x "$T/made/y" && cat "$T/made/file" && ls / >/dev/null && true >/dev/null',
					{
						env: { T: room.temp },
					},
				);
				assert.deepEqual([end.output, end.exitCode], ['x', 0]);
			});
		} finally {
			process.umask(before);
		}
	});

	test('what a Footbridge left that was killed while it tried is removed by the next try', async () => {
		const parent = join(place, 'tries');
		const left = join(parent, 'footbridge-try-disposable-left');
		mkdirSync(join(left, 'upper'), { recursive: true });
		const owner = { pid: process.pid, startTime: 1 };
		writeFileSync(join(left, 'room.json'), JSON.stringify({ tier: 'disposable', id: 'try', owner }));
		mkdirSync(join(parent, 'other'));
		assert.equal(await disposableSandbox({ rooms: parent }).available(), undefined);
		assert.deepEqual(readdirSync(parent), ['other']);
	});

	test('a room that cannot be made says why, and leaves nothing', async () => {
		const file = join(place, 'file');
		writeFileSync(file, '');
		await assert.rejects(sandbox.prepare(specOf({ directory: join(file, 'room') })), /EEXIST|ENOTDIR/);
		const spec = specOf({ toolCache: join(file, 'tools') });
		await assert.rejects(sandbox.prepare(spec), /EEXIST|ENOTDIR/);
		assert.equal(existsSync(spec.directory), false);
	});
});

function namespaceOf(pid: number): string | undefined {
	try {
		return readlinkSync(`/proc/${pid}/ns/pid`);
	} catch {
		return undefined;
	}
}
