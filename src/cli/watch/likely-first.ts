import { isEnded, type Job, type Run } from '#core/run.ts';

/** What the record says of a job of a workflow. */
export interface JobRecord {
	/** How its newest attempt that passed or failed ended. */
	readonly last: 'passed' | 'failed' | undefined;
	/** Share of its attempts that failed without the code being at fault, or where one commit gave both results. */
	readonly flaky: number;
	/** Of its newest attempt that passed or failed. */
	readonly durationMs: number | undefined;
}

/** The record of every job, by `<workflow> <job id>`, from runs in any order. */
export function recordsOf(runs: readonly Run[]): ReadonlyMap<string, JobRecord> {
	const seen = new Map<string, { readonly run: Run; readonly job: Job }[]>();
	for (const run of runs.toSorted((a, b) => b.seq - a.seq)) {
		for (const job of run.jobs) {
			if (job.status !== 'passed' && job.status !== 'failed') continue;
			const key = recordKey(run.workflow, job.id);
			seen.set(key, [...(seen.get(key) ?? []), { run, job }]);
		}
	}
	return new Map([...seen].map(([key, attempts]) => [key, recordOf(attempts)]));
}

/** Where `recordsOf` has a job. */
export function recordKey(workflow: string, job: string): string {
	return `${workflow} ${job}`;
}

/** Most likely to fail first: what failed last, then what is flaky, then what is quickest to know, then what was never seen. */
export function likelyFirst<T>(items: readonly T[], recordOf: (item: T) => JobRecord | undefined): readonly T[] {
	const rank = (item: T): readonly number[] => {
		const record = recordOf(item);
		return [record?.last === 'failed' ? 0 : 1, -(record?.flaky ?? 0), record?.durationMs ?? Number.MAX_SAFE_INTEGER];
	};
	return items
		.map((item) => ({ item, rank: rank(item) }))
		.toSorted((a, b) => compare(a.rank, b.rank))
		.map(({ item }) => item);
}

/** Attempts newest first. Combinations of a matrix in one run count as one: the worst and the longest of them. */
function recordOf(attempts: readonly { readonly run: Run; readonly job: Job }[]): JobRecord {
	const [newest] = attempts;
	const latest = attempts.filter(({ run }) => run.id === newest?.run.id).map(({ job }) => job);
	const bySha = Map.groupBy(attempts, ({ run, job }) => `${run.trigger.sha} ${job.key}`);
	const mixed = [...bySha.values()].filter((same) => new Set(same.map(({ job }) => job.status)).size > 1).flat();
	const unsteady = attempts.filter(({ job }) => ['flaky', 'environment'].includes(job.finding?.verdict ?? ''));
	return {
		last: latest.some((job) => job.status === 'failed') ? 'failed' : latest.length > 0 ? 'passed' : undefined,
		flaky: attempts.length === 0 ? 0 : new Set([...mixed, ...unsteady]).size / attempts.length,
		durationMs: latest.reduce<number | undefined>((most, job) => greater(most, durationOf(job)), undefined),
	};
}

function durationOf({ status, startedAt, finishedAt }: Job): number | undefined {
	if (!isEnded(status) || startedAt === undefined || finishedAt === undefined) return undefined;
	return Date.parse(finishedAt) - Date.parse(startedAt);
}

function greater(a: number | undefined, b: number | undefined): number | undefined {
	return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function compare(a: readonly number[], b: readonly number[]): number {
	for (const [index, value] of a.entries()) {
		const difference = value - (b[index] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}
