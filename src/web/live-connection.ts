import type { Recorded } from '#core/event.ts';

export type LiveState =
	| { readonly is: 'connecting' }
	| { readonly is: 'live' }
	| { readonly is: 'reconnecting' }
	/** Nothing was heard since; ms since the epoch. */
	| { readonly is: 'stale'; readonly since: number };

export interface Connection {
	close(): void;
}

interface Handlers {
	readonly onEvent: (recorded: Recorded) => void;
	readonly onState: (state: LiveState) => void;
	/** Events may have been missed. */
	readonly onGap: () => void;
}

type Message =
	| { readonly event: Recorded }
	| { readonly state: LiveState }
	| { readonly gap: true }
	| { readonly hello: true };

const name = 'footbridge-live';

/**
 * The live stream, one connection for all tabs of this browser: a browser opens only six to a server. The tab that holds the lock
 * has the connection and passes on what it hears; when it closes, the next one takes over where it stopped.
 */
export function connect({ onEvent, onState, onGap }: Handlers): Connection {
	const channel = new BroadcastChannel(name);
	const ending = new AbortController();
	let lastSeq: number | undefined;
	let isLeading = false;
	let state: LiveState = { is: 'connecting' };

	const hear = (message: Message) => {
		if ('event' in message) {
			lastSeq = message.event.seq;
			onEvent(message.event);
		} else if ('gap' in message) {
			onGap();
		} else if ('state' in message) {
			// A tab that joins one that is live already has looked before it listened.
			if (message.state.is === 'live' && state.is === 'connecting') onGap();
			state = message.state;
			onState(state);
		}
	};
	const tell = (message: Message) => {
		hear(message);
		channel.postMessage(message);
	};
	channel.onmessage = ({ data }: MessageEvent<Message>) => {
		if (isLeading && 'hello' in data) channel.postMessage({ state } satisfies Message);
		else if (!isLeading) hear(data);
	};
	channel.postMessage({ hello: true } satisfies Message);

	const lead = () =>
		new Promise<void>((resolve) => {
			isLeading = true;
			const source = listen(lastSeq, tell, () => state);
			ending.signal.addEventListener('abort', () => {
				source.close();
				resolve();
			});
		});
	if (navigator.locks === undefined) void lead();
	else navigator.locks.request(name, { signal: ending.signal }, lead).catch(() => {});

	return {
		close() {
			ending.abort();
			channel.close();
		},
	};
}

const staleMs = 5000;
const retryMs = 2000;

/** Holds an EventSource open: it reconnects by itself after a break, and is made anew when the server turned it away. */
function listen(after: number | undefined, tell: (message: Message) => void, state: () => LiveState): Connection {
	let lastSeq = after;
	let lastHeard = Date.now();
	let source: EventSource;
	let isClosed = false;
	let timer: ReturnType<typeof setTimeout> | undefined;

	const lost = () => {
		if (state().is === 'reconnecting' || state().is === 'stale') return;
		tell({ state: { is: 'reconnecting' } });
		clearTimeout(timer);
		timer = setTimeout(() => tell({ state: { is: 'stale', since: lastHeard } }), staleMs);
	};
	const open = () => {
		source = new EventSource(lastSeq === undefined ? '/api/v1/events' : `/api/v1/events?after=${lastSeq}`);
		source.onopen = () => {
			clearTimeout(timer);
			lastHeard = Date.now();
			if (lastSeq === undefined && state().is !== 'connecting') tell({ gap: true });
			tell({ state: { is: 'live' } });
		};
		source.onmessage = ({ data }: MessageEvent<string>) => {
			const event = JSON.parse(data) as Recorded;
			lastSeq = event.seq;
			lastHeard = Date.now();
			tell({ event });
		};
		source.onerror = () => {
			lastHeard = source.readyState === EventSource.OPEN ? Date.now() : lastHeard;
			lost();
			if (source.readyState !== EventSource.CLOSED || isClosed) return;
			setTimeout(() => isClosed || open(), retryMs);
		};
	};
	open();
	return {
		close() {
			isClosed = true;
			clearTimeout(timer);
			source.close();
		},
	};
}
