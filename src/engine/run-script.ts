import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { resolveShell, type Shell } from '#core/job/shell.ts';
import type { PlannedStep, Template } from '#core/plan.ts';
import { ok, type Problem, type Result } from '#core/result.ts';
import { runProgram } from './run-program.ts';
import { type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';
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
	return runProgram(job, frame, {
		step: script.step,
		argv: shell.argv.map((word) => word.replaceAll('{0}', path)),
		cwd,
		env: script.env,
		timeout: script.timeout,
		isReady: job.room.put(path, shell.script(text), 0o700),
	});
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
