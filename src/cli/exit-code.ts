import type { Problem } from '#core/result.ts';
import type { Job, Run } from '#core/run.ts';

/** What a command's exit code says. The manual prints this table. */
export const exitCodes = {
	passed: { code: 0, says: 'it passed, or it was done' },
	failed: { code: 1, says: 'it failed; or a deployment was rolled back' },
	usage: { code: 2, says: 'wrong usage: an unknown option, or a name that there is not' },
	notRun: { code: 3, says: 'it could not run: a tool, the network, the disk, or Footbridge itself' },
	denied: { code: 4, says: 'nobody is signed in, or it is not allowed' },
	invalid: { code: 6, says: 'a workflow, a Compose file or footbridge.yaml is not valid' },
	timedOut: { code: 7, says: 'it timed out' },
	cancelled: { code: 8, says: 'it was cancelled' },
	code: { code: 20, says: 'a run failed, and the cause is the code' },
	environment: { code: 21, says: 'a run failed, and the cause is the environment' },
	unclear: { code: 22, says: 'a run failed, and it is flaky or the cause is not known' },
	interrupted: { code: 130, says: 'it was interrupted with Ctrl+C' },
} as const;

/** The exit code of a finished run. A cause that was found says more than that it failed. */
export function exitCodeOfRun(run: Pick<Run, 'status' | 'jobs' | 'problems'>): number {
	if (run.status === 'passed' || run.status === 'skipped') return exitCodes.passed.code;
	if (run.status === 'cancelled') return exitCodes.cancelled.code;
	if (run.problems.length > 0) return exitCodes.invalid.code;
	const failed = run.jobs.filter((job) => job.status === 'failed');
	if (failed.some(hasTimedOut)) return exitCodes.timedOut.code;
	const verdicts = failed.flatMap((job) => (job.finding === undefined ? [] : [job.finding.verdict]));
	if (verdicts.includes('code')) return exitCodes.code.code;
	if (verdicts.includes('environment')) return exitCodes.environment.code;
	if (verdicts.includes('flaky') || verdicts.includes('unknown')) return exitCodes.unclear.code;
	if (verdicts.includes('platform')) return exitCodes.notRun.code;
	return exitCodes.failed.code;
}

/** The exit code of several runs: that of the first that says something bad. */
export function exitCodeOfRuns(runs: readonly Pick<Run, 'status' | 'jobs' | 'problems'>[]): number {
	return runs.map(exitCodeOfRun).find((code) => code !== 0) ?? 0;
}

/** The exit code of a command that was refused. */
export function exitCodeOfProblem({ code }: Problem): number {
	if (missing.has(code)) return exitCodes.usage.code;
	if (denied.has(code)) return exitCodes.denied.code;
	return /^FB1\d{3}$|^FB300[13]$/.test(code) ? exitCodes.invalid.code : exitCodes.notRun.code;
}

/** The thing that was named is not there. */
const missing: ReadonlySet<string> = new Set([
	...['FB0101', 'FB0150', 'FB0154', 'FB1003', 'FB1007', 'FB1009'],
	...['FB2001', 'FB2004', 'FB3002', 'FB6004'],
]);

const denied: ReadonlySet<string> = new Set(['FB0162', 'FB6040', 'FB6041', 'FB6042', 'FB6047']);

/** The words are those that the engine gives to a job and to a step whose `timeout-minutes` are over. */
function hasTimedOut({ why, steps }: Job): boolean {
	return (
		/took longer than its .* minutes/.test(why ?? '') ||
		steps.some((step) => step.status === 'failed' && /timed out after/.test(step.why ?? ''))
	);
}
