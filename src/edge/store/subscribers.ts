import type { Recorded } from '#core/event.ts';

/** Who wants to hear of durable events. */
export interface Subscribers {
	subscribe(listener: (recorded: Recorded) => void): () => void;
	tell(events: readonly Recorded[]): void;
}

/** Tells every listener every event in order; one that throws has a bug, which ends the process without keeping the event from the others. */
export function subscribers(): Subscribers {
	const listeners = new Set<{ readonly hear: (recorded: Recorded) => void }>();
	return {
		subscribe(hear) {
			const listener = { hear };
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		tell(events) {
			for (const event of events) {
				for (const { hear } of listeners) {
					try {
						hear(event);
					} catch (error) {
						queueMicrotask(() => {
							throw error;
						});
					}
				}
			}
		},
	};
}
