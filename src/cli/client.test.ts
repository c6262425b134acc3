import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClient, RefusedError } from './client.ts';

function clientOf(answer: (path: string, init?: RequestInit) => Response) {
	return createClient({ url: undefined, fetch: async (path, init) => answer(path, init), close: async () => {} });
}

const message = (seq: number) =>
	`id: ${seq}\ndata: ${JSON.stringify({ seq, at: '', by: 'engine', stream: 'run/a', event: { kind: 'cancel-requested', why: 'é'.repeat(seq) } })}\n\n`;

describe('the client', () => {
	test('hands on the problems of a refusal', async () => {
		const problems = [{ code: 'FB2004', what: 'there is no run 7' }];
		const client = clientOf(() => Response.json({ problems }, { status: 404 }));
		await assert.rejects(client.get('/runs/7'), (error) => {
			assert.ok(error instanceof RefusedError);
			assert.deepEqual(error.problems, problems);
			return true;
		});
	});

	test('says so when what answers is not Footbridge', async () => {
		const client = clientOf(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
		await assert.rejects(client.get('/runs'), (error) => (error as RefusedError).problems[0]?.code === 'FB0103');
	});

	test('gives every event once, however the stream is cut, and resumes where a broken one ended', async () => {
		const asked: string[] = [];
		const bytes = new TextEncoder().encode(`retry: 1000\nid: 4\n\n: still here\n\n${message(5)}${message(6)}`);
		const client = clientOf((path) => {
			asked.push(path);
			if (asked.length > 1) return new Response(message(7));
			// Cut into single bytes, some of them in the middle of a character; then the connection breaks.
			return new Response(
				new ReadableStream({
					start: (controller) => {
						for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
						controller.close();
					},
				}),
			);
		});
		const stop = new AbortController();
		const seqs: number[] = [];
		for await (const recorded of client.events(4, stop.signal)) {
			seqs.push(recorded.seq);
			if (recorded.seq === 7) break;
		}
		stop.abort();
		assert.deepEqual(seqs, [5, 6, 7]);
		assert.deepEqual(asked, ['/api/v1/events?after=4', '/api/v1/events?after=6']);
	});

	test('stops listening when it is told to', async () => {
		const client = clientOf(() => new Response(new ReadableStream({})));
		const stop = new AbortController();
		setTimeout(() => stop.abort(), 20);
		for await (const _ of client.events(0, stop.signal)) assert.fail('there is no event');
	});
});
