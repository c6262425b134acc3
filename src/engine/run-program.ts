import type { Annotation } from '#core/event.ts';
import { whyUntrusted } from '#core/job/trust.ts';
import type { PlannedStep } from '#core/plan.ts';
import type { Result } from '#core/result.ts';
import type { ProcessEnd, RoomProcess } from '#edge/sandbox/sandbox.ts';
import { StepStopped } from './background-steps.ts';
import { type CommandFiles, makeCommandFiles } from './command-files.ts';
import type { Frame, RunningJob, Work } from './running-job.ts';
import { openStepOutput, type StepOutput } from './step-output.ts';

/** A process that does a step's work. */
export interface StepProgram {
	readonly step: PlannedStep;
	readonly argv: readonly string[];
	readonly cwd: string;
	/** The step's `env` context. */
	readonly env: Texts;
	/** What only this process gets, over everything else: inputs and state of an action. */
	readonly own?: Texts;
	/** Laid over the `github` context of the frame. */
	readonly github?: Frame['github'];
	readonly timeout: AbortSignal;
	/** Resolves when what it needs is in the room. */
	readonly isReady?: Promise<unknown>;
	/** Runs it somewhere else than in the room. */
	readonly run?: (process: RoomProcess) => Promise<ProcessEnd>;
}

type Texts = { readonly [name: string]: string };

/** Runs a step's process: its output to the log, with its commands carried out, and what it wrote to the command files. */
export async function runProgram(job: RunningJob, frame: Frame, program: StepProgram): Promise<Work> {
	const [files] = await Promise.all([makeCommandFiles(job.room), program.isReady]);
	const output = openStepOutput(job);
	const { signal } = job.stop;
	const end = await started(program.run ?? job.room.run, {
		argv: program.argv,
		env: processEnv(job, frame, { program, files }),
		cwd: program.cwd,
		output: output.take,
		signal: AbortSignal.any([signal, program.timeout]),
		...(frame.trace === undefined ? {} : { trace: frame.trace }),
	});
	await output.end();
	return workOf(job, { program, files, output, end, stopped: signal });
}

/** A process that cannot be started, because its environment is too large for instance, fails the step and not the job. */
function started(run: (process: RoomProcess) => Promise<ProcessEnd>, process: RoomProcess): Promise<ProcessEnd> {
	return run(process).catch((error: unknown) => ({
		exitCode: null,
		signal: null,
		durationMs: 0,
		error: error instanceof Error ? error.message : String(error),
	}));
}

interface ProcessPlace {
	readonly program: StepProgram;
	readonly files: CommandFiles;
}

/** The runner's own variables win, so that what they say stays true. */
function processEnv(job: RunningJob, frame: Frame, { program, files }: ProcessPlace): Texts {
	const { env, step, own } = program;
	const path = [
		...job.path,
		env['PATH'] ?? job.room.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
		job.ports.places.node,
	];
	const github = Object.entries({ ...frame.github, ...program.github }).flatMap(([name, value]) =>
		typeof value === 'string' ? [[`GITHUB_${name.toUpperCase()}`, value] as const] : [],
	);
	return {
		CI: 'true',
		...env,
		...job.variables,
		...own,
		GITHUB_ACTION: step.id,
		...Object.fromEntries(github),
		...files.env,
		PATH: path.join(':'),
	};
}

interface Ended {
	readonly program: StepProgram;
	readonly files: CommandFiles;
	readonly output: StepOutput;
	readonly end: ProcessEnd;
	/** The end of the job, as it was when the process started. */
	readonly stopped: AbortSignal;
}

async function workOf(job: RunningJob, { program, files, output, end, stopped }: Ended): Promise<Work> {
	const annotations: Annotation[] = [...output.annotations];
	const told = await files.read({
		own: new Set([...Object.keys(job.variables), 'GITHUB_ACTION', ...Object.keys(files.env)]),
		whyUntrusted: whyUntrusted(job.request.trigger),
	});
	if (told.ok) {
		for (const [name, value] of told.value.env) job.env[name] = value;
		job.path.unshift(...[...told.value.path].reverse());
		for (const message of told.value.warnings) {
			annotations.push({ level: 'warning', message, logLine: job.log.say(`Warning: ${message}`) });
		}
	}
	const failure = failureOf(job, { program, stopped, end, said: output.failure, files: told });
	// A command that fails its step has said so already.
	const isTold = annotations.some(({ level, message }) => level === 'error' && message === failure?.message);
	if (failure !== undefined && !isTold)
		annotations.push({ level: 'error', message: failure.message, logLine: failure.logLine });
	return {
		outcome: failure === undefined ? 'success' : failure.outcome,
		...(end.exitCode === null ? {} : { exitCode: end.exitCode }),
		...(end.signal === null ? {} : { signal: end.signal }),
		...(failure === undefined ? {} : { why: failure.message }),
		outputs: { ...output.outputs, ...(told.ok ? Object.fromEntries(told.value.outputs) : {}) },
		state: { ...output.state, ...(told.ok ? Object.fromEntries(told.value.state) : {}) },
		summary: told.ok ? told.value.summary : '',
		annotations,
		...(end.usage === undefined ? {} : { usage: end.usage }),
	};
}

interface Failure {
	readonly outcome: 'failure' | 'cancelled';
	readonly message: string;
	readonly logLine: number;
}

interface Suspects {
	readonly program: StepProgram;
	readonly stopped: AbortSignal;
	readonly end: ProcessEnd;
	/** What a command said. */
	readonly said: string | undefined;
	readonly files: Result<unknown>;
}

/** What made the process fail, told in the log; the first cause counts. */
function failureOf(job: RunningJob, { program, stopped, end, said, files }: Suspects): Failure | undefined {
	const { timeout, argv } = program;
	const tell = (outcome: Failure['outcome'], message: string): Failure => ({
		outcome,
		message,
		logLine: job.log.say(`Error: ${message}`),
	});
	if (timeout.reason instanceof StepStopped)
		return { outcome: 'cancelled', message: reasonOf(timeout), logLine: job.log.line };
	if (timeout.aborted) return tell('failure', reasonOf(timeout));
	if (stopped.aborted) return tell('cancelled', `The operation was canceled: ${reasonOf(stopped)}.`);
	if (end.error !== undefined) return tell('failure', `${argv[0]} could not be started: ${end.error}`);
	if (end.limit !== undefined) return tell('failure', `Process was ended by its limit: ${end.limit}.`);
	if (end.exitCode === null) return tell('failure', `Process was ended by ${end.signal ?? 'a signal'}.`);
	if (end.exitCode !== 0) return tell('failure', `Process completed with exit code ${end.exitCode}.`);
	if (!files.ok) {
		const problem = files.error[0] ?? { code: 'FB2031', what: 'A command file cannot be read' };
		return { outcome: 'failure', message: `${problem.what}: ${problem.why ?? ''}`, logLine: job.log.problem(problem) };
	}
	// The log has it already, where it was printed.
	return said === undefined ? undefined : { outcome: 'failure', message: said, logLine: job.log.line };
}

function reasonOf(signal: AbortSignal): string {
	return signal.reason instanceof Error ? signal.reason.message : 'it was stopped';
}
