import type { Client } from '#cli/client.ts';
import type { LogLines, RunView } from '#core/api.ts';
import type { Job } from '#core/run.ts';
import { failedStepOf } from './lines.ts';

/** The end of the log of the step at which a job failed. */
export interface Tail {
	readonly step: string;
	/** Numbers in the job's log. */
	readonly from: number;
	readonly to: number;
	/** Lines of the step before `from`. */
	readonly before: number;
	readonly lines: readonly string[];
}

/** Reads the last lines of a failed job's failed step; undefined when it never came to a step, or its log is gone. */
export async function readTail(client: Client, run: RunView, job: Job, most: number): Promise<Tail | undefined> {
	const step = failedStepOf(job);
	if (step?.firstLine === undefined || step.lastLine === undefined) return undefined;
	const from = Math.max(step.firstLine, step.lastLine - most + 1);
	const query = `from=${from}&limit=${step.lastLine - from + 1}&attempt=${Math.max(1, job.attempt)}`;
	const page = await client.get<LogLines>(`/runs/${run.id}/jobs/${encodeURIComponent(job.key)}/log?${query}`);
	const lines = page.lines.map((line) => line.text);
	return { step: step.name, from, to: step.lastLine, before: from - step.firstLine, lines };
}
