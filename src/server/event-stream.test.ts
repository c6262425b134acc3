import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Recorded } from '#core/event.ts';
import { eventFeed } from './event-feed.ts';
import { eventStream } from './event-stream.ts';

const pace = { heartbeatMs: 1000, batchMs: 0, stalledMs: 1000 };

/** A log of events that counts how often it is read. */
function countedLog() {
	const log: Recorded[] = [];
	const listeners = new Set<(recorded: Recorded) => void>();
	const counts = { reads: 0 };
	return {
		counts,
		listeners,
		append(why: string) {
			const recorded = {
				...{ seq: log.length + 1, at: '2026-01-01T00:00:00.000Z', by: 'system', stream: 'run/x' },
				event: { kind: 'cancel-requested', why } as const,
			};
			log.push(recorded);
			for (const listener of listeners) listener(recorded);
		},
		store: {
			readAfter: async (seq: number, limit: number) => {
				counts.reads += 1;
				return log.slice(seq, seq + limit);
			},
			subscribe(listener: (recorded: Recorded) => void) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		},
	};
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

test('for a client that does not read, at most one batch is made', async () => {
	const { store, append, counts, listeners } = countedLog();
	for (let index = 0; index < 5000; index++) append('x'.repeat(1000));
	const stream = eventStream({ feed: eventFeed(store), after: 0, ...pace });
	const reader = stream.getReader();
	assert.match(text(await reader.read()), /^retry: \d+\nid: 0\n\n$/);
	for (let index = 0; index < 20; index++) await turn();
	assert.equal(counts.reads, 1, 'the log is the buffer');
	const batch = text(await reader.read());
	assert.ok(batch.length < 600 * 1024, `${batch.length} bytes`);
	await reader.cancel();
	assert.equal(listeners.size, 0, 'nothing is left behind');
});

test('a client that takes nothing for long is let go', async () => {
	const { store, append, listeners } = countedLog();
	append('x');
	const stream = eventStream({ feed: eventFeed(store), after: 0, ...pace, stalledMs: 20 });
	const reader = stream.getReader();
	await reader.read();
	for (let index = 0; index < 20 && listeners.size > 0; index++) await turn();
	assert.equal(listeners.size, 0);
	await assert.rejects(async () => {
		while (!(await reader.read()).done);
	}, /takes nothing/);
});

test('an event that is larger than a batch goes alone, and none is lost around it', async () => {
	const { store, append } = countedLog();
	for (const size of [10, 400_000, 10, 300_000, 10]) append('x'.repeat(size));
	const reader = eventStream({ feed: eventFeed(store), after: 0, ...pace }).getReader();
	let all = '';
	while (!all.includes('id: 5\n')) all += text(await reader.read());
	assert.deepEqual(
		[...all.matchAll(/id: (\d)\ndata/g)].map(([, seq]) => seq),
		['1', '2', '3', '4', '5'],
	);
	await reader.cancel();
});

test('an event that comes while nothing waits is not missed, whether it is kept ready or has to be read', async () => {
	const { store, append } = countedLog();
	const reader = eventStream({ feed: eventFeed(store), after: 0, ...pace }).getReader();
	await reader.read();
	for (let seq = 1; seq <= 50; seq++) {
		const next = reader.read();
		if (seq % 2 === 0) await turn();
		append('x');
		assert.match(text(await next), new RegExp(`id: ${seq}\\ndata`));
	}
	await reader.cancel();
});

function text({ value }: { readonly value?: Uint8Array | undefined }): string {
	return new TextDecoder().decode(value);
}
