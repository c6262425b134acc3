import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostSandbox } from '#edge/sandbox/host.ts';
import type { Room, RoomSpec } from '#edge/sandbox/sandbox.ts';
import { needs } from '../needs.ts';
import { bash, disposableHelped, groupsOf, helperOf, hostHelped, inRoom, ladder, specOf } from './sandbox-subjects.ts';

const rooted = needs('root', 'overlay', 'cgroup');

/** Whether a process of the room is started from inside its groups, rather than led there by a shell. */
async function isHelped(room: Room, { id }: RoomSpec): Promise<boolean> {
	await bash(room, 'true');
	return groupsOf(id).some((group) => existsSync(`${group}/helper`));
}

describe('the helper of a room', rooted, () => {
	test('comes when a room has had many processes, and never to one with limits', async () => {
		await inRoom(hostSandbox({ ladder, helperAfter: 3 }), async (room, spec) => {
			for (let count = 1; count <= 3; count++) assert.equal(await isHelped(room, spec), false, `process ${count}`);
			assert.equal(await isHelped(room, spec), true);
		});
		const limits = { processes: 100 };
		await inRoom(
			hostSandbox({ ladder, helperAfter: 0 }),
			async (room, spec) => {
				for (let count = 1; count <= 3; count++) assert.equal(await isHelped(room, spec), false);
			},
			{ limits },
		);
	});

	for (const { name, sandbox } of [hostHelped, disposableHelped]) {
		test(`${name}: is no leftover of a job, and goes with the room and its groups`, async () => {
			const spec = specOf();
			const room = await sandbox.prepare(spec);
			const helper = await helperOf(room, spec);
			await bash(room, 'sleep 60 & true');
			assert.deepEqual(await room.destroy(), { leftovers: 1 });
			assert.equal(existsSync(`/proc/${helper}`), false);
			assert.deepEqual(groupsOf(spec.id), []);
		});

		test(`${name}: steps at the same time are counted apart, and what one has left is not counted for the next`, async () => {
			const burn = 'python3 -c "for i in range(6_000_000): pass"';
			await inRoom(sandbox, async (room) => {
				const [idle, busy] = await Promise.all([bash(room, 'sleep 0.7'), bash(room, burn)]);
				assert.ok((busy.usage?.cpuMs ?? 0) > 50, `${busy.usage?.cpuMs}`);
				assert.ok((idle.usage?.cpuMs ?? 0) < (busy.usage?.cpuMs ?? 0) / 2, `${idle.usage?.cpuMs}`);
				await bash(room, `(while :; do ${burn}; done) & true`);
				const next = await bash(room, 'sleep 1');
				assert.ok((next.usage?.cpuMs ?? 0) < 300, `${next.usage?.cpuMs} of the 1000 that were burnt beside it`);
			});
		});
	}

	test('that a job ends fails what runs, and the next process is started all the same', async () => {
		await inRoom(hostHelped.sandbox, async (room, spec) => {
			for (let count = 1; count <= 3; count++) {
				const helper = await helperOf(room, spec);
				const end = await bash(room, `kill -KILL ${helper}; sleep 0.2`);
				assert.equal(end.error, 'the process that it was started from has ended');
			}
			await assert.rejects(helperOf(room, spec, 10), /never got/, 'a job that goes on ending it gets no other one');
			assert.equal((await bash(room, 'echo on')).output, 'on\n');
		});
	});

	test('that a job stops holds up neither a cancellation nor what the room starts next', async () => {
		await inRoom(hostHelped.sandbox, async (room, spec) => {
			const helper = await helperOf(room, spec);
			const cancel = new AbortController();
			let isOver = false;
			const running = bash(room, `kill -STOP ${helper}`, { signal: cancel.signal }).finally(() => {
				isOver = true;
			});
			await sleep(500);
			assert.equal(isOver, false, 'nobody tells of its end');
			cancel.abort();
			const end = await running;
			assert.equal(end.error, 'the process that it was started from has ended');
			assert.equal((await bash(room, 'echo on')).output, 'on\n');
		});
	});

	test('leaves no timer behind that would keep Footbridge from ending', async () => {
		await inRoom(hostHelped.sandbox, async (room) => {
			const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
			const before = timers();
			await bash(room, 'echo one');
			assert.equal(timers(), before);
		});
	});
});
