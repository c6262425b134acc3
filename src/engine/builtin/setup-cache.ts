import { addPost } from '../action-posts.ts';
import { hashFiles } from '../hash-files.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { type CacheStep, findCacheEntry, packCache, unpackCache } from './cache-archive.ts';
import { doneWork, failedWork, messageOf, warned } from './inputs.ts';

/** What a set-up action keeps for the next run. */
export interface DependencyCache {
	readonly key: string;
	readonly restoreKeys?: readonly string[];
	readonly paths: readonly string[];
	/** What the log says when nothing was kept. */
	readonly missing: string;
	readonly saved: string;
}

/** Restores what a package manager has downloaded, and keeps it after the job's last step. The key that was found. */
export async function restoreDependencies(
	job: RunningJob,
	caller: Frame,
	{ call, cache }: { readonly call: ActionStep; readonly cache: DependencyCache },
): Promise<string | undefined> {
	const { key, paths, restoreKeys = [] } = cache;
	const step: CacheStep = { key, paths, restoreKeys, timeout: call.timeout };
	const entry = await findCacheEntry(job, step);
	if (entry !== undefined) {
		await unpackCache(job, step, entry);
		job.log.say('Cache restored successfully');
		job.log.say(`Cache restored from key: ${entry.key}`);
	} else job.log.say(cache.missing);
	addPost(job, caller, {
		key: `${caller.key}${call.step.id}`,
		name: `Post ${call.name}`,
		step: call.step,
		condition: 'success()',
		env: call.env,
		work: (_root, timeout) => save(job, { ...step, timeout }, { matched: entry?.key, saved: cache.saved }),
	});
	return entry?.key;
}

async function save(
	job: RunningJob,
	step: CacheStep,
	{ matched, saved }: { readonly matched: string | undefined; readonly saved: string },
): Promise<Work> {
	try {
		if (matched === step.key) {
			job.log.say(`Cache hit occurred on the primary key ${step.key}, not saving cache.`);
			return doneWork();
		}
		const done = await packCache(job, step);
		job.log.say(done.saved ? `${saved}: ${step.key}` : done.why);
		return doneWork();
	} catch (error) {
		if (job.stop.signal.aborted || step.timeout.aborted) return failedWork(job, step.timeout, error);
		// A job does not fail for a cache that was not saved.
		return doneWork({}, [warned(job, messageOf(error))]);
	}
}

/** The hash of the files that the content of a cache hangs on; throws when there are none. */
export async function hashOfFiles(job: RunningJob, patterns: readonly string[]): Promise<string> {
	const [hash] = await hashFiles(job, [patterns]);
	if (hash?.ok === false) throw new Error(hash.error);
	if (hash === undefined || hash.value === '')
		throw new Error('Some specified paths were not resolved, unable to cache dependencies.');
	return hash.value;
}

/** Name of the platform in keys, as the runner has it: `Linux`. */
export function runnerOs({ contexts }: RunningJob): string {
	return String(contexts['runner']?.['os'] ?? 'Linux');
}
