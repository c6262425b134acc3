import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { processesMarked } from '#edge/process-table.ts';
import { needs } from '../needs.ts';
import {
	bash,
	countRunning,
	disposable,
	host,
	hostWithoutCgroups,
	inRoom,
	isolated,
	specOf,
} from './sandbox-subjects.ts';

/** Five ways to get away from one's job; each runs `sleep 63.<pid>`. */
const daemons = `
nohup sleep 63.PID >/dev/null 2>&1 &
setsid sleep 63.PID >/dev/null 2>&1 &
(setsid sh -c "sleep 63.PID & " >/dev/null 2>&1 &)
env -i setsid sh -c "/usr/bin/setsid /bin/sleep 63.PID >/dev/null 2>&1 &" &
(trap "" TERM HUP INT; sleep 63.PID) >/dev/null 2>&1 &
sleep 0.2`.replaceAll('PID', String(process.pid));

describe('processes that try to survive their job', () => {
	for (const [subject, survivors] of [
		[disposable, 0],
		[isolated, 0],
		// An ordinary user may make control groups only where systemd delegates them.
		[{ ...host, skip: needs('root') }, 0],
		[hostWithoutCgroups, 1],
	] as const) {
		const title = survivors === 0 ? 'none does' : 'only one that left its session with an empty environment does';
		test(`${subject.name}: ${title}`, subject.skip, async () => {
			const room = await subject.sandbox.prepare(specOf());
			await bash(room, daemons);
			assert.equal(countRunning(`sleep 63.${process.pid}`), 5);
			const { leftovers } = await room.destroy();
			assert.ok(leftovers >= 5 - survivors, `${leftovers}`);
			assert.equal(countRunning(`sleep 63.${process.pid}`), survivors);
			const rest = execFileSync('sh', [
				'-c',
				`pgrep -f '^/bin/sleep 63.${process.pid}$|^sleep 63.${process.pid}$' || true`,
			]);
			for (const pid of rest.toString().split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
		});
	}
});

describe('the host tier', () => {
	test('the home and the tools are the user`s own', async () => {
		await inRoom(host.sandbox, async (room) => {
			assert.equal(room.home, process.env['HOME']);
			assert.equal((await bash(room, 'id -u')).output, `${process.getuid?.()}\n`);
		});
	});

	test('a process of a room is known by its variable', async () => {
		await inRoom(host.sandbox, async (room, spec) => {
			await bash(room, 'sleep 60 &');
			assert.equal(processesMarked(`FOOTBRIDGE_ROOM=${spec.id}`).length, 1);
		});
	});
});
