import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupCommit, Refused } from './group-commit.ts';

/** Groups whose transactions are only counted. */
function counting(transact: (group: number) => void = () => {}) {
	const groups: number[] = [];
	const commits = groupCommit<{ writes: number }>({
		maxWrites: 4,
		maxWaitMs: 5,
		transact: async (work) => {
			const transaction = { writes: 0 };
			await work(transaction);
			transact(groups.length);
			groups.push(transaction.writes);
		},
	});
	const write = (value: number) =>
		commits.write(async (transaction) => {
			transaction.writes++;
			return value;
		});
	return { groups, commits, write };
}

test('what waits at the same moment shares a transaction, up to the limit', async () => {
	const { groups, write } = counting();
	assert.deepEqual(await Promise.all([1, 2, 3, 4, 5, 6].map(write)), [1, 2, 3, 4, 5, 6]);
	assert.deepEqual(groups, [4, 2]);
});

test('a refused write fails alone, any other error fails its group and not the next one', async () => {
	const { write, commits } = counting((group) => {
		if (group === 1) throw new Error('disk full');
	});
	const refused = commits.write(async () => {
		throw new Refused(new Error('moved'));
	});
	const first = await Promise.allSettled([write(1), refused]);
	assert.deepEqual(
		first.map((result) => result.status),
		['fulfilled', 'rejected'],
	);
	assert.ok(first[1].status === 'rejected' && first[1].reason.message === 'moved');
	const calls: string[] = [];
	const doomed = commits.write(
		async () => 1,
		() => calls.push('durable'),
	);
	await assert.rejects(doomed, /disk full/);
	assert.deepEqual(calls, []);
});

test('it is drained when everything that was handed in has ended', async () => {
	const { write, commits, groups } = counting();
	await commits.drained();
	for (let i = 0; i < 9; i++) void write(i);
	await commits.drained();
	assert.deepEqual(groups, [4, 4, 1]);
});

/** A store on a clock that only moves by commits, of `commitMs` each, and by pauses, which are written down. */
function timed(commitMs: number) {
	let ms = 0;
	const pauses: number[] = [];
	const commits = groupCommit<undefined>({
		maxWrites: 4,
		maxWaitMs: 5,
		transact: async (work) => {
			await work(undefined);
			ms += commitMs;
		},
		time: {
			now: () => ms,
			async pause(asked) {
				pauses.push(Math.max(0, asked));
				ms += Math.max(0, asked);
			},
		},
	});
	const write = () => commits.write(async () => {});
	const idle = (forMs: number) => {
		ms += forMs;
	};
	return { write, idle, pauses };
}

test('one that writes alone, each time after its last write is durable, never waits for company', async () => {
	const { write, pauses } = timed(3);
	for (let i = 0; i < 4; i++) await write();
	assert.deepEqual(pauses, [0, 0, 0, 0]);
});

test('after a group it rests as long as that took, and not longer than it may', async () => {
	for (const [commitMs, restMs] of [
		[3, 3],
		[80, 5],
	] as const) {
		const { write, pauses } = timed(commitMs);
		await Promise.all([write(), write()]);
		await Promise.all([write(), write()]);
		assert.deepEqual(pauses, [0, restMs]);
	}
});

test('a write that comes to a rested store is committed at once, and to a resting one after the rest of the rest', async () => {
	const { write, idle, pauses } = timed(4);
	await Promise.all([write(), write()]);
	idle(3);
	await Promise.all([write(), write()]);
	idle(60_000);
	await write();
	assert.deepEqual(pauses, [0, 1, 0]);
});
