import type { Event, Recorded } from './event.ts';
import type { Problem } from './result.ts';

/**
 * One kind of thing that lives in a stream: its state is a fold of its events, and the state says what to do next.
 * The engine's driver performs each action once (by `key`) and appends what came of it.
 */
export interface Machine<State, Action extends { readonly key: string }> {
	/** The state before the first event of a stream. */
	initial(stream: string): State;
	evolve(state: State, recorded: Recorded): State;
	/**
	 * Pure and repeatable: everything that should be under way now. `key` names the action for the whole life of the stream.
	 * `begun` has the keys of the actions that this process has begun: one that has not left a trace in the state yet is there.
	 */
	decide(state: State, begun: ReadonlySet<string>): readonly Action[];
	isOver(state: State): boolean;
	/** What to record when Footbridge starts and finds the stream unfinished: what was under way then is not any more. */
	recover(state: State): readonly Event[];
	/** What to record when performing an action broke: the stream must not hang. */
	broke(state: State, action: Action, problem: Problem): readonly Event[];
}
