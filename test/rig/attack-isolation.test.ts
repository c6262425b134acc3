import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import type { Room, Sandbox } from '#edge/sandbox/sandbox.ts';
import { needs } from '../needs.ts';
import { openRig } from './rig.ts';

const sandboxes = { disposable: disposableSandbox(), sandbox: isolatedSandbox(), host: hostSandbox() };
const isRoot = process.getuid?.() === 0;
/** Root has both tiers; an ordinary user has one of them, which keeps the same promises (test/contract/sandbox-rootless.test.ts lets one look). */
const tiers = isRoot ? (['disposable', 'sandbox'] as const) : (['sandbox'] as const);
const isolating = isRoot ? needs('root', 'overlay', 'python') : needs('userns', 'python');
let place: string;
let rooms = 0;

before(() => {
	place = mkdtempSync(join(tmpdir(), 'footbridge-attack-'));
});
after(() => rmSync(place, { recursive: true, force: true }));

async function inRoom<T>(
	sandbox: Sandbox,
	use: (say: (script: string) => Promise<string>, room: Room) => Promise<T>,
): Promise<T> {
	rooms += 1;
	const directory = join(place, 'rooms', `${rooms}`);
	const spec = { id: `attack-${process.pid}-${rooms}`, directory, repository: 'app', toolCache: join(place, 'tools') };
	const room = await sandbox.prepare({ ...spec, hidden: [join(place, 'secret')] });
	try {
		return await use(async (script) => {
			let output = '';
			const argv = ['bash', '-c', `${script} 2>&1`];
			await room.run({
				argv,
				env: {},
				cwd: room.workspace,
				output: (chunk) => {
					output += Buffer.from(chunk).toString();
				},
			});
			return output;
		}, room);
	} finally {
		await room.destroy();
	}
}

for (const tier of tiers) {
	const sandbox = sandboxes[tier];
	describe(`a hostile job in the tier ${tier}`, isolating, () => {
		test('ISO-02: reads no password and no key of the machine', async () => {
			const script = 'for f in /etc/shadow /etc/gshadow /etc/ssh/ssh_host_*_key; do cat $f; done; true';
			if (isRoot) assert.match(readFileSync('/etc/shadow', 'utf8'), /root:/, 'Footbridge itself can');
			await inRoom(sandbox, async (say) => {
				assert.doesNotMatch(await say(script), /root:[^*!]|PRIVATE KEY/);
				if (tier === 'sandbox') assert.match(await say('cat /etc/shadow'), /denied/);
			});
		});

		test('ISO-03: changes nothing of the kernel, even as root of its room', async () => {
			const sudo = tier === 'disposable' ? 'sudo -n' : '';
			const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
			await inRoom(sandbox, async (say) => {
				for (const file of [
					'/proc/sys/kernel/core_pattern',
					'/proc/sysrq-trigger',
					'/sys/kernel/uevent_helper',
					'/sys/kernel/mm/ksm/run',
				]) {
					const said = await say(`${sudo} sh -c 'echo evil > ${file}' || echo refused`);
					assert.match(said, /refused/, `${file}: ${said}`);
				}
				assert.doesNotMatch(await say(`${sudo} head -c 4 /proc/kcore`), /ELF/);
				for (const call of [
					'mount -t tmpfs x /mnt',
					'mknod /tmp/sda b 8 0',
					'insmod /tmp/x.ko',
					'chroot / unshare -m true',
					'dmesg -c',
				])
					assert.match(await say(`${sudo} ${call} && echo done || echo refused`), /refused/, call);
			});
			assert.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), before);
			if (isRoot)
				execFileSync('sh', ['-c', 'echo "$(cat /proc/sys/kernel/core_pattern)" > /proc/sys/kernel/core_pattern']);
		});

		test('ISO-05: leaves no process, however it hides', async () => {
			const mark = `77.${process.pid}`;
			const count = () =>
				execFileSync('sh', ['-c', `pgrep -fc '[s]leep ${mark}' || true`])
					.toString()
					.trim();
			await inRoom(sandbox, async (say) => {
				await say(
					`sleep ${mark} & nohup sleep ${mark} & setsid sleep ${mark} & (setsid sh -c "sleep ${mark} & ") & env -i setsid sleep ${mark} & (trap "" TERM INT HUP; sleep ${mark}) & sleep 0.3`,
				);
				assert.ok(Number(count()) >= 5, 'while the room stands they are there');
			});
			assert.equal(count(), '0');
		});

		test('ISO-07: sees, traces and kills nobody else', async () => {
			await inRoom(sandbox, async (other) => {
				const holding = other('SECRET=of-another exec sleep 2');
				await new Promise((resolve) => setTimeout(resolve, 300));
				assert.match(
					execFileSync('sh', [
						'-c',
						'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep of-another || true',
					]).toString(),
					/of-another/,
					'on the machine it can be read',
				);
				await inRoom(sandbox, async (say) => {
					assert.doesNotMatch(await say('cat /proc/[0-9]*/environ | tr "\\0" "\\n"'), /of-another/);
					assert.doesNotMatch(await say('ps -eo args'), /sleep 2$/m);
					assert.match(await say(`kill -0 ${process.pid} && echo seen || echo unseen`), /unseen/);
					for (const device of ['/dev/mem', '/dev/kmsg', '/dev/port', '/dev/sda', '/dev/vda'])
						assert.match(await say(`cat ${device} >/dev/null && echo read || echo refused`), /refused/, device);
				});
				await holding;
			});
		});

		test('ISO-08: has no terminal to type into', async () => {
			await inRoom(sandbox, async (say) => {
				const script = `python3 -c "import os, fcntl, termios; fd = os.open('/dev/tty', os.O_RDWR); fcntl.ioctl(fd, termios.TIOCSTI, b'x')" || echo refused`;
				assert.match(await say(script), /refused/);
				assert.match(await say('ps -o tty= -p $$'), /\?/);
			});
		});

		test('ISO-10: what it leaves in its workspace is removed: folders without rights, deep paths, links to the machine', async () => {
			const keep = join(place, 'keep');
			writeFileSync(keep, 'mine');
			let directory = '';
			await inRoom(sandbox, async (say, room) => {
				directory = room.hostPath(room.workspace);
				await say(
					`mkdir -p locked/inner && touch locked/inner/x && chmod 000 locked; ln -s / root; ln -s ${keep} link`,
				);
				await say(`python3 -c "
import os
for _ in range(300):
    os.mkdir('d' * 20); os.chdir('d' * 20)
open('deep', 'w').close()
"`);
				if (tier === 'disposable') await say('sudo -n sh -c "mkdir own; chmod 700 own; touch own/x; chattr +i own/x"');
				assert.ok(existsSync(directory));
			});
			assert.ok(!existsSync(directory));
			assert.equal(readFileSync(keep, 'utf8'), 'mine');
			assert.ok(existsSync('/etc/passwd'));
		});

		test('ISO-12: has no socket of a container engine', async () => {
			await inRoom(sandbox, async (say) => {
				assert.match(
					await say('ls /var/run/docker.sock /run/docker.sock /run/podman/podman.sock; echo "[$DOCKER_HOST]"'),
					/\[\]\n$/,
				);
				assert.doesNotMatch(await say('ls /run'), /docker|podman/);
			});
		});

		test('ISO-14: what it writes into its home, into programs or settings is gone for the next one', async () => {
			const sudo = tier === 'disposable' ? 'sudo -n' : '';
			const evil = `echo evil > ~/.bashrc; echo evil > ~/.npmrc; git config --global alias.x evil; ${sudo} sh -c 'echo evil > /usr/local/bin/evil; echo evil > /etc/npmrc'`;
			await inRoom(sandbox, async (say) => {
				await say(evil);
				assert.match(await say('cat ~/.npmrc'), /evil/, 'in its own room it stays');
			});
			await inRoom(sandbox, async (say) => {
				assert.doesNotMatch(await say('cat ~/.bashrc ~/.npmrc ~/.gitconfig /usr/local/bin/evil /etc/npmrc'), /^evil/m);
			});
			assert.ok(!existsSync('/usr/local/bin/evil'));
			assert.ok(!existsSync(join(homedir(), '.npmrc.evil')));
		});
	});
}

test(
	'the host tier says itself that it keeps nothing of this: a hostile job there is the user',
	isolating,
	async () => {
		await inRoom(sandboxes.host, async (say) => {
			if (isRoot) assert.match(await say('cat /etc/shadow'), /root:/);
			assert.match(await say(`kill -0 ${process.pid} && echo seen`), /seen/);
		});
	},
);

test(
	'ISO-14: what a job of a fork leaves in the tool cache no other job runs',
	isRoot ? isolating : { skip: 'of root' },
	async () => {
		await using rig = await openRig();
		const pull_request = { head: { repo: { full_name: 'evil/app' } }, base: { repo: { full_name: 'octo/app' } } };
		const repository = { full_name: 'octo/app' };
		const fork = {
			event: 'pull_request',
			ref: 'refs/pull/1/merge',
			sha: '0'.repeat(40),
			payload: { repository, pull_request },
		};
		const workflow = (script: string) =>
			`on: [push, pull_request]\njobs:\n  a:\n    runs-on: any\n    steps: [{run: ${JSON.stringify(script)}}]\n`;
		const look = workflow('ls "$RUNNER_TOOL_CACHE"; echo looked');
		const leave = workflow('mkdir "$RUNNER_TOOL_CACHE/node" && ls "$RUNNER_TOOL_CACHE"');
		for (const tier of ['sandbox', 'disposable'] as const) {
			const poisoned = await rig.run(leave, { tier, trigger: fork });
			assert.equal(poisoned.log.at(-1), 'node', poisoned.log.join('\n'));
			const next = await rig.run(look, { tier });
			assert.ok(!next.log.includes('node') && next.log.includes('looked'), next.log.join('\n'));
		}
		await rig.run(leave, { tier: 'host' });
		assert.ok(
			(await rig.run(look, { tier: 'disposable' })).log.includes('node'),
			'control: what an own job leaves stays',
		);
	},
);
