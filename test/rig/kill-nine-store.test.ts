import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorded } from '#core/event.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import type { Store } from '#edge/store/store.ts';

const kills = Number(process.env['FOOTBRIDGE_KILLS'] ?? 25);
const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1e9);
const directory = mkdtempSync(join(tmpdir(), 'fb-kill-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test(`${kills} times kill -9 of a process that appends loses nothing that was acknowledged (FOOTBRIDGE_KILLS, FOOTBRIDGE_SEED=${seed})`, async (t) => {
	const random = randomOf(seed);
	const file = join(directory, 'footbridge.db');
	const told = { events: new Map<number, string>(), numbers: new Set<number>(), samples: 0 };
	for (let kill = 0; kill < kills; kill++) {
		const lines = await appendUntilKilled(file, kill, 2 + random() * 60);
		assert.ok(lines.length > 0, 'the process was killed before it wrote anything');
		for (const line of lines) {
			const [kind, value = '', ...rest] = line.split(' ');
			if (kind === 'sample') told.samples++;
			else if (kind === 'number') {
				assert.ok(!told.numbers.has(Number(value)), `number ${value} was given twice`);
				told.numbers.add(Number(value));
			} else {
				assert.ok(!told.events.has(Number(value)), `seq ${value} was given twice`);
				told.events.set(Number(value), rest.join(' '));
			}
		}
		const store = await sqliteStore({ file, clock: { now: () => Date.now() } });
		await check(store, told);
		await store.close();
	}
	t.diagnostic(
		`${told.events.size} events, ${told.numbers.size} numbers and ${told.samples} samples were acknowledged; none was lost`,
	);
});

async function check(
	store: Store,
	told: { events: Map<number, string>; numbers: Set<number>; samples: number },
): Promise<void> {
	const log = await store.readAfter(0, 1e9);
	assert.deepEqual(
		log.map((recorded) => recorded.seq),
		log.map((_, index) => index + 1),
	);
	const kept = new Map(log.map((recorded: Recorded) => [recorded.seq, `${recorded.stream} ${recorded.event.kind}`]));
	for (const [seq, what] of told.events) assert.equal(kept.get(seq), what);
	const [sample] = await store.samples('rig/production/probe', 1, 1);
	assert.ok(
		(sample?.good ?? 0) >= told.samples,
		`${told.samples} samples were acknowledged, ${sample?.good} are there`,
	);
	const next = await store.nextNumber('run/rig');
	assert.ok(told.numbers.size === 0 || next > Math.max(...told.numbers));
	told.numbers.add(next);
	const runs = await store.runs({ limit: 1e9 });
	await store.rebuild();
	assert.deepEqual(await store.runs({ limit: 1e9 }), runs);
}

/** What the process had said, whole lines only, when it was killed `afterMs` after its first word. */
async function appendUntilKilled(file: string, generation: number, afterMs: number): Promise<readonly string[]> {
	const script = join(import.meta.dirname, 'kill-nine-store-child.ts');
	const child = spawn(process.execPath, [script, file, String(generation)], { stdio: ['ignore', 'pipe', 'inherit'] });
	let said = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		said += text;
	});
	const closed = once(child, 'close');
	await once(child.stdout, 'data');
	await sleep(afterMs);
	child.kill('SIGKILL');
	await closed;
	assert.equal(child.signalCode, 'SIGKILL');
	return said.slice(0, said.lastIndexOf('\n')).split('\n');
}

function randomOf(start: number): () => number {
	let state = start >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}
