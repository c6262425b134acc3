import { usesReference } from '#core/action/uses-reference.ts';
import type { Event } from '#core/event.ts';
import type { PlannedStep } from '#core/plan.ts';
import { postsOf } from './action-posts.ts';
import { BackgroundSteps } from './background-steps.ts';
import { builtInFor } from './built-in-actions.ts';
import { jobEnd } from './job-end.ts';
import type { JobLog } from './job-log.ts';
import type { JobEnd, JobRequest } from './job-request.ts';
import { prefixedLog } from './prefixed-log.ts';
import type { ActionStage, Frame, RunningJob } from './running-job.ts';
import { type StepDone, takeStage, takeStep } from './step.ts';

/**
 * Takes a job's steps in their order, those in the background beside the others, and ends the job. Before the first, actions do what
 * they have to; after the last as well, the last of them first, whatever became of the steps.
 */
export async function takeSteps(job: RunningJob, given: Frame, before: readonly ActionStage[]): Promise<JobEnd> {
	const background = new BackgroundSteps();
	const frame: Frame = { ...given, background };
	const { request } = job;
	const failures: Failure[] = [];
	const record = openRecord(request.emit);
	const outside = new OutsideWork(job);
	const told = (step: number, done: StepDone) => {
		outside.count(request.job.steps[step], done);
		if (done.conclusion === 'failure') failures.push({ step, why: `${done.name}: ${done.why ?? 'failed'}` });
		return done;
	};
	for (const [place, stage] of before.entries()) {
		const index = place - before.length;
		told(index, await recordedStage(job, frame, { stage, record, number: { step: index, phase: 'pre' } }));
	}
	for (const [index, step] of request.job.steps.entries()) {
		const isTraced = request.trace?.step === index;
		const trace = isTraced ? request.trace?.path : undefined;
		if (step.background === true) {
			background.begin(step.id, async (stop) => {
				const beside = { ...job, log: prefixedLog(job.log, `[${labelOf(step, index)}] `) };
				const place = { step, index, log: job.log, record };
				const done = await recordedStep(beside, { ...frame, timeout: stop, trace }, place);
				await record.settled();
				return told(index, done);
			});
		} else {
			frame.trace = trace;
			told(index, await recordedStep(job, frame, { step, index, log: job.log, record }));
		}
		if (isTraced || request.until === index) break;
	}
	// Whoever did not wait for a background step waits here.
	const unwaited = await background.wait('all');
	if (unwaited.some((done) => done.conclusion === 'failure')) frame.hasFailed = true;
	frame.trace = undefined;
	for (const [place, stage] of postsOf(job, frame).entries()) {
		const index = request.job.steps.length + place;
		told(index, await recordedStage(job, frame, { stage, record, number: { step: index, phase: 'post' } }));
	}
	await record.settled();
	const end = jobEnd(job, frame, frame.hasFailed ? failures[0] : undefined);
	return end.conclusion === 'passed' && outside.why !== undefined
		? { ...end, conclusion: 'skipped', why: outside.why }
		: end;
}

/** A job that only made ready for steps whose work lies outside of this machine's reach has done nothing: it is not green. */
class OutsideWork {
	readonly #job: RunningJob;
	#unreached: string[] = [];
	#hasOther = false;

	constructor(job: RunningJob) {
		this.#job = job;
	}

	count(step: PlannedStep | undefined, { isUnreached, why = '', outcome }: StepDone): void {
		if (isUnreached === true) this.#unreached.push(why);
		else if (outcome !== 'skipped' && step !== undefined && !this.#isPreparation(step)) this.#hasOther = true;
	}

	get why(): string | undefined {
		return this.#hasOther ? undefined : this.#unreached[0];
	}

	#isPreparation({ uses }: PlannedStep): boolean {
		const reference = uses === undefined ? undefined : usesReference(uses);
		return reference !== undefined && builtInFor(this.#job, reference) !== undefined;
	}
}

interface StepRecord {
	/** Resolves when the event and all before it are durable. */
	add(event: Event): Promise<void>;
	/** Resolves when all are durable; rejects when one could not be recorded. */
	settled(): Promise<void>;
}

/**
 * A step's end is handed in and not waited for, and its successor's start waits for both: they share a commit where nothing takes time
 * between them, and still no work is begun before the record says so.
 */
function openRecord(emit: JobRequest['emit']): StepRecord {
	let pending: Promise<unknown> = Promise.resolve();
	return {
		async add(event) {
			pending = Promise.all([pending, emit(event)]);
			// Whoever waits next is told.
			pending.catch(() => undefined);
			await pending;
		},
		async settled() {
			await pending;
		},
	};
}

interface Failure {
	readonly step: number;
	readonly why: string;
}

/** What the lines of a background step begin with. */
function labelOf(step: PlannedStep, index: number): string {
	return step.id.startsWith('__') ? String(index + 1) : step.id;
}

interface StepPlace {
	readonly step: PlannedStep;
	readonly index: number;
	readonly log: JobLog;
	readonly record: StepRecord;
}

function recordedStep(job: RunningJob, frame: Frame, { step, index, log, record }: StepPlace): Promise<StepDone> {
	return recorded(job, { log, record, number: { step: index } }, (begin) => takeStep(job, frame, step, begin));
}

function recordedStage(
	job: RunningJob,
	frame: Frame,
	{ stage, ...place }: Omit<NumberedPlace, 'log'> & { readonly stage: ActionStage },
): Promise<StepDone> {
	return recorded(job, { log: job.log, ...place }, (begin) => takeStage(job, frame, stage, begin));
}

interface NumberedPlace {
	readonly log: JobLog;
	readonly record: StepRecord;
	readonly number: StepNumber;
}

interface StepNumber {
	readonly step: number;
	readonly phase?: 'pre' | 'post';
}

async function recorded(
	{ ports: { clock }, request }: RunningJob,
	{ log, record, number }: NumberedPlace,
	take: (begin: (name: string) => Promise<void>) => Promise<StepDone>,
): Promise<StepDone> {
	const about = { job: request.job.key, attempt: request.attempt, ...number };
	const started = clock.monotonic();
	const done = await take(async (name) => {
		const line = log.say(`▸ ${name}`);
		await record.add({ kind: 'step-started', ...about, name, line });
	});
	const durationMs = Math.round(clock.monotonic() - started);
	record.add(finishedStep(about, done, { durationMs, line: log.line })).catch(() => undefined);
	return done;
}

function finishedStep(
	about: { readonly job: string; readonly attempt: number } & StepNumber,
	done: StepDone,
	end: { readonly durationMs: number; readonly line: number },
): Event {
	const { exitCode, signal, why, isUnreached, summary, annotations, usage } = done;
	return {
		kind: 'step-finished',
		...about,
		name: done.name,
		outcome: done.outcome,
		conclusion: done.conclusion,
		...(exitCode === undefined ? {} : { exitCode }),
		...(signal === undefined ? {} : { signal }),
		...(why === undefined ? {} : { why }),
		...(isUnreached === undefined ? {} : { isUnreached }),
		outputs: done.outputs,
		...(summary === '' ? {} : { summary: summary.slice(0, summaryLimit) }),
		...(annotations.length === 0 ? {} : { annotations: annotations.slice(0, annotationLimit) }),
		...(usage === undefined ? {} : { usage }),
		...end,
	};
}

/** What one event may hold: characters of a summary, annotations. */
const summaryLimit = 1024 * 1024;
const annotationLimit = 50;
