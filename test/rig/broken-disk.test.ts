import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sqliteStore } from '#edge/store/sqlite.ts';
import { needs } from '../needs.ts';

const root = mkdtempSync(join(tmpdir(), 'fb-disk-'));
after(() => rmSync(root, { recursive: true, force: true }));
const child = join(import.meta.dirname, 'broken-disk-child.ts');

interface Told {
	readonly codes: readonly string[];
	readonly acknowledged: readonly number[];
	readonly seqs: readonly number[];
	readonly lines: number;
}

test(
	'a full disk refuses what it cannot keep, says so, and goes on when there is room again',
	needs('root', 'overlay'),
	() => {
		// The small disk exists in the child's own mount namespace and goes with it.
		const script = `mount -t tmpfs -o size=2m tmpfs ${root} && exec "$0" ${child} full ${root}`;
		const told = JSON.parse(
			execFileSync('unshare', ['--mount', 'sh', '-c', script, process.execPath], { encoding: 'utf8' }),
		) as Told;
		assert.deepEqual(told.codes, ['FB7004', 'FB7010']);
		assert.deepEqual(told.seqs, told.acknowledged, 'what was acknowledged is there, and nothing else');
		assert.ok(told.acknowledged.length > 20 && told.lines > 0);
	},
);

test(
	'after a sync that failed nothing more is acknowledged, and what was acknowledged before is there',
	needs('strace'),
	async () => {
		const told = onUnsyncableDisk('unsyncable', 40);
		assert.deepEqual(told.codes, ['FB7003', 'FB7003', 'FB7003', 'FB7003']);
		assert.ok(told.acknowledged.length > 5);
		const store = await sqliteStore({
			file: join(root, 'unsyncable', 'footbridge.db'),
			clock: { now: () => Date.now() },
		});
		const kept = new Set((await store.readAfter(0, 1e6)).map((recorded) => recorded.seq));
		assert.ok(told.acknowledged.every((seq) => kept.has(seq)));
		await store.close();
	},
);

test('a log that could not be synced says so at the flush, and takes nothing more', needs('strace'), () => {
	const told = onUnsyncableDisk('unsyncable-log', 1);
	assert.deepEqual([told.codes, told.lines], [['FB7010', 'FB7010'], 1]);
});

/** Every fsync of a thread fails from the given one on. */
function onUnsyncableDisk(mode: string, from: number): Told {
	const faults = ['-e', `inject=fsync,fdatasync:error=EIO:when=${from}+`];
	const argv = [
		'-f',
		'-qq',
		'-o',
		'/dev/null',
		'-e',
		'trace=fsync,fdatasync',
		...faults,
		process.execPath,
		child,
		mode,
		join(root, mode),
	];
	return JSON.parse(execFileSync('strace', argv, { encoding: 'utf8' })) as Told;
}
