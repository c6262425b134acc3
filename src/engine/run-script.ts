import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type { Annotation } from '#core/event.ts';
import { resolveShell, type Shell } from '#core/job/shell.ts';
import { whyUntrusted } from '#core/job/trust.ts';
import type { PlannedStep, Template } from '#core/plan.ts';
import { ok, type Problem, type Result } from '#core/result.ts';
import type { ProcessEnd, RoomProcess } from '#edge/sandbox/sandbox.ts';
import { StepStopped } from './background-steps.ts';
import { type CommandFiles, makeCommandFiles } from './command-files.ts';
import { type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';
import { openStepOutput, type StepOutput } from './step-output.ts';
import type { StepValues } from './step-values.ts';

/** What a `run` step is done with. */
export interface ScriptStep {
	readonly step: PlannedStep;
	readonly run: Template;
	readonly values: StepValues;
	/** The step's `env` context. */
	readonly env: { readonly [name: string]: string };
	readonly timeout: AbortSignal;
}

/** Does a `run` step: the script in its shell, its output to the log, and what it wrote to the command files. */
export async function runScript(job: RunningJob, frame: Frame, script: ScriptStep): Promise<Work> {
	const prepared = prepare(job, frame, script);
	if (!prepared.ok) return refusedWork(job, prepared.error);
	const { shell, text, cwd } = prepared.value;
	const path = `${job.room.temp}/${randomUUID()}${shell.extension}`;
	const [files] = await Promise.all([makeCommandFiles(job.room), job.room.put(path, shell.script(text), 0o700)]);
	const output = openStepOutput(job);
	const { signal } = job.stop;
	const end = await started(job, {
		argv: shell.argv.map((word) => word.replaceAll('{0}', path)),
		env: processEnv(job, frame, { env: script.env, step: script.step, files }),
		cwd,
		output: output.take,
		signal: AbortSignal.any([signal, script.timeout]),
		...(frame.trace === undefined ? {} : { trace: frame.trace }),
	});
	await output.end();
	return workOf(job, { script, files, output, end, shell, stopped: signal });
}

/** A process that cannot be started, because its environment is too large for instance, fails the step and not the job. */
function started(job: RunningJob, process: RoomProcess): Promise<ProcessEnd> {
	return job.room.run(process).catch((error: unknown) => ({
		exitCode: null,
		signal: null,
		durationMs: 0,
		error: error instanceof Error ? error.message : String(error),
	}));
}

function prepare(
	job: RunningJob,
	frame: Frame,
	{ step, run, values }: ScriptStep,
): Result<{ readonly shell: Shell; readonly text: string; readonly cwd: string }, Problem> {
	const defaults = frame.depth === 0 ? job.request.job.defaults : { shell: null, workingDirectory: null };
	const text = values.text(run);
	if (!text.ok) return text;
	const name = values.text(step.shell ?? defaults.shell);
	if (!name.ok) return name;
	const where = `${frame.file}:${step.line}`;
	if (name.value === '' && frame.depth > 0) {
		return {
			ok: false,
			error: { code: 'FB2023', what: 'A run step of an action must name its shell', where, next: 'add: shell: bash' },
		};
	}
	const shell = resolveShell(name.value, job.hasBash);
	if (!shell.ok)
		return { ok: false, error: { code: 'FB2023', what: 'The shell cannot be used', ...shell.error[0], where } };
	const folder = values.text(step.workingDirectory ?? defaults.workingDirectory);
	if (!folder.ok) return folder;
	return ok({ shell: shell.value, text: text.value, cwd: posix.resolve(job.room.workspace, folder.value) });
}

interface ProcessPlace {
	readonly env: { readonly [name: string]: string };
	readonly step: PlannedStep;
	readonly files: CommandFiles;
}

/** The runner's own variables win, so that what they say stays true. */
function processEnv(
	job: RunningJob,
	frame: Frame,
	{ env, step, files }: ProcessPlace,
): { readonly [name: string]: string } {
	const actionPath = frame.github['action_path'];
	const path = [
		...job.path,
		env['PATH'] ?? job.room.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
		job.ports.places.node,
	];
	return {
		CI: 'true',
		...env,
		...job.variables,
		GITHUB_ACTION: step.id,
		...(typeof actionPath === 'string' ? { GITHUB_ACTION_PATH: actionPath } : {}),
		...files.env,
		PATH: path.join(':'),
	};
}

interface Ended {
	readonly script: ScriptStep;
	readonly files: CommandFiles;
	readonly output: StepOutput;
	readonly end: ProcessEnd;
	readonly shell: Shell;
	/** The end of the job, as it was when the process started. */
	readonly stopped: AbortSignal;
}

async function workOf(job: RunningJob, { script, files, output, end, shell, stopped }: Ended): Promise<Work> {
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
	const failure = failureOf(job, { timeout: script.timeout, stopped, end, shell, said: output.failure, files: told });
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
	readonly timeout: AbortSignal;
	readonly stopped: AbortSignal;
	readonly end: ProcessEnd;
	readonly shell: Shell;
	/** What a command said. */
	readonly said: string | undefined;
	readonly files: Result<unknown>;
}

/** What made the process fail, told in the log; the first cause counts. */
function failureOf(job: RunningJob, { timeout, stopped, end, shell, said, files }: Suspects): Failure | undefined {
	const tell = (outcome: Failure['outcome'], message: string): Failure => ({
		outcome,
		message,
		logLine: job.log.say(`Error: ${message}`),
	});
	if (timeout.reason instanceof StepStopped)
		return { outcome: 'cancelled', message: reasonOf(timeout), logLine: job.log.line };
	if (timeout.aborted) return tell('failure', reasonOf(timeout));
	if (stopped.aborted) return tell('cancelled', `The operation was canceled: ${reasonOf(stopped)}.`);
	if (end.error !== undefined) return tell('failure', `${shell.argv[0]} could not be started: ${end.error}`);
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
