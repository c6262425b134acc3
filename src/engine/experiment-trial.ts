import { join } from 'node:path';
import { type FailingCall, failingCalls } from '#core/diagnosis/failing-call.ts';
import type { Outcome } from '#core/diagnosis/known.ts';
import { type TellingLine, tellingLine } from '#core/diagnosis/log-reading.ts';
import type { EventOf } from '#core/event.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import { attemptJob } from './job-attempt.ts';
import type { JobRequest } from './job-request.ts';
import type { Ports } from './ports.ts';

export interface TrialOptions {
	/** Index of the step in question: the job ends after it. */
	readonly step: number;
	/** Ends the log's key. */
	readonly name: string;
	/** Milliseconds after which the trial is given up. */
	readonly limitMs: number;
	/** Looks at the room while it stands, with the calls of the step that failed. */
	readonly inRoom?: (room: Room, calls: readonly FailingCall[]) => Promise<void>;
}

/** How a step ended and what its log says. */
export interface StepEnd {
	readonly exitCode?: number;
	readonly signal?: string;
	readonly line?: TellingLine;
}

export interface Trial {
	readonly outcome: Outcome;
	/** Set when the step was done. */
	readonly end?: StepEnd;
	/** The step's calls that failed; undefined when it was not traced. */
	readonly calls?: readonly FailingCall[];
}

type StepFinished = EventOf<'step-finished'>;

const traceLimit = 4000;

/** Does a job up to one step, in a room and with a log of its own, that step traced where this machine can; nothing of it is recorded as an event. */
export async function tryStep(ports: Ports, request: JobRequest, options: TrialOptions): Promise<Trial> {
	const { step, name, limitMs, inRoom } = options;
	const path = join(ports.places.evidence, `${request.run.id}-${ports.newId()}.strace`);
	const isTraced = (await ports.traces.available()) === undefined;
	const ended: StepFinished[] = [];
	let firstLine = 1;
	let calls: readonly FailingCall[] | undefined;
	const limit = timeLimit(ports, limitMs);
	const signal = AbortSignal.any([request.signal, limit.signal]);
	try {
		const end = await attemptJob(ports, {
			...request,
			job: { ...request.job, steps: request.job.steps.slice(0, step + 1) },
			logKey: `${request.logKey}.${name}`,
			signal,
			...(isTraced ? { trace: { step, path } } : {}),
			emit: async (event) => {
				if (event.kind === 'step-started' && event.step === step) firstLine = event.line;
				if (event.kind === 'step-finished') ended.push(event);
			},
			beforeDestroy: async (room) => {
				// A step that started no process of its own has left no trace.
				if (isTraced) calls = await ports.traces.failures(path, traceLimit).then(failingCalls, () => undefined);
				if (!signal.aborted) await inRoom?.(room, calls ?? []);
			},
		});
		const outcome = signal.aborted ? notRun('the time for experiments was over') : outcomeOf(ended, step, end.why);
		const own = ended.find((other) => other.step === step);
		return {
			outcome,
			...(own === undefined ? {} : { end: await endOf(ports, `${request.logKey}.${name}`, firstLine, own) }),
			...(calls === undefined ? {} : { calls }),
		};
	} finally {
		limit.end();
		await ports.traces.remove(path);
	}
}

/** The end of a step's log, which is the lines from `from` to `to` of the job's; without `to` it goes on to the last. */
export async function readStepLog(
	ports: Pick<Ports, 'logs'>,
	logKey: string,
	{ from, to }: { readonly from: number; readonly to?: number | undefined },
) {
	const end = to ?? (await ports.logs.read(logKey, 1, 0)).total;
	const start = Math.max(from, end - logLines);
	return (await ports.logs.read(logKey, start, end - start + 1)).lines;
}

/** Lines of a step's log that are read. */
const logLines = 2000;

async function endOf(ports: Ports, logKey: string, from: number, own: StepFinished): Promise<StepEnd> {
	const { exitCode, signal, line: to } = own;
	const line = tellingLine(await readStepLog(ports, logKey, { from, to }));
	return {
		...(exitCode === undefined ? {} : { exitCode }),
		...(signal === undefined ? {} : { signal }),
		...(line === undefined ? {} : { line }),
	};
}

function outcomeOf(ended: readonly StepFinished[], step: number, why: string | undefined): Outcome {
	const own = ended.find((other) => other.step === step);
	if (own?.conclusion === 'success') return { came: 'pass' };
	if (own?.conclusion === 'failure') return { came: 'fail' };
	const other = ended.find(({ conclusion }) => conclusion === 'failure');
	if (other !== undefined) return { came: 'fail', elsewhere: other.name };
	return notRun(why ?? (own === undefined ? 'the step was not reached' : `the step was ${own.conclusion}`));
}

/** An experiment that was not done, and why. */
export const notRun = (why: string): Outcome => ({ came: 'not-run', why });

function timeLimit(ports: Ports, ms: number): { readonly signal: AbortSignal; end(): void } {
	const limit = new AbortController();
	const timer = new AbortController();
	ports.clock.sleep(ms, timer.signal).then(
		() => limit.abort(new Error('the time for experiments was over')),
		() => {},
	);
	return { signal: limit.signal, end: () => timer.abort() };
}
