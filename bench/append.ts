/**
 * How many events a second become durable, by the number of appends under way at once, and how long one of them waits.
 * Run: node bench/append.ts; the result goes to bench/results/append.json.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '#core/event.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import { machineNow, save } from './report.ts';

const event: Event = {
	kind: 'step-started',
	job: 'test',
	attempt: 1,
	step: 3,
	name: `npm test ${'x'.repeat(120)}`,
	line: 1234,
};
const measureMs = 2000;
const machine = machineNow();

const directory = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'fb-append-'));
const results = [];
for (const concurrency of [1, 10, 100, 1000]) {
	const store = await sqliteStore({ file: join(directory, `${concurrency}.db`), clock: { now: () => Date.now() } });
	const waits: number[] = [];
	const start = performance.now();
	const client = async (id: number) => {
		while (performance.now() - start < measureMs) {
			const asked = performance.now();
			await store.append(`run/${id}`, 'engine', [event]);
			waits.push(performance.now() - asked);
		}
	};
	await Promise.all(Array.from({ length: concurrency }, (_, id) => client(id)));
	const seconds = (performance.now() - start) / 1000;
	await store.close();
	waits.sort((a, b) => a - b);
	const at = (share: number) => Number((waits[Math.floor(share * (waits.length - 1))] ?? 0).toFixed(2));
	const row = {
		appendsAtOnce: concurrency,
		eventsPerSecond: Math.round(waits.length / seconds),
		p50Ms: at(0.5),
		p99Ms: at(0.99),
		maxMs: at(1),
	};
	console.log(row);
	results.push(row);
}
rmSync(directory, { recursive: true });

save('append', {
	what: 'durable appends, SQLite WAL, synchronous=FULL',
	repeat: 'node bench/append.ts',
	machine,
	results,
});
