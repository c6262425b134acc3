import { type CommandContext, printJson, withClient } from './command.ts';
import { exitCodeOfRun } from './exit-code.ts';
import { findRun } from './find-run.ts';
import { findingCard } from './finding-card.ts';
import { problemLines } from './problem-lines.ts';
import { followRuns } from './run/follow-runs.ts';
import { runHead } from './run/lines.ts';

/** Shows why a run failed; waits when it is being found out. The exit code says who is at fault. */
export async function whyCommand(
	run: string | undefined,
	options: { readonly json?: boolean },
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const found = await findRun(client, context, run ?? '@failed');
		const [view = found] = await followRuns(client, [found.id], { onChange: () => {} });
		const failed = view.jobs.filter((job) => job.status === 'failed');
		if (options.json === true) {
			printJson(context, {
				run: view.id,
				number: view.number,
				status: view.status,
				problems: view.problems,
				findings: failed.map((job) => ({ job: job.key, why: job.why ?? null, finding: job.finding ?? null })),
			});
			return exitCodeOfRun(view);
		}
		const { out } = context;
		out.print(runHead(view, out), ...view.problems.flatMap((problem) => problemLines(problem, out)));
		for (const job of failed) {
			if (job.finding !== undefined) out.print('', ...findingCard(job.finding, job.name, out));
			else if (job.problems.length > 0) out.print(...job.problems.flatMap((problem) => problemLines(problem, out)));
			else out.print(`  ${job.name}: ${job.why ?? 'it failed, and nothing was found out'}`);
		}
		if (failed.length === 0 && view.problems.length === 0)
			out.print(`  it ${view.status}: there is nothing to explain`);
		return exitCodeOfRun(view);
	});
}
