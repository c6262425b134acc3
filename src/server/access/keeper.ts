import { randomUUID } from 'node:crypto';
import type { Event } from '#core/event.ts';
import type { Clock } from '#edge/clock/clock.ts';
import type { Register, RegisterChange } from '#edge/store/register.ts';

/** What everything about access is built on: the register, one change at a time, and who must hear of one. */
export interface Keeper {
	readonly find: Register['find'];
	now(): number;
	/** Nobody else changes the register meanwhile: what was looked up is still so when it is written. */
	inTurn<T>(work: () => Promise<T>): Promise<T>;
	/** Writes changes with the events that tell of them, to the stream of a person or of the server. */
	write(note: Note, ...changes: readonly RegisterChange[]): Promise<void>;
	/** Writes what nobody needs to hear of, such as when something was last used. */
	touch(change: RegisterChange): void;
	/** Aborted when the rights, sessions or tokens of a person change: what goes on for long asks again then. */
	changeOf(person: string): AbortSignal;
	/** Counts the changes: what is remembered from before one may be wrong. */
	version(): number;
	newId(kind: 'p' | 's' | 't'): string;
}

interface Note {
	readonly by: string;
	/** The person that it is about; absent: the server. */
	readonly person?: string;
	readonly stream?: string;
	readonly events: readonly Event[];
}

export function openKeeper(register: Register, clock: Pick<Clock, 'now'>): Keeper {
	const changes = new Map<string, AbortController>();
	let last: Promise<unknown> = Promise.resolve();
	let version = 0;
	return {
		find: register.find,
		now: () => clock.now(),
		inTurn: (work) => {
			const next = last.then(work);
			last = next.catch(() => undefined);
			return next;
		},
		async write({ by, person, stream, events }, ...changed) {
			const place = stream ?? `access/${person ?? 'server'}`;
			await register.write(changed, events.length === 0 ? undefined : { stream: place, by, events });
			version += 1;
			if (person === undefined) return;
			changes.get(person)?.abort();
			changes.delete(person);
		},
		touch: (change) => void register.write([change]).catch(() => undefined),
		changeOf(person) {
			const known = changes.get(person) ?? new AbortController();
			changes.set(person, known);
			return known.signal;
		},
		version: () => version,
		newId: (kind) => `${kind}-${randomUUID()}`,
	};
}
