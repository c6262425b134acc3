/**
 * How many events a second become durable, by the number of appends under way at once, and how long one of them waits.
 * Run: node bench/append.ts; the result goes to bench/results/append.json.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '#core/event.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';

const event: Event = {
	kind: 'step-started',
	job: 'test',
	attempt: 1,
	step: 3,
	name: `npm test ${'x'.repeat(120)}`,
	line: 1234,
};
const measureMs = 2000;

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

const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
writeFileSync(
	join(folder, 'append.json'),
	`${JSON.stringify({ what: 'durable appends, SQLite WAL, synchronous=FULL', machine, results }, null, '\t')}\n`,
);
