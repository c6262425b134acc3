import type { Client } from '#cli/client.ts';
import { followRuns } from '#cli/run/follow-runs.ts';
import { readTail, type Tail } from '#cli/run/tail.ts';
import type { RunView, StartedRuns, StartRuns } from '#core/api.ts';
import { type Problem, problemOf } from '#core/result.ts';
import { isEnded, type Run } from '#core/run.ts';
import { type JobRecord, recordKey, recordsOf } from './likely-first.ts';
import type { Work, WorkRequest } from './work.ts';

/** Why a round is run: paths were saved, or a key asked for all jobs or for those that failed last. */
export type Occasion =
	| { readonly kind: 'saved'; readonly paths: readonly string[]; readonly at: number }
	| { readonly kind: 'all' }
	| { readonly kind: 'failed' };

/** What one occasion started, as it is now. */
export interface Round {
	readonly occasion: Occasion;
	readonly is: 'starting' | 'running' | 'ended';
	/** Epoch, ms. */
	readonly startedAt: number;
	/** From the save to the first run in the queue, ms. */
	readonly queuedMs?: number;
	readonly left: Work['left'];
	readonly runs: readonly RunView[];
	/** Ends of the logs of failed jobs, by `<run id> <job key>`. */
	readonly tails: ReadonlyMap<string, Tail>;
	readonly problems: readonly Problem[];
}

export interface Session {
	readonly round: Round | undefined;
	/** Starts a round; the one that goes on is stale from now on. */
	start(occasion: Occasion): void;
	/** Cancels what runs, and waits for it a while. */
	stop(): Promise<void>;
}

export interface SessionOptions {
	/** What every run is started with; workflow and jobs are the round's. */
	readonly request: StartRuns;
	readonly workOf: (asked: Pick<WorkRequest, 'changed' | 'records'>) => Promise<Work>;
	/** Earlier runs of the project. */
	readonly history: readonly Run[];
	/** Something of the round changed. */
	readonly onChange: (round: Round) => void;
}

const tailLines = 30;
const keptRuns = 30;
const patienceMs = 5000;

/** Runs one round after the other, each for what its occasion reaches. */
export function createSession(client: Client, options: SessionOptions): Session {
	let history = options.history;
	let round: Round | undefined;
	let stopRound: (why: string) => void = () => {};
	/** Saved since a round ended by itself: what a stale round was to show is still to be shown. */
	const unseen = new Set<string>();
	const going = new Set<Promise<void>>();
	const cancelled = new Set<string>();

	return {
		get round() {
			return round;
		},
		start: (occasion) => {
			stopRound('made stale by a newer save');
			const stop = new AbortController();
			stopRound = (why) => stop.abort(why);
			if (occasion.kind === 'saved') for (const path of occasion.paths) unseen.add(path);
			const ending = play(occasion, stop.signal).finally(() => going.delete(ending));
			going.add(ending);
		},
		stop: async () => {
			stopRound('the watch was ended');
			await Promise.all(going);
			// A run that is left alone before it has ended is one that was lost.
			const patience = AbortSignal.timeout(patienceMs);
			await followRuns(client, [...cancelled], { signal: patience, onChange: () => {} }).catch(() => {});
		},
	};

	async function play(occasion: Occasion, signal: AbortSignal): Promise<void> {
		const set = (part: Partial<Round>): void => {
			own = { ...own, ...part };
			if (signal.aborted) return;
			round = own;
			options.onChange(own);
		};
		let own: Round = {
			...{ occasion, is: 'starting', startedAt: Date.now() },
			...{ left: [], runs: [], tails: new Map(), problems: [] },
		};
		const ids: string[] = [];
		const cancel = () => {
			for (const id of ids.filter((one) => !cancelled.has(one))) {
				cancelled.add(id);
				void client.post(`/runs/${id}/cancel`, { why: signal.reason as string }).catch(() => {});
			}
		};
		signal.addEventListener('abort', cancel, { once: true });
		set({});
		try {
			const work = await options.workOf(asked(occasion));
			set({ left: work.left, problems: work.broken.flatMap((one) => one.problems) });
			for (const one of chosen(occasion, work)) {
				if (signal.aborted) break;
				const started = await client.post<StartedRuns>('/runs', { ...options.request, ...one });
				if (ids.length === 0 && occasion.kind === 'saved') set({ queuedMs: performance.now() - occasion.at });
				ids.push(...started.runs);
			}
			// Begun while the newer save was told.
			if (signal.aborted) cancel();
			set({ is: 'running' });
			const runs = await follow(ids, signal, set);
			history = [...runs.filter((run) => isEnded(run.status)), ...history].slice(0, keptRuns);
			if (!signal.aborted && occasion.kind !== 'failed') unseen.clear();
			set({ is: 'ended', runs });
		} catch (error) {
			set({ is: 'ended', problems: [...own.problems, problemOf(error)] });
		}
	}

	function asked({ kind }: Occasion): Pick<WorkRequest, 'changed' | 'records'> {
		const records = recordsOf(history);
		return kind === 'saved' ? { records, changed: [...unseen].sort() } : { records };
	}

	function chosen({ kind }: Occasion, { workflows }: Work): Work['workflows'] {
		if (kind !== 'failed') return workflows;
		const records: ReadonlyMap<string, JobRecord> = recordsOf(history);
		return workflows
			.map(({ workflow, jobs }) => ({
				workflow,
				jobs: jobs.filter((job) => records.get(recordKey(workflow, job))?.last === 'failed'),
			}))
			.filter(({ jobs }) => jobs.length > 0);
	}

	async function follow(
		ids: readonly string[],
		signal: AbortSignal,
		set: (part: Partial<Round>) => void,
	): Promise<readonly RunView[]> {
		const runs = new Map<string, RunView>();
		const tails = new Map<string, Tail>();
		return followRuns(client, ids, {
			signal,
			onChange: async (run, recorded) => {
				runs.set(run.id, run);
				const event = recorded?.event;
				const job = event?.kind === 'job-finished' ? run.jobs.find(({ key }) => key === event.job) : undefined;
				if (job?.status === 'failed') {
					const tail = await readTail(client, run, job, tailLines).catch(() => undefined);
					if (tail !== undefined) tails.set(`${run.id} ${job.key}`, tail);
				}
				set({ runs: ids.flatMap((id) => runs.get(id) ?? []), tails: new Map(tails) });
			},
		});
	}
}
