import { readFile } from 'node:fs/promises';
import type { PlannedStep, Template } from '#core/plan.ts';
import type { Result } from '#core/result.ts';
import type { Frame, RunningJob } from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** GitHub's limit for one call. */
const limitMs = 120_000;
const outputLimit = 64 * 1024;

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
		for (const patterns of wanted) hashes.set(patterns, await hashFiles(job, patterns));
	}
}

/** Runs in the room as the job's user: the files are the job's, and so are the links among them. */
async function hashFiles(job: RunningJob, patterns: readonly string[]): Promise<Result<string, string>> {
	job.made.hashProgram ??= putProgram(job);
	const program = await job.made.hashProgram;
	const chunks: Uint8Array[] = [];
	let size = 0;
	const timeout = AbortSignal.timeout(limitMs);
	const end = await job.room.run({
		argv: [`${job.ports.places.node}/node`, '--no-warnings', program],
		env: { HASH_PATTERNS: JSON.stringify(patterns) },
		cwd: job.room.workspace,
		output: (chunk) => {
			size += chunk.length;
			if (size <= outputLimit) chunks.push(chunk);
		},
		signal: AbortSignal.any([job.stop.signal, timeout]),
	});
	const output = Buffer.concat(chunks).toString('utf8').trim();
	if (end.exitCode === 0 && /^[0-9a-f]*$/.test(output)) return { ok: true, value: output };
	const said = /^(?:\w*Error: )(.*)$/m.exec(output)?.[1] ?? end.error ?? `it ended with ${end.exitCode ?? end.signal}`;
	const why = timeout.aborted ? `it took longer than ${limitMs / 1000} s` : said;
	return { ok: false, error: `hashFiles(${patterns.join(', ')}) failed: ${why}` };
}

async function putProgram(job: RunningJob): Promise<string> {
	const path = `${job.room.temp}/_runner_hash_files/hash-files-program.ts`;
	await job.room.put(path, await readFile(new URL('./hash-files-program.ts', import.meta.url), 'utf8'));
	return path;
}
