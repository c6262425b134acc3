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
