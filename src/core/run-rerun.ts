import { type Job, notBegun, type Run } from './run.ts';

/** The run with these jobs, and all that hangs on them, queued again. */
export function rerun(run: Run, keys: readonly string[]): Run {
	const again = hangingOn(run, keys);
	const { finishedAt: _finishedAt, cancel: _cancel, ...rest } = run;
	// A call whose own jobs happen again goes on; one that happens again itself is made anew.
	const goesOn = new Set(
		run.jobs.flatMap((job) => (again.has(job.key) ? parentsOf(run, job) : [])).filter((key) => !again.has(key)),
	);
	return {
		...rest,
		attempt: run.attempt + 1,
		status: 'running',
		hasTurn: false,
		jobs: run.jobs.map((job) =>
			again.has(job.key) ? anew(job) : goesOn.has(job.key) ? { ...ended(job), status: 'running' } : job,
		),
	};
}

/** The jobs to ask for: those that did not pass, or all of them. */
export function jobsToRerun(run: Run, which: 'failed' | 'all'): readonly string[] {
	if (which === 'all') return run.jobs.filter((job) => job.parent === undefined).map((job) => job.key);
	const calls = new Set(run.jobs.flatMap((job) => job.parent ?? []));
	return run.jobs
		.filter((job) => (job.status === 'failed' || job.status === 'cancelled') && !calls.has(job.key))
		.map((job) => job.key);
}

/** The jobs with everything that needs them, also outside the workflow they were called in, and with the jobs they call. */
function hangingOn(run: Run, keys: readonly string[]): ReadonlySet<string> {
	const found = new Set(keys);
	for (const key of found) {
		const job = run.jobs.find((other) => other.key === key);
		if (job === undefined) continue;
		for (const above of [
			job,
			...parentsOf(run, job).flatMap((parent) => run.jobs.find((other) => other.key === parent) ?? []),
		]) {
			for (const other of run.jobs) {
				if (other.parent === above.parent && other.needs.includes(above.id)) found.add(other.key);
			}
		}
		for (const other of run.jobs) if (other.parent === key) found.add(other.key);
	}
	return found;
}

function parentsOf(run: Run, job: Job): readonly string[] {
	if (job.parent === undefined) return [];
	const parent = run.jobs.find((other) => other.key === job.parent);
	return [job.parent, ...(parent === undefined ? [] : parentsOf(run, parent))];
}

function anew(job: Job): Job {
	const { finding: _finding, snapshot: _snapshot, startedAt: _startedAt, ...rest } = ended(job);
	return {
		...rest,
		...notBegun,
	};
}

/** A job without what its end said. */
function ended(job: Job): Job {
	const { finishedAt: _finishedAt, why: _why, ...rest } = job;
	return rest;
}
