import type { Recorded } from '#core/event.ts';
import type { EventFeed, FedEvent } from './event-feed.ts';

export interface EventStreamOptions {
	readonly feed: EventFeed;
	/** The first event is the one after this. */
	readonly after: number;
	/** A comment is sent when nothing else was for so long. */
	readonly heartbeatMs: number;
	/** Events that come in quick succession are sent together. */
	readonly batchMs: number;
	/** A client that takes nothing for so long is let go; it resumes where it was when it comes back. */
	readonly stalledMs: number;
	/** Whether the client may see an event; absent: all of them. */
	readonly filter?: (recorded: Recorded) => Promise<boolean>;
	/** Ends the stream. */
	readonly until?: AbortSignal | undefined;
	/** Called once, when it has ended for whatever reason. */
	readonly onEnd?: () => void;
}

/**
 * The body of a `text/event-stream`: `id` is the event's seq. It is made as the client takes it, so a slow one is never buffered
 * for: at most one batch is waiting, and the log is the buffer.
 */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
	const { feed, heartbeatMs, batchMs, stalledMs, until } = options;
	const gone = new AbortController();
	const { signal } = gone;
	const leave = feed.join();
	let cursor = options.after;
	let isGreeted = false;
	let isOver = false;
	let stalled: ReturnType<typeof setTimeout> | undefined;
	const stop = () => {
		clearTimeout(stalled);
		gone.abort();
		leave();
		until?.removeEventListener('abort', stop);
		options.onEnd?.();
	};
	until?.addEventListener('abort', stop);
	if (until?.aborted) stop();

	/** The next thing to send: a batch of events, or after a while without one a comment. */
	async function next(): Promise<string> {
		let events = await feed.after(cursor);
		if (events.length === 0) {
			await feed.arrival(cursor, heartbeatMs, signal);
			if (signal.aborted) return '';
			await pause(batchMs, signal);
			events = await feed.after(cursor);
		}
		if (events.length === 0) return ': still here\n\n';
		cursor = events.at(-1)?.seq ?? cursor;
		const shown = await visible(events, options.filter);
		// What is not shown is passed over for good: the client resumes after it.
		if (shown.length === 0) return `id: ${cursor}\n\n`;
		return shown.map(({ seq, json }) => `id: ${seq}\ndata: ${json}\n\n`).join('');
	}

	/** Told to end from elsewhere, and not by the client. */
	function end(controller: ReadableStreamDefaultController<Uint8Array>): void {
		if (!isOver) controller.close();
		isOver = true;
	}

	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				clearTimeout(stalled);
				if (signal.aborted) return end(controller);
				// An id without data is no message, and still what the client resumes after when no event came yet.
				const text = isGreeted ? await next() : `retry: 1000\nid: ${cursor}\n\n`;
				isGreeted = true;
				if (signal.aborted) return end(controller);
				controller.enqueue(new TextEncoder().encode(text));
				stalled = setTimeout(() => {
					isOver = true;
					stop();
					controller.error(new Error('the client takes nothing any more'));
				}, stalledMs);
				stalled.unref();
			},
			cancel() {
				isOver = true;
				stop();
			},
		},
		{ highWaterMark: 1 },
	);
}

async function visible(
	events: readonly FedEvent[],
	filter: EventStreamOptions['filter'],
): Promise<readonly FedEvent[]> {
	if (filter === undefined) return events;
	const isShown = await Promise.all(events.map(({ json }) => filter(JSON.parse(json) as Recorded)));
	return events.filter((_, index) => isShown[index]);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			signal.removeEventListener('abort', done);
			resolve();
		};
		const timer = setTimeout(done, ms);
		signal.addEventListener('abort', done);
	});
}
