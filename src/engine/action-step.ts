import { findAction } from './action-find.ts';
import { inputsOf } from './action-inputs.ts';
import { runNodeAction } from './action-program.ts';
import { runComposite } from './composite.ts';
import { runContainerAction, runImage } from './container-action.ts';
import {
	type ActionStep,
	type Frame,
	type PlacedAction,
	type RunningJob,
	refusedWork,
	type Work,
} from './running-job.ts';

/** Lists of steps above one another. */
export const deepestAction = 10;

/** Does a step that uses an action, of whatever kind. */
export async function runAction(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	const where = `${caller.file}:${call.step.line}`;
	if (caller.depth >= deepestAction) {
		return refusedWork(job, { code: 'FB2050', what: `Actions call each other more than ${deepestAction} deep`, where });
	}
	if (call.uses.startsWith('docker://')) return runImage(job, caller, call);
	const placed = await findAction(job, caller, call.uses, where);
	if (placed.ok) return runPlaced(job, caller, { call, placed: placed.value });
	const works = placed.error.map((problem) => refusedWork(job, problem));
	const [first] = works;
	if (first === undefined) throw new Error('a refusal without a problem');
	return { ...first, annotations: works.flatMap(({ annotations }) => annotations) };
}

async function runPlaced(
	job: RunningJob,
	caller: Frame,
	{ call, placed }: { readonly call: ActionStep; readonly placed: PlacedAction },
): Promise<Work> {
	const { runs } = placed.action;
	const inputs = inputsOf(job, caller, { call, placed });
	if (!inputs.ok) return refusedWork(job, inputs.error);
	const { declared, variables, annotations } = inputs.value;
	if (placed.isLocal && runs.using === 'node' && runs.pre !== undefined)
		job.log.say(`Warning: \`pre\` of ${call.uses} does not run: before the first step its files are not there`);
	const work = await (() => {
		if (runs.using === 'composite') return runComposite(job, caller, { runs, placed, call, inputs: declared });
		if (runs.using === 'node') return runNodeAction(job, caller, 'main', { runs, placed, call, variables });
		return runContainerAction(job, caller, 'main', { runs, placed, call, inputs: declared, variables });
	})();
	return annotations.length === 0 ? work : { ...work, annotations: [...annotations, ...work.annotations] };
}
