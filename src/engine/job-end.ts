import { jobOutputs } from './job-outputs.ts';
import type { JobEnd } from './job-request.ts';
import type { Frame, RunningJob } from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** What a job's end is, once its last step has ended: its outputs, where what it deployed can be seen, and why it did not pass. */
export function jobEnd(
	job: RunningJob,
	frame: Frame,
	failed: { readonly step: number; readonly why: string } | undefined,
): JobEnd {
	const outputs = jobOutputs(job, frame);
	if (!outputs.ok) {
		job.log.problem(outputs.error);
		frame.hasFailed = true;
	}
	const cause = job.stop.cause;
	const why = cause?.why ?? failed?.why ?? (outputs.ok ? undefined : outputs.error.what);
	const url = environmentUrl(job, frame);
	return {
		conclusion:
			cause?.kind === 'cancelled' ? 'cancelled' : frame.hasFailed || cause !== undefined ? 'failed' : 'passed',
		outputs: outputs.ok ? outputs.value : {},
		...(why === undefined ? {} : { why: job.masker.redact(why) }),
		...(failed === undefined ? {} : { failedStep: failed.step }),
		...(url === '' ? {} : { environmentUrl: job.masker.redact(url) }),
		leftovers: 0,
		...(outputs.ok ? {} : { problems: [outputs.error] }),
	};
}

/** `environment.url`; one that cannot be evaluated is told in the log and fails nothing. */
function environmentUrl(job: RunningJob, frame: Frame): string {
	const { environmentUrl: template } = job.request.job;
	if (template === undefined) return '';
	const url = valuesAt(job, frame, { env: job.env }).text(template);
	if (url.ok) return url.value;
	job.log.problem(url.error);
	return '';
}
