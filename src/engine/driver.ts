import type { Event, Recorded } from '#core/event.ts';
import type { Machine } from '#core/machine.ts';
import { problemOf } from '#core/result.ts';
import type { Store } from '#edge/store/store.ts';

/** What a driver needs: a machine, where its streams are, and how its actions are performed. */
export interface Drive<State, Action extends { readonly key: string }> {
	readonly store: Store;
	/** Prefix of the streams it looks after, with the slash: `run/`. */
	readonly prefix: string;
	readonly machine: Machine<State, Action>;
	/** Streams that were not over when Footbridge last stopped. */
	readonly open: () => Promise<readonly string[]>;
	/** Called once a key and process. What came of it is appended; a throw is recorded with `machine.broke`. */
	readonly perform: (action: Action, context: Context<State>) => Promise<void>;
	/** Recover what is open, and begin nothing before `go`: somebody only wants to look. */
	readonly isPaused?: boolean;
	/** Told when a decision cannot be made: a bug in a machine, not a failure of a run. */
	readonly onBug?: (stream: string, error: unknown) => void;
}

export interface Context<State> {
	readonly stream: string;
	/** The state now, with everything folded that `append` has returned from. */
	state(): State;
	append(...events: readonly Event[]): Promise<void>;
	/** Aborted when the driver stops: end quickly and append nothing. */
	readonly signal: AbortSignal;
}

export interface Driver {
	/** Ends the pause. */
	go(): void;
	/** Resolves when nothing is under way and nothing is left to decide. */
	idle(): Promise<void>;
	/** Aborts what is under way and waits for it; the log then says `unfinished`, and the next start recovers it. */
	stop(): Promise<void>;
}

interface Entry<State> {
	state: State;
	/** Seq of the last event folded. */
	seq: number;
	/** Events that arrived while the stream was being read. */
	waiting: Recorded[] | undefined;
	readonly begun: Set<string>;
	under: number;
	readonly seen: { readonly seq: number; readonly resolve: () => void }[];
}

/**
 * The one loop of Footbridge: fold the events of a stream, ask its machine what should be under way, perform each action once,
 * append what came of it, and go round. Used for runs and for deployments, in production and in simulation.
 */
export async function drive<State, Action extends { readonly key: string }>(d: Drive<State, Action>): Promise<Driver> {
	const entries = new Map<string, Entry<State>>();
	const stopping = new AbortController();
	const running = new Set<Promise<void>>();
	let idlers: (() => void)[] = [];
	let isPaused = d.isPaused === true;

	const unsubscribe = d.store.subscribe((recorded) => {
		if (!recorded.stream.startsWith(d.prefix) || stopping.signal.aborted) return;
		const entry = entries.get(recorded.stream);
		if (entry === undefined) track(load(recorded.stream, []));
		else if (entry.waiting !== undefined) entry.waiting.push(recorded);
		else if (fold(entry, recorded)) step(recorded.stream, entry);
	});

	for (const stream of await d.open()) await load(stream, 'recover');

	return {
		go: () => {
			isPaused = false;
			for (const [stream, entry] of [...entries]) step(stream, entry);
		},
		idle: async () => {
			while (running.size > 0) await new Promise<void>((resolve) => idlers.push(resolve));
		},
		stop: async () => {
			stopping.abort(new Error('Footbridge is stopping'));
			unsubscribe();
			for (const entry of entries.values()) for (const waiter of entry.seen.splice(0)) waiter.resolve();
			while (running.size > 0) await Promise.allSettled(running);
		},
	};

	async function load(stream: string, how: 'recover' | readonly []): Promise<void> {
		if (entries.has(stream)) return;
		const entry: Entry<State> = {
			state: d.machine.initial(stream),
			seq: 0,
			waiting: [],
			begun: new Set(),
			under: 0,
			seen: [],
		};
		entries.set(stream, entry);
		for (const recorded of await d.store.read(stream)) fold(entry, recorded);
		const waiting = entry.waiting ?? [];
		entry.waiting = undefined;
		for (const recorded of waiting) fold(entry, recorded);
		if (stopping.signal.aborted) return;
		if (how === 'recover') {
			const events = d.machine.recover(entry.state);
			if (events.length > 0) await append(stream, entry, events);
		}
		step(stream, entry);
	}

	function fold(entry: Entry<State>, recorded: Recorded): boolean {
		if (recorded.seq <= entry.seq) return false;
		entry.state = d.machine.evolve(entry.state, recorded);
		entry.seq = recorded.seq;
		for (const waiter of entry.seen.filter((other) => other.seq <= entry.seq)) {
			entry.seen.splice(entry.seen.indexOf(waiter), 1);
			waiter.resolve();
		}
		return true;
	}

	function step(stream: string, entry: Entry<State>): void {
		if (stopping.signal.aborted || isPaused) return;
		let actions: readonly Action[] = [];
		try {
			actions = d.machine.decide(entry.state, entry.begun);
		} catch (error) {
			(d.onBug ?? rethrowLater)(stream, error);
		}
		for (const action of actions) {
			if (entry.begun.has(action.key)) continue;
			entry.begun.add(action.key);
			entry.under += 1;
			track(perform(stream, entry, action));
		}
		if (entry.under === 0 && d.machine.isOver(entry.state)) entries.delete(stream);
	}

	async function perform(stream: string, entry: Entry<State>, action: Action): Promise<void> {
		try {
			await d.perform(action, {
				stream,
				state: () => entry.state,
				append: (...events) => append(stream, entry, events),
				signal: stopping.signal,
			});
		} catch (thrown) {
			if (!stopping.signal.aborted)
				await append(stream, entry, d.machine.broke(entry.state, action, problemOf(thrown)));
		} finally {
			entry.under -= 1;
		}
		step(stream, entry);
	}

	async function append(stream: string, entry: Entry<State>, events: readonly Event[]): Promise<void> {
		if (events.length === 0) return;
		stopping.signal.throwIfAborted();
		const recorded = await d.store.append(stream, 'engine', events);
		const last = recorded.at(-1)?.seq ?? 0;
		if (entry.seq >= last || stopping.signal.aborted) return;
		await new Promise<void>((resolve) => entry.seen.push({ seq: last, resolve }));
	}

	function track(work: Promise<void>): void {
		const tracked = work
			.catch((error: unknown) => {
				if (!stopping.signal.aborted) (d.onBug ?? rethrowLater)(d.prefix, error);
			})
			.finally(() => {
				running.delete(tracked);
				if (running.size > 0) return;
				for (const resolve of idlers) resolve();
				idlers = [];
			});
		running.add(tracked);
	}
}

/** A bug must be seen, and must not take the loop's other streams with it in the same tick. */
function rethrowLater(stream: string, error: unknown): void {
	queueMicrotask(() => {
		throw new Error(`the driver of ${stream} broke`, { cause: error });
	});
}
