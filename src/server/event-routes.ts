import { createRoute, z } from '@hono/zod-openapi';
import type { Engine } from '#engine/engine.ts';
import { eventFeed } from './event-feed.ts';
import { type EventStreamOptions, eventStream } from './event-stream.ts';
import { badRequest } from './problems.ts';
import type { Api } from './route.ts';

export type EventStreamPace = Pick<EventStreamOptions, 'heartbeatMs' | 'batchMs' | 'stalledMs'>;

/** The live stream of everything that happens. */
export function eventRoutes(api: Api, engine: Engine, pace: Partial<EventStreamPace>): void {
	const { store } = engine.ports;
	const feed = eventFeed(store);
	const route = createRoute({
		method: 'get',
		path: '/events',
		summary: 'Everything that happens, as server-sent events; resumes after Last-Event-ID',
		request: {
			query: z.object({
				after: z.coerce.number().int().min(0).optional().openapi({ description: 'seq; without it: from now' }),
			}),
		},
		responses: {
			200: {
				description: 'One message an event: `id` is its seq, `data` the event as recorded',
				content: { 'text/event-stream': { schema: z.string() } },
			},
		},
	});
	api.openapi(route, async (c) => {
		const last = c.req.header('last-event-id');
		if (last !== undefined && !/^\d{1,15}$/.test(last)) badRequest('Last-Event-ID is not a seq');
		const head = await store.head();
		const asked = last === undefined ? c.req.valid('query').after : Number(last);
		const body = eventStream({
			feed,
			// A seq that is not there yet belongs to another log: that client starts over from now.
			after: Math.min(asked ?? head, head),
			...{ heartbeatMs: 15_000, batchMs: 100, stalledMs: 45_000, ...pace },
		});
		return c.body(body, 200, {
			'Content-Type': 'text/event-stream',
			'Cache-Control': 'no-store',
			'X-Accel-Buffering': 'no',
		});
	});
}
