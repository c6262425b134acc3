import type { JobDraft, Json, PlannedJob } from '../plan.ts';
import type { Problem } from '../result.ts';
import { type CallPlace, deferredJob, expandJob } from './expand-job.ts';
import { isDeferred } from './known-early.ts';

/** A matrix of 256 in each of many jobs would fill the memory; no team has a workflow of this size. */
const maxJobs = 1024;

/**
 * The jobs of a workflow as far as they are known: what hangs on outputs of earlier jobs stays deferred. A problem's `where` is
 * `line:column` in the workflow's file.
 */
export function planJobs(
	drafts: readonly JobDraft[],
	contexts: { readonly [name: string]: Json },
	place?: CallPlace,
): { readonly jobs: readonly PlannedJob[]; readonly problems: readonly Problem[] } {
	const jobs: PlannedJob[] = [];
	const problems: Problem[] = [];
	for (const draft of drafts) {
		if (isDeferred(draft, contexts)) {
			jobs.push(deferredJob(draft, place));
			continue;
		}
		const expanded = expandJob(draft, contexts, place);
		if (expanded.ok) jobs.push(...expanded.value);
		else problems.push(...expanded.error);
		if (jobs.length <= maxJobs) continue;
		const what = `The workflow has more than ${maxJobs} jobs`;
		problems.push({ code: 'FB1006', what, where: `${draft.line}:1`, next: 'split the workflow' });
		break;
	}
	return { jobs, problems };
}
