import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Recorded } from '#core/event.ts';
import { createApi, type Listening, serve } from '#server/server.ts';
import { emptyRecord, type Seeded } from '../e2e/seed-record.ts';
import { everybody } from '../everybody.ts';

describe('the live stream', () => {
	let record: Seeded;
	let server: Listening;

	before(async () => {
		record = await emptyRecord();
		server = await serve(
			createApi(record.engine, { access: everybody(record.engine), pace: { heartbeatMs: 150, batchMs: 20 } }),
			{ port: 0 },
		);
	});
	after(async () => {
		await server.close();
		await record.close();
	});
	const happen = (count: number) =>
		Promise.all(Array.from({ length: count }, () => record.append('run/x', { kind: 'cancel-requested', why: 'x' })));

	test('without a seq it begins now, and says where that is', async () => {
		await happen(3);
		const head = await record.store.head();
		const stream = await follow(server.url);
		await happen(1);
		const [event] = await stream.take(1);
		assert.equal(event?.seq, head + 1);
		assert.ok(stream.text().startsWith(`retry: 1000\nid: ${head}\n\n`));
		await stream.close();
	});

	test('a client that comes and goes while much happens gets every event once, in order', async () => {
		const first = (await record.store.head()) + 1;
		const total = 1500;
		const seen: number[] = [];
		const writing = (async () => {
			for (let done = 0; done < total; done += 50) await happen(50);
		})();
		let last = String(first - 1);
		for (let visits = 0; seen.length < total && visits < 200; visits++) {
			const stream = await follow(server.url, { 'last-event-id': last });
			for (const { seq } of await stream.take(Math.min(1 + ((visits * 37) % 170), total - seen.length))) seen.push(seq);
			last = String(seen.at(-1));
			await stream.close();
		}
		await writing;
		assert.deepEqual(
			seen,
			Array.from({ length: total }, (_, index) => first + index),
		);
	});

	test('a quiet stream is kept open by comments', async () => {
		const stream = await follow(server.url);
		await stream.until((text) => text.split(': still here').length > 2);
		await stream.close();
	});

	test('a Last-Event-ID that is no seq is refused, one from another log begins now', async () => {
		assert.equal((await fetch(`${server.url}/api/v1/events`, { headers: { 'last-event-id': 'x' } })).status, 400);
		const stream = await follow(server.url, { 'last-event-id': '999999999' });
		await happen(1);
		assert.equal((await stream.take(1))[0]?.seq, await record.store.head());
		await stream.close();
	});

	test('a client that does not read delays nobody, and finds everything when it reads again', async () => {
		const head = await record.store.head();
		const slow = connect(server.port, '127.0.0.1');
		slow.write(`GET /api/v1/events?after=${head} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
		slow.pause();
		const swift = await follow(server.url);
		const why = 'x'.repeat(32 * 1024);
		const total = 400;
		for (let done = 0; done < total; done += 40) {
			await Promise.all(Array.from({ length: 40 }, () => record.append('run/big', { kind: 'cancel-requested', why })));
		}
		await swift.until((text) => text.includes(`\nid: ${head + total}\n`) || text.includes(`id: ${head + total}\ndata`));
		await swift.close();
		const seen: number[] = [];
		let rest = '';
		for await (const chunk of slow.setEncoding('latin1')) {
			rest += String(chunk);
			for (const [, seq] of rest.matchAll(/id: (\d+)\ndata: /g)) seen.push(Number(seq));
			rest = rest.slice(-40).replace(/.*id: \d+\ndata: /s, '');
			if (seen.at(-1) === head + total) break;
		}
		assert.deepEqual(
			seen,
			Array.from({ length: total }, (_, index) => head + 1 + index),
		);
	});

	test('the server closes within a second although streams are open, and they end', async () => {
		const own = await serve(createApi(record.engine, { access: everybody(record.engine) }), { port: 0 });
		const streams = await Promise.all([follow(own.url), follow(own.url), follow(own.url)]);
		const began = performance.now();
		await own.close();
		assert.ok(performance.now() - began < 1000);
		for (const stream of streams) await stream.ended;
	});

	test('an address that is taken is a problem with a next step', async () => {
		await assert.rejects(
			serve(createApi(record.engine, { access: everybody(record.engine) }), { port: server.port }),
			({ problem }: { readonly problem?: { readonly code: string } }) => problem?.code === 'FB6021',
		);
	});
});

/** Reads a stream of events with nothing but fetch. */
async function follow(url: string, headers: { readonly [name: string]: string } = {}) {
	const ending = new AbortController();
	const response = await fetch(`${url}/api/v1/events`, { headers, signal: ending.signal });
	assert.equal(response.headers.get('content-type'), 'text/event-stream');
	let text = '';
	let wake = () => {};
	const ended = (async () => {
		const decoder = new TextDecoder();
		try {
			for await (const chunk of response.body ?? []) {
				text += decoder.decode(chunk, { stream: true });
				wake();
			}
		} catch {
			// Cut off, which is how it ends.
		}
	})();
	const until = async (isEnough: (text: string) => boolean) => {
		while (!isEnough(text)) {
			await Promise.race([
				new Promise<void>((resolve) => {
					wake = resolve;
				}),
				ended.then(() => assert.fail('the stream ended')),
			]);
		}
	};
	const events = () =>
		text
			.split('\n\n')
			.slice(0, -1)
			.flatMap((message) => /^data: (.*)$/m.exec(message)?.[1] ?? [])
			.map((data) => JSON.parse(data) as Recorded);
	return {
		text: () => text,
		until,
		ended,
		async take(count: number): Promise<readonly Recorded[]> {
			await until((so) => so.split('\ndata: ').length > count && events().length >= count);
			return events().slice(0, count);
		},
		async close() {
			ending.abort();
			await ended;
		},
	};
}
