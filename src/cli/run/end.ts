import type { Client } from '#cli/client.ts';
import { type CommandContext, printJson } from '#cli/command.ts';
import { exitCodeOfRuns, exitCodes } from '#cli/exit-code.ts';
import { nothingStarted } from '#cli/nothing-started.ts';
import type { RunView } from '#core/api.ts';
import type { NotPlanned } from '#core/plan.ts';
import { agentText } from './agent.ts';
import type { NotAffected } from './changed.ts';
import { firstErrors } from './error.ts';
import { type RunDocument, runRecord } from './json.ts';
import { runSummary } from './summary.ts';
import { readTail, type Tail } from './tail.ts';

/** Runs that were followed to their end, with what was asked for and not started. */
export interface Ended {
	readonly runs: readonly RunView[];
	readonly isInterrupted: boolean;
	/** Empty when nothing was started. */
	readonly sha: string;
	readonly isDirty: boolean;
	readonly notPlanned: readonly NotPlanned[];
	readonly notAffected: readonly NotAffected[];
}

/** Lines of a failing step that a language model gets before they are folded. */
const agentTail = 2000;

/** Says how runs ended, to a person, a program or a language model; the exit code. */
export async function tellEnd(
	client: Client,
	context: CommandContext,
	ended: Ended,
	{ json, agent }: { readonly json?: boolean; readonly agent?: boolean },
): Promise<number> {
	const { runs, isInterrupted, notPlanned, notAffected, sha, isDirty } = ended;
	const exitCode = isInterrupted ? exitCodes.interrupted.code : exitCodeOfRuns(runs);
	const told = [];
	for (const run of runs) told.push({ run, errors: await firstErrors(client, run) });
	if (json === true) {
		printJson(context, {
			schema: 'footbridge.run/1',
			exitCode,
			sha: sha === '' ? null : sha,
			isDirty,
			url: client.url ?? null,
			runs: told.map(({ run, errors }) => runRecord(run, errors)),
			notPlanned,
			notAffected,
		} satisfies RunDocument);
	} else if (agent === true) {
		const all = [];
		for (const one of told) all.push({ ...one, tails: await tailsOf(client, one.run) });
		context.out.print(agentText({ runs: all, notPlanned, notAffected, exitCode }).trimEnd());
	} else {
		const { out } = context;
		if (runs.length === 0) out.print(...endOfNothing(notPlanned, notAffected));
		for (const { run, errors } of told) out.print('', ...runSummary(run, out, client.url, errors));
	}
	return exitCode;
}

function endOfNothing(notPlanned: readonly NotPlanned[], notAffected: readonly NotAffected[]): readonly string[] {
	return notAffected.length > 0
		? ['Nothing that changed affects a job: nothing was started.']
		: nothingStarted(notPlanned);
}

async function tailsOf(client: Client, run: RunView): Promise<ReadonlyMap<string, Tail>> {
	const tails = new Map<string, Tail>();
	for (const job of run.jobs.filter(({ status }) => status === 'failed')) {
		const tail = await readTail(client, run, job, agentTail);
		if (tail !== undefined) tails.set(job.key, tail);
	}
	return tails;
}
