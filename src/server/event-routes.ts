import { createRoute, z } from '@hono/zod-openapi';
import { may, seenProjects } from '#core/access/access.ts';
import type { Recorded } from '#core/event.ts';
import type { Engine } from '#engine/engine.ts';
import type { KnownCaller } from './access/callers.ts';
import { tooOften } from './access/refusal.ts';
import { callerIn } from './authorise.ts';
import { eventFeed } from './event-feed.ts';
import { type EventStreamOptions, eventStream } from './event-stream.ts';
import { badRequest } from './problems.ts';
import type { Belonging, projectsOf } from './project-of.ts';
import type { Api } from './route.ts';

export type EventStreamPace = Pick<EventStreamOptions, 'heartbeatMs' | 'batchMs' | 'stalledMs'>;

interface EventRoutes {
	readonly pace?: Partial<EventStreamPace> & { readonly mostStreams?: number };
	readonly projectOf: Pick<ReturnType<typeof projectsOf>, 'stream'>;
}

/** The live stream of everything that happens, as far as the caller may see it; it ends when that changes. */
export function eventRoutes(api: Api, engine: Engine, { pace = {}, projectOf }: EventRoutes): void {
	const open = new Map<string, number>();
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
		const caller = callerIn(c);
		const release = take(open, caller.session ?? caller.by, pace.mostStreams ?? 20);
		const head = await store.head();
		const asked = last === undefined ? c.req.valid('query').after : Number(last);
		const body = eventStream({
			feed,
			// A seq that is not there yet belongs to another log: that client starts over from now.
			after: Math.min(asked ?? head, head),
			until: caller.changed,
			onEnd: release,
			...filterFor(caller, projectOf),
			...{ heartbeatMs: 15_000, batchMs: 100, stalledMs: 45_000, ...pace },
		});
		return c.body(body, 200, {
			'Content-Type': 'text/event-stream',
			'Cache-Control': 'no-store',
			'X-Accel-Buffering': 'no',
		});
	});
}

/** One more stream of a session, a token or the owner; 429 when there are too many. */
function take(open: Map<string, number>, key: string, most: number): () => void {
	const count = open.get(key) ?? 0;
	if (count >= most) tooOften(5000);
	open.set(key, count + 1);
	let isReleased = false;
	return () => {
		if (isReleased) return;
		isReleased = true;
		const left = (open.get(key) ?? 1) - 1;
		if (left === 0) open.delete(key);
		else open.set(key, left);
	};
}

/** What a caller does not see of the log: other projects; and people and settings, unless of the server's admins. */
function filterFor(caller: KnownCaller, projectOf: EventRoutes['projectOf']) {
	const projects = seenProjects(caller);
	const isAdmin = may(caller, 'configure');
	if (projects === undefined && isAdmin) return {};
	const isSeen = (of: Belonging) => (of === 'server' ? isAdmin : (projects?.includes(of.project) ?? true));
	return { filter: async (recorded: Recorded) => isSeen(await projectOf.stream(recorded)) };
}
