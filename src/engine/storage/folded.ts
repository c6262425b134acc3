import type { Event, Recorded } from '#core/event.ts';
import type { Store } from '#edge/store/store.ts';

/** A stream of the log as its present state, read once and kept current. */
export interface Folded<State> {
	state(): Promise<State>;
	/** Appends and answers with the state that has it. */
	append(...events: readonly Event[]): Promise<State>;
	/** One after another: what is decided by the state is still true when it is appended. */
	alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Opens a stream that only this process appends to. */
export function foldStream<State>(
	store: Pick<Store, 'append' | 'read'>,
	stream: string,
	{ initial, evolve }: { readonly initial: State; readonly evolve: (state: State, recorded: Recorded) => State },
): Folded<State> {
	let known: Promise<State> | undefined;
	let last: Promise<unknown> = Promise.resolve();
	const state = () => {
		known ??= store.read(stream).then((recorded) => recorded.reduce(evolve, initial));
		known.catch(() => {
			known = undefined;
		});
		return known;
	};
	return {
		state,
		async append(...events) {
			const before = await state();
			const recorded = await store.append(stream, 'engine', events);
			const after = recorded.reduce(evolve, known === undefined ? before : await known);
			known = Promise.resolve(after);
			return after;
		},
		alone(work) {
			const next = last.then(work, work);
			last = next.catch(() => {});
			return next;
		},
	};
}
