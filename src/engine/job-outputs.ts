import { ok, type Problem, type Result } from '#core/result.ts';
import type { Frame, RunningJob } from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** GitHub's limit for all outputs of a job, in UTF-16 units. */
const limit = 1024 * 1024;

/**
 * The outputs of a job, evaluated after its last step. One that holds a secret is left out, as on GitHub: it would reach other
 * jobs and the event log in the clear.
 */
export function jobOutputs(job: RunningJob, frame: Frame): Result<{ readonly [name: string]: string }, Problem> {
	const all = valuesAt(job, frame, { env: job.env }).texts(job.request.job.outputs);
	if (!all.ok) return all;
	const outputs: { [name: string]: string } = {};
	let size = 0;
	for (const [name, value] of Object.entries(all.value)) {
		if (job.masker.redact(value) !== value) {
			job.log.say(`Warning: Skip output '${name}' since it may contain secret.`);
			continue;
		}
		size += name.length + value.length;
		if (size > limit) {
			const where = `${frame.file}:${job.request.job.line}`;
			return {
				ok: false,
				error: {
					code: 'FB2032',
					what: 'The outputs of the job are larger than 1 MiB',
					where,
					next: 'pass a file instead',
				},
			};
		}
		outputs[name] = value;
	}
	return ok(outputs);
}
