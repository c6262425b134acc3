import { readFile } from 'node:fs/promises';
import type { PlannedStep, Template } from '#core/plan.ts';
import type { Result } from '#core/result.ts';
import type { RoomProcess } from '#edge/sandbox/sandbox.ts';
import type { Frame, RunningJob } from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** GitHub's limit for one call. */
const limitMs = 120_000;
const outputLimit = 65_536;

type StepPart = Exclude<keyof PlannedStep, 'id' | 'line' | 'uses' | 'background' | 'wait' | 'cancel'>;

/**
 * Computes what parts of a step ask of `hashFiles()`, so that they can be evaluated at once: expressions cannot wait. What an
 * expression does not reach is not computed.
 */
export async function prepareHashes(
	job: RunningJob,
	frame: Frame,
	{
		step,
		env,
		parts,
	}: {
		readonly step: PlannedStep;
		readonly env: { readonly [name: string]: string };
		readonly parts: readonly StepPart[];
	},
): Promise<void> {
	const written = parts.map((part) => step[part]).filter((part) => part !== undefined && part !== null);
	if (!/hashfiles/i.test(JSON.stringify(written))) return;
	const { hashes } = frame;
	// An expression may ask for the files that another hash names.
	for (let round = 0; round < 10; round += 1) {
		const values = valuesAt(job, frame, { step, env });
		for (const part of parts) {
			if (part === 'if') values.condition(step.if);
			else if (part === 'env' || part === 'with') values.texts(step[part]);
			else values.text((step[part] ?? null) as Template);
		}
		const wanted = hashes.takeWanted();
		if (wanted.length === 0) return;
		const results = await hashFiles(job, wanted);
		for (const [index, result] of results.entries()) hashes.set(wanted[index] ?? [], result);
	}
}

/**
 * Hashes for several calls, in their order; those behind one that took too long are missing. Runs in the room as the job's user: the
 * files are the job's, and so are the links among them.
 */
export async function hashFiles(
	job: RunningJob,
	calls: readonly (readonly string[])[],
): Promise<readonly Result<string, string>[]> {
	const answers = new Answers();
	const limit = new AbortController();
	let timer = new AbortController();
	const startTimer = () => {
		timer.abort();
		timer = new AbortController();
		job.ports.clock.sleep(limitMs, timer.signal).then(
			() => limit.abort(),
			() => {},
		);
	};
	startTimer();
	const why = await runProgram(job, calls, {
		output: (chunk) => {
			if (answers.take(chunk)) startTimer();
		},
		signal: AbortSignal.any([job.stop.signal, limit.signal]),
	}).catch(() => 'the program could not be started');
	timer.abort();
	const results = answers.lines.slice(0, calls.length).map(resultOf);
	if (limit.signal.aborted) results.push({ ok: false, error: `it took longer than ${limitMs / 1000} s` });
	else if (results.length < calls.length) {
		const error = answers.rest === '' ? why : answers.rest;
		results.push(...calls.slice(results.length).map(() => ({ ok: false as const, error })));
	}
	return results.map((result, index) =>
		result.ok ? result : { ok: false, error: failedCall(calls[index], result.error) },
	);
}

/** Runs the program; how it ended. */
async function runProgram(
	job: RunningJob,
	calls: readonly (readonly string[])[],
	{ output, signal }: Pick<RoomProcess, 'output'> & { readonly signal: AbortSignal },
): Promise<string> {
	// The job may have emptied its folder for temporary files since the last time.
	const folder = `${job.room.temp}/_runner_hash_files`;
	const [program, wanted] = [`${folder}/hash-files-program.ts`, `${folder}/wanted.json`];
	job.made.hashProgram ??= readFile(new URL('./hash-files-program.ts', import.meta.url), 'utf8');
	await job.room.put(program, await job.made.hashProgram);
	await job.room.put(wanted, JSON.stringify(calls));
	const argv = [`${job.ports.places.node}/node`, '--no-warnings', program, wanted];
	const end = await job.room.run({ argv, env: {}, cwd: job.room.workspace, output, signal });
	return end.error ?? `the program ended with ${end.exitCode ?? end.signal}`;
}

/** Whole lines of the program's output. */
class Answers {
	readonly lines: string[] = [];
	rest = '';
	readonly #decoder = new TextDecoder();

	/** Whether a line was completed. */
	take(chunk: Uint8Array): boolean {
		const parts = `${this.rest}${this.#decoder.decode(chunk, { stream: true })}`.split('\n');
		this.rest = (parts.pop() ?? '').slice(0, outputLimit);
		this.lines.push(...parts.slice(0, outputLimit - this.lines.length));
		return parts.length > 0;
	}
}

function resultOf(line: string): Result<string, string> {
	return /^(|[0-9a-f]{64})$/.test(line) ? { ok: true, value: line } : { ok: false, error: line.replace(/^!/, '') };
}

function failedCall(patterns: readonly string[] = [], why: string): string {
	const [shown, reason] = [patterns.join(', '), why].map((text) =>
		text.length > 200 ? `${text.slice(0, 199)}…` : text,
	);
	return `hashFiles(${shown}) failed: ${reason}`;
}
