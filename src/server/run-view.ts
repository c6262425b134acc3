import type { RunView } from '#core/api.ts';
import type { Run } from '#core/run.ts';
import { evolve } from '#core/run-fold.ts';
import type { Store } from '#edge/store/store.ts';

/** A run folded from its stream, with the seq up to which it is folded; undefined when there is none. */
export async function readRun(store: Pick<Store, 'read'>, id: string): Promise<RunView | undefined> {
	const events = await store.read(`run/${id}`);
	const run = events.reduce<Run | undefined>(evolve, undefined);
	return run === undefined ? undefined : { ...run, head: events.at(-1)?.seq ?? run.seq };
}
