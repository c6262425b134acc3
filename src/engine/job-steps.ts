import type { Event } from '#core/event.ts';
import type { PlannedStep } from '#core/plan.ts';
import { BackgroundSteps } from './background-steps.ts';
import { jobEnd } from './job-end.ts';
import type { JobLog } from './job-log.ts';
import type { JobEnd } from './job-request.ts';
import { prefixedLog } from './prefixed-log.ts';
import type { Frame, RunningJob } from './running-job.ts';
import { type StepDone, takeStep } from './step.ts';

/** Takes a job's steps in their order, those in the background beside the others, and ends the job. */
export async function takeSteps(job: RunningJob, given: Frame): Promise<JobEnd> {
	const background = new BackgroundSteps();
	const frame: Frame = { ...given, background };
	const { request } = job;
	const failures: Failure[] = [];
	const told = (step: number, done: StepDone) => {
		if (done.conclusion === 'failure') failures.push({ step, why: `${done.name}: ${done.why ?? 'failed'}` });
		return done;
	};
	for (const [index, step] of request.job.steps.entries()) {
		const isTraced = request.trace?.step === index;
		const trace = isTraced ? request.trace?.path : undefined;
		if (step.background === true) {
			background.begin(step.id, async (stop) => {
				const beside = { ...job, log: prefixedLog(job.log, `[${labelOf(step, index)}] `) };
				return told(
					index,
					await recordedStep(beside, { ...frame, timeout: stop, trace }, { step, index, log: job.log }),
				);
			});
		} else {
			frame.trace = trace;
			told(index, await recordedStep(job, frame, { step, index, log: job.log }));
		}
		if (isTraced || request.until === index) break;
	}
	// Whoever did not wait for a background step waits here.
	const unwaited = await background.wait('all');
	if (unwaited.some((done) => done.conclusion === 'failure')) frame.hasFailed = true;
	return jobEnd(job, frame, frame.hasFailed ? failures[0] : undefined);
}

interface Failure {
	readonly step: number;
	readonly why: string;
}

/** What the lines of a background step begin with. */
function labelOf(step: PlannedStep, index: number): string {
	return step.id.startsWith('__') ? String(index + 1) : step.id;
}

async function recordedStep(
	job: RunningJob,
	frame: Frame,
	{ step, index, log }: { readonly step: PlannedStep; readonly index: number; readonly log: JobLog },
): Promise<StepDone> {
	const { request } = job;
	const about = { job: request.job.key, attempt: request.attempt, step: index };
	const started = job.ports.clock.monotonic();
	const done = await takeStep(job, frame, step, async (name) => {
		const line = log.say(`▸ ${name}`);
		await request.emit({ kind: 'step-started', ...about, name, line });
	});
	await request.emit(
		finishedStep(about, done, { durationMs: Math.round(job.ports.clock.monotonic() - started), line: log.line }),
	);
	return done;
}

function finishedStep(
	about: { readonly job: string; readonly attempt: number; readonly step: number },
	done: StepDone,
	end: { readonly durationMs: number; readonly line: number },
): Event {
	const { exitCode, signal, why, summary, annotations, usage } = done;
	return {
		kind: 'step-finished',
		...about,
		name: done.name,
		outcome: done.outcome,
		conclusion: done.conclusion,
		...(exitCode === undefined ? {} : { exitCode }),
		...(signal === undefined ? {} : { signal }),
		...(why === undefined ? {} : { why }),
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
