import type { QueryClient } from '@tanstack/react-query';
import type { DeploymentView, RunView } from '#core/api.ts';
import type { Recorded } from '#core/event.ts';
import { evolve as evolveDeployment } from '#core/rollout/deployment.ts';
import { evolve as evolveRun } from '#core/run-fold.ts';
import { type Connection, connect, type LiveState } from './live-connection.ts';

/** Keeps the cache as the event log is: one connection, events folded into runs, lists asked for again. */
export function keepLive(queryClient: QueryClient): Live {
	let state: LiveState = { is: 'connecting' };
	const listeners = new Set<() => void>();
	const refresh = refresher(queryClient);

	let connection: Connection | undefined;
	const handlers = {
		onEvent: (recorded: Recorded) => take(queryClient, refresh, recorded),
		// What was fetched before may miss what happened before the stream began.
		onGap: () => void queryClient.invalidateQueries(),
		onState(next: LiveState) {
			state = next;
			// Perhaps it was turned away because the session is over.
			if (next.is === 'reconnecting') void queryClient.invalidateQueries({ queryKey: ['session'] });
			for (const listener of listeners) listener();
		},
	};
	return {
		state: () => state,
		subscribe(listener) {
			// Not before somebody looks, who then is signed in.
			connection ??= connect(handlers);
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
				if (listeners.size > 0) return;
				connection?.close();
				connection = undefined;
				state = { is: 'connecting' };
			};
		},
	};
}

export interface Live {
	state(): LiveState;
	subscribe(listener: () => void): () => void;
}

function take(queryClient: QueryClient, refresh: (...keys: readonly string[]) => void, recorded: Recorded): void {
	const slash = recorded.stream.indexOf('/');
	const [kind, id] = [recorded.stream.slice(0, slash), recorded.stream.slice(slash + 1)];
	if (kind === 'run') {
		queryClient.setQueryData<RunView>(['run', id], (run) => foldRun(run, recorded));
		if (!quiet.has(recorded.event.kind)) refresh('runs');
		return;
	}
	if (kind === 'deployment') {
		queryClient.setQueryData<DeploymentView>(['deployment', id], (known) => foldDeployment(known, recorded));
	}
	refresh(...(affected[kind] ?? []));
}

/** Events of a run that no list shows. */
const quiet: ReadonlySet<string> = new Set(['snapshot-taken', 'step-started', 'step-finished', 'diagnosis-started']);

const affected: { readonly [kind: string]: readonly string[] } = {
	project: ['projects', 'environments'],
	deployment: ['environments', 'deployments', 'metrics'],
	environment: ['environments'],
	incident: ['incidents', 'environments', 'metrics'],
	access: ['settings', 'session'],
	settings: ['settings'],
};

/** The run with this event in it; the same run when it is in it already. */
function foldRun(run: RunView | undefined, recorded: Recorded): RunView | undefined {
	if (run === undefined || recorded.seq <= run.head) return run;
	const next = evolveRun(run, recorded);
	return next === undefined ? run : { ...next, head: recorded.seq };
}

function foldDeployment(known: DeploymentView | undefined, recorded: Recorded): DeploymentView | undefined {
	if (known === undefined || recorded.seq <= known.head) return known;
	const next = evolveDeployment(known, recorded);
	return next === undefined ? known : { ...next, head: recorded.seq };
}

/** Asks for lists again, once for many events in quick succession. */
function refresher(queryClient: QueryClient): (...keys: readonly string[]) => void {
	const wanted = new Set<string>();
	let timer: ReturnType<typeof setTimeout> | undefined;
	return (...keys) => {
		for (const key of keys) wanted.add(key);
		if (timer !== undefined) return;
		timer = setTimeout(() => {
			timer = undefined;
			for (const key of wanted) void queryClient.invalidateQueries({ queryKey: key.split(' ') });
			wanted.clear();
		}, 250);
	};
}
