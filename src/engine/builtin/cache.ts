import { addPost } from '../action-posts.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { type CacheStep, checkCacheStep, findCacheEntry, packCache, unpackCache } from './cache-archive.ts';
import { BuiltInInputs, doneWork, failedWork, messageOf, warned } from './inputs.ts';

const known = {
	restore: ['path', 'key', 'restore-keys', 'enableCrossOsArchive', 'fail-on-cache-miss', 'lookup-only'],
	save: ['path', 'key', 'upload-chunk-size', 'enableCrossOsArchive'],
} as const;

/** Does `actions/cache`: restores now, and saves after the job's last step when all went well. */
export async function cache(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	const inputs = new BuiltInInputs(job, call.inputs, [...known.restore, 'upload-chunk-size', 'save-always']);
	const step = stepOf(inputs, call);
	const { work, matched } = await restore(job, inputs, step);
	if (work.outcome === 'success')
		addPost(job, caller, {
			key: `${caller.key}${call.step.id}`,
			name: `Post ${call.name}`,
			step: call.step,
			condition: 'success()',
			env: call.env,
			work: async (_root, timeout) => save(job, { ...step, timeout }, matched),
		});
	const { 'cache-hit': hit } = work.outputs;
	return { ...work, outputs: hit === undefined ? {} : { 'cache-hit': hit } };
}

/** Does `actions/cache/restore`. */
export async function restoreCache(job: RunningJob, _caller: Frame, call: ActionStep): Promise<Work> {
	const inputs = new BuiltInInputs(job, call.inputs, known.restore);
	return (await restore(job, inputs, stepOf(inputs, call))).work;
}

/** Does `actions/cache/save`. */
export async function saveCache(job: RunningJob, _caller: Frame, call: ActionStep): Promise<Work> {
	const inputs = new BuiltInInputs(job, call.inputs, known.save);
	return save(job, stepOf(inputs, call), undefined);
}

function stepOf(inputs: BuiltInInputs, { timeout }: ActionStep): CacheStep {
	return {
		paths: inputs.lines('path'),
		key: inputs.text('key'),
		restoreKeys: inputs.lines('restore-keys'),
		timeout,
	};
}

interface Restored {
	readonly work: Work;
	/** Key of what was found. */
	readonly matched?: string;
}

async function restore(job: RunningJob, inputs: BuiltInInputs, step: CacheStep): Promise<Restored> {
	const { key, restoreKeys, timeout } = step;
	try {
		checkCacheStep(step);
		const primary = { 'cache-primary-key': key };
		const entry = await findCacheEntry(job, step);
		if (entry === undefined) {
			if (inputs.flag('fail-on-cache-miss'))
				throw new Error(`Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: ${key}`);
			job.log.say(`Cache not found for input keys: ${[key, ...restoreKeys].join(', ')}`);
			return { work: doneWork(primary) };
		}
		const isHit = sameKey(entry.key, key);
		job.log.say(`Cache hit for${isHit ? '' : ' restore-key'}: ${entry.key}`);
		const outputs = { ...primary, 'cache-matched-key': entry.key, 'cache-hit': String(isHit) };
		if (inputs.flag('lookup-only')) {
			job.log.say(`Cache found and can be restored from key: ${entry.key}`);
			return { work: doneWork(outputs), matched: entry.key };
		}
		try {
			await unpackCache(job, step, entry);
		} catch (error) {
			if (job.stop.signal.aborted || timeout.aborted) throw error;
			// As with the original, a cache that cannot be restored is none.
			return { work: doneWork(primary, [warned(job, `Failed to restore: ${messageOf(error)}`)]) };
		}
		job.log.say('Cache restored successfully');
		job.log.say(`Cache restored from key: ${entry.key}`);
		return { work: doneWork(outputs), matched: entry.key };
	} catch (error) {
		return { work: failedWork(job, timeout, error) };
	}
}

async function save(job: RunningJob, step: CacheStep, matched: string | undefined): Promise<Work> {
	const { key, timeout } = step;
	try {
		checkCacheStep(step);
		if (matched !== undefined && sameKey(matched, key)) {
			job.log.say(`Cache hit occurred on the primary key ${key}, not saving cache.`);
			return doneWork();
		}
		const done = await packCache(job, step);
		if (!done.saved) {
			job.log.say(`Failed to save: ${done.why}`);
			return doneWork();
		}
		job.log.say(`Cache Size: ~${Math.round(done.sizeBytes / 1024 ** 2)} MB (${done.sizeBytes} B)`);
		job.log.say(`Cache saved with key: ${key}`);
		return doneWork();
	} catch (error) {
		if (job.stop.signal.aborted || timeout.aborted) return failedWork(job, timeout, error);
		// A job does not fail for a cache that was not saved.
		return doneWork({}, [warned(job, `Failed to save: ${messageOf(error)}`)]);
	}
}

/** Keys are looked up as they are, and compared without regard to case, as the original does. */
function sameKey(one: string, other: string): boolean {
	return one.localeCompare(other, undefined, { sensitivity: 'accent' }) === 0;
}
