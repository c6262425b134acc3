import type { RunView } from '#core/api.ts';
import { isEnded, type Job, type Step } from '#core/run.ts';

/** A place in a run, as its address has it: `#<job>`, `#<job>:L10`, `#<job>:L10-L20`, `#<job>:step3`. */
export interface Place {
	readonly job?: string;
	readonly from?: number;
	readonly to?: number;
	readonly step?: number;
}

/** Reads the hash of an address, without `#`. What it does not understand it leaves out. */
export function parsePlace(hash: string): Place {
	const match = /^(?<job>.*?)(?::(?:L(?<from>\d{1,9})(?:-L(?<to>\d{1,9}))?|step(?<step>-?\d{1,4})))?$/s.exec(hash);
	const { job = '', from, to, step } = match?.groups ?? {};
	if (job === '') return {};
	const [first, last] = [Number(from), Number(to ?? from)];
	return {
		job: decoded(job),
		...(from === undefined ? {} : { from: Math.min(first, last), to: Math.max(first, last) }),
		...(step === undefined ? {} : { step: Number(step) }),
	};
}

/** The hash of a place, without `#`. */
export function placeHash(job: string, part: Omit<Place, 'job'> = {}): string {
	const { from, to, step } = part;
	const name = encodeURIComponent(job);
	if (step !== undefined) return `${name}:step${step}`;
	if (from === undefined) return name;
	return to === undefined || to === from ? `${name}:L${from}` : `${name}:L${from}-L${to}`;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/**
 * The job whose log is shown: the one asked for, else the one that needs eyes most. One that is shown already stays
 * while it goes on or has failed: a log must not change under who reads it.
 */
export function shownJob(run: RunView, asked: string | undefined, before?: string): Job | undefined {
	const byStatus = (status: string) => run.jobs.find((job) => job.status === status);
	const kept = run.jobs.find((job) => job.key === before);
	const isBusy = kept?.status === 'running' || kept?.status === 'failed';
	const isAnyBusy = run.jobs.some(({ status }) => status === 'running' || status === 'failed');
	if (asked === undefined && kept !== undefined && kept.status !== 'queued' && (isBusy || !isAnyBusy)) return kept;
	return run.jobs.find((job) => job.key === asked) ?? byStatus('failed') ?? byStatus('running') ?? run.jobs.at(0);
}

/** Where the log of a job opens: at the line that shows the cause, else at its failed step, else at its end while it runs. */
export function openingLine(job: Job): number | 'start' | 'end' {
	const failed = failedStep(job);
	const line = job.finding?.logLine ?? failed?.annotations.find(({ level }) => level === 'error')?.logLine;
	if (line !== undefined) return line;
	if (failed !== undefined) return failed.lastLine ?? failed.firstLine ?? 'start';
	return isEnded(job.status) ? 'start' : 'end';
}

function failedStep(job: Job): Step | undefined {
	return job.steps.find((step) => step.status === 'failed');
}
