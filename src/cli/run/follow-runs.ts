import type { Client } from '#cli/client.ts';
import type { RunView } from '#core/api.ts';
import type { Recorded } from '#core/event.ts';
import { evolve } from '#core/run-fold.ts';
import { runMachine } from '#core/run-machine.ts';

export interface FollowOptions {
	readonly signal?: AbortSignal;
	/** Told of each run when it is first seen, and after every event of it. */
	readonly onChange: (run: RunView, recorded?: Recorded) => void | Promise<void>;
}

/** Follows runs until each has ended and its failures are explained; the runs as they are then. */
export async function followRuns(
	client: Client,
	ids: readonly string[],
	{ signal, onChange }: FollowOptions,
): Promise<readonly RunView[]> {
	const runs = new Map<string, RunView>();
	for (const id of ids) runs.set(id, await client.get<RunView>(`/runs/${id}`));
	for (const run of runs.values()) await onChange(run);
	const isOver = () => [...runs.values()].every((run) => runMachine.isOver(run));
	if (isOver()) return [...runs.values()];
	const done = new AbortController();
	const until = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
	const after = Math.min(...[...runs.values()].map((run) => run.head));
	for await (const recorded of client.events(after, until)) {
		const run = runs.get(recorded.stream.replace(/^run\//, ''));
		if (run === undefined || recorded.seq <= run.head) continue;
		const next = { ...run, ...evolve(run, recorded), head: recorded.seq };
		runs.set(run.id, next);
		await onChange(next, recorded);
		if (isOver()) break;
	}
	done.abort();
	return [...runs.values()];
}
