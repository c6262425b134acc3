import type { Problem, Result } from '#core/result.ts';
import { prepareHashes } from './hash-files.ts';
import { type ActionStage, type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** Whether an action does what it has to do before or after the job's steps. `root` is the job's own list of steps. */
export async function stageCondition(
	job: RunningJob,
	root: Frame,
	{ step, condition, env }: ActionStage,
): Promise<Result<{ readonly value: boolean; readonly why: string }, Problem>> {
	const place = { step: { ...step, if: condition }, env };
	await prepareHashes(job, root, { ...place, parts: ['if'] });
	return valuesAt(job, root, place).condition(condition);
}

/** Does what the actions inside of a composite one have to do, one after the other, whatever becomes of those before. */
export async function runStages(
	job: RunningJob,
	root: Frame,
	stages: readonly ActionStage[],
	timeout: AbortSignal,
): Promise<Work> {
	const works: Work[] = [];
	for (const stage of stages) {
		const condition = await stageCondition(job, root, stage);
		if (condition.ok && !condition.value.value) continue;
		job.log.say(`##[group]${job.masker.redact(stage.name)}`);
		works.push(condition.ok ? await stage.work(root, timeout) : refusedWork(job, condition.error));
		job.log.say('##[endgroup]');
	}
	return together(works);
}

/** Several works as one: it is what the worst of them is. */
function together(works: readonly Work[]): Work {
	const worst =
		works.find(({ outcome }) => outcome === 'cancelled') ?? works.find(({ outcome }) => outcome === 'failure');
	const { exitCode, signal, why } = worst ?? {};
	return {
		outcome: worst?.outcome ?? 'success',
		...(exitCode === undefined ? {} : { exitCode }),
		...(signal === undefined ? {} : { signal }),
		...(why === undefined ? {} : { why }),
		outputs: {},
		summary: works.map(({ summary }) => summary).join(''),
		annotations: works.flatMap(({ annotations }) => annotations),
	};
}
