import type { Recorded } from '#core/event.ts';
import type { Store } from '#edge/store/store.ts';

/** The event log as those who follow it live need it: the newest events are kept ready, older ones are read from the store. */
export interface EventFeed {
	/** Events after `seq`, oldest first, at least one when there is any, and no more than a batch. */
	after(seq: number): Promise<readonly FedEvent[]>;
	/** Resolves when there may be an event after `seq`; when the signal is aborted; and after `ms`. */
	arrival(seq: number, ms: number, signal: AbortSignal): Promise<void>;
	/** Called before following; gives the function that ends it. Without followers the store is left alone. */
	join(): () => void;
}

/** An event and its JSON, which is made once for all who follow. */
export interface FedEvent {
	readonly seq: number;
	readonly json: string;
}

/** Follows the store. A follower that lags behind costs no memory: it reads what it missed from the store. */
export function eventFeed(store: Pick<Store, 'readAfter' | 'subscribe'>): EventFeed {
	const recent: FedEvent[] = [];
	let recentBytes = 0;
	const waiting = new Set<() => void>();
	let followers = 0;
	let unsubscribe = () => {};

	const take = (recorded: Recorded) => {
		const fed = feed(recorded);
		recent.push(fed);
		recentBytes += fed.json.length;
		while (recentBytes > keptBytes && recent.length > 1) recentBytes -= recent.shift()?.json.length ?? 0;
		for (const wake of [...waiting]) wake();
	};
	const leave = () => {
		followers -= 1;
		if (followers > 0) return;
		unsubscribe();
		recent.length = 0;
		recentBytes = 0;
	};

	return {
		async after(seq) {
			const first = recent[0];
			const known =
				first !== undefined && first.seq <= seq + 1
					? recent.slice(seq + 1 - first.seq, seq + 1 - first.seq + batchEvents)
					: (await store.readAfter(seq, batchEvents)).map(feed);
			return fitting(known);
		},
		arrival(seq, ms, signal) {
			if (signal.aborted || (recent.at(-1)?.seq ?? 0) > seq) return Promise.resolve();
			return new Promise((resolve) => {
				const done = () => {
					clearTimeout(timer);
					waiting.delete(done);
					signal.removeEventListener('abort', done);
					resolve();
				};
				const timer = setTimeout(done, ms);
				waiting.add(done);
				signal.addEventListener('abort', done);
			});
		},
		join() {
			followers += 1;
			if (followers === 1) unsubscribe = store.subscribe(take);
			let hasLeft = false;
			return () => {
				if (!hasLeft) leave();
				hasLeft = true;
			};
		},
	};
}

const keptBytes = 4 * 1024 * 1024;
const batchEvents = 200;
const batchBytes = 256 * 1024;

function feed(recorded: Recorded): FedEvent {
	return { seq: recorded.seq, json: JSON.stringify(recorded) };
}

/** As many as fit into a batch; one in any case. */
function fitting(events: readonly FedEvent[]): readonly FedEvent[] {
	let bytes = 0;
	const end = events.findIndex((event, index) => {
		bytes += event.json.length;
		return bytes > batchBytes && index > 0;
	});
	return end === -1 ? events : events.slice(0, end);
}
