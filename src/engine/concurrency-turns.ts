import type { Event } from '#core/event.ts';
import type { Concurrency } from '#core/plan.ts';
import { isEnded, plannedJob, type Run } from '#core/run.ts';
import { jobContexts } from '#core/run-context.ts';
import { evolve } from '#core/run-fold.ts';
import type { RunAction } from '#core/run-machine.ts';
import { concurrencyOf } from '#core/run-turn.ts';
import type { Store } from '#edge/store/store.ts';
import type { Context } from './driver.ts';

type TakeTurn = Extract<RunAction, { do: 'take-turn' }>;

/** A run, or one job of it, in a concurrency group. */
interface Member {
	readonly stream: string;
	readonly job: string | undefined;
	/** Asks the member to give way, with the reason. */
	readonly yield: (why: string) => void;
}

interface Waiter extends Member {
	readonly grant: (isTurn: boolean) => void;
}

interface Group {
	holder: Member | undefined;
	readonly waiting: Waiter[];
}

export interface ConcurrencyTurns {
	/** Waits for the turn and records it; returns without a record when the run or the job has ended meanwhile. */
	take(action: TakeTurn, context: Context<Run | undefined>): Promise<void>;
	/** Gives turns back to the runs that had them when Footbridge stopped. */
	restore(streams: readonly string[]): Promise<void>;
}

/**
 * Lets one run or job at a time through each concurrency group of a project, as GitHub does: of those that wait only the newest
 * stays (unless `queue: max`), and with `cancel-in-progress` the one that runs gives way too.
 */
export function concurrencyTurns(
	store: Store,
	{ stopJob }: { readonly stopJob: (stream: string, job: string, why: string) => void },
): ConcurrencyTurns {
	const groups = new Map<string, Group>();
	store.subscribe(({ stream, event }) => {
		const end = endIn(event);
		if (end !== undefined) leave(stream, end.job);
	});

	return {
		take: async (action, context) => {
			const { concurrency, job } = action;
			const run = known(context.state());
			const isTurn = await wait(`${run.project}/${concurrency.group}`, concurrency, memberOf(action, context));
			if (!isTurn || context.signal.aborted) return;
			const isOver = hasEnded(known(context.state()), job);
			if (isOver) return leave(context.stream, job);
			await context.append({ kind: 'turn-taken', group: concurrency.group, ...(job === undefined ? {} : { job }) });
		},
		restore: async (streams) => {
			for (const stream of streams) {
				const run = (await store.read(stream)).reduce<Run | undefined>(evolve, undefined);
				if (run === undefined || run.finishedAt !== undefined) continue;
				for (const [group, job] of turnsOf(run)) {
					const yieldWith = (why: string) =>
						job === undefined
							? void store.append(stream, 'engine', [{ kind: 'cancel-requested', why }])
							: stopJob(stream, job, why);
					groupOf(`${run.project}/${group}`).holder = { stream, job, yield: yieldWith };
				}
			}
		},
	};

	function memberOf({ job }: TakeTurn, context: Context<Run | undefined>): Member {
		const { stream } = context;
		return {
			stream,
			job,
			yield: (why) => {
				if (job === undefined) return void context.append({ kind: 'cancel-requested', why }).catch(() => {});
				const state = known(context.state()).jobs.find((other) => other.key === job);
				if (state?.status === 'running') return stopJob(stream, job, why);
				const attempt = state?.attempt ?? 0;
				const end: Event = { kind: 'job-finished', job, attempt, conclusion: 'cancelled', outputs: {}, why };
				return void context.append(end).catch(() => {});
			},
		};
	}

	function wait(
		name: string,
		{ cancelInProgress, queue, group: label }: Concurrency,
		member: Member,
	): Promise<boolean> {
		const group = groupOf(name);
		if (group.holder === undefined) {
			group.holder = member;
			return Promise.resolve(true);
		}
		const why = `a newer ${member.job === undefined ? 'run' : 'job'} of the concurrency group ${label} came`;
		if (queue === 'single') for (const older of group.waiting.splice(0)) giveUp(older, why);
		if (cancelInProgress) group.holder.yield(why);
		return new Promise((grant) => group.waiting.push({ ...member, grant }));
	}

	function giveUp(waiter: Waiter, why: string): void {
		waiter.grant(false);
		waiter.yield(why);
	}

	function leave(stream: string, job: string | undefined): void {
		// The end of a run is the end of all its jobs.
		const isGone = (member: Member) => member.stream === stream && (job === undefined || member.job === job);
		for (const [name, group] of groups) {
			for (const waiter of group.waiting.filter(isGone)) {
				group.waiting.splice(group.waiting.indexOf(waiter), 1);
				waiter.grant(false);
			}
			if (group.holder === undefined || !isGone(group.holder)) continue;
			const next = group.waiting.shift();
			group.holder = next;
			next?.grant(true);
			if (next === undefined) groups.delete(name);
		}
	}

	function groupOf(name: string): Group {
		const found = groups.get(name) ?? { holder: undefined, waiting: [] };
		groups.set(name, found);
		return found;
	}
}

/** What an event gives back: a run's turn, or a job's. A run that is asked to stop waits no longer. */
function endIn(event: Event): { readonly job: string | undefined } | undefined {
	switch (event.kind) {
		case 'run-finished':
			return { job: undefined };
		case 'job-finished':
		case 'job-skipped':
		case 'job-lost':
			return { job: event.job };
		default:
			return undefined;
	}
}

function hasEnded(run: Run, key: string | undefined): boolean {
	if (key === undefined) return run.finishedAt !== undefined || run.cancel !== undefined;
	const job = run.jobs.find((other) => other.key === key);
	return job === undefined || isEnded(job.status);
}

/** The groups in which a run and its jobs have their turn. */
function turnsOf(run: Run): readonly (readonly [group: string, job: string | undefined])[] {
	const own = run.concurrency !== undefined && run.hasTurn ? [[run.concurrency.group, undefined] as const] : [];
	const jobs = run.jobs.flatMap((job) => {
		const planned = plannedJob(run, job.key);
		if (!job.hasTurn || isEnded(job.status) || planned.concurrency === undefined) return [];
		const concurrency = concurrencyOf(planned.concurrency, jobContexts(run, planned));
		return concurrency.ok ? [[concurrency.value.group, job.key] as const] : [];
	});
	return [...own, ...jobs];
}

function known(run: Run | undefined): Run {
	if (run === undefined) throw new Error('a run that has no first event');
	return run;
}
