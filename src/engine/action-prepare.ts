import type { CompositeRuns } from '#core/action/action.ts';
import { repositoryOf, usesReference } from '#core/action/uses-reference.ts';
import type { PlannedStep } from '#core/plan.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { findAction, treeOf } from './action-find.ts';
import { inputsOf } from './action-inputs.ts';
import { runNodeAction } from './action-program.ts';
import { runStages } from './action-stages.ts';
import { deepestAction } from './action-step.ts';
import { builtInFor } from './built-in-actions.ts';
import { compositeFrame, registerPosts } from './composite.ts';
import { runContainerAction } from './container-action.ts';
import type { JobRequest } from './job-request.ts';
import { whyUnreached } from './outside-services.ts';
import {
	type ActionStage,
	type Frame,
	type PlacedAction,
	type RunningJob,
	refusedWork,
	type Work,
} from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** Begins to ask which commits the actions of a job's steps are, while its room is made. Whoever needs them hears what came of it. */
export function askAhead(request: JobRequest): void {
	for (const { uses } of request.job.steps) {
		const reference = uses === undefined ? undefined : wanted({ request }, uses);
		if (reference?.kind !== 'repository') continue;
		request.actions.commitOf(repositoryOf(reference), reference.ref).catch(() => undefined);
	}
}

/**
 * Brings the actions of other repositories into the room before the first step, and tells what they have to do before it. Every
 * one that cannot be had is a problem: as on GitHub, the job does not begin then.
 */
export async function prepareActions(job: RunningJob, frame: Frame): Promise<Result<readonly ActionStage[]>> {
	const { steps } = job.request.job;
	// All at once; in what follows, each is waited for in its turn.
	for (const { uses } of steps) {
		const reference = uses === undefined ? undefined : wanted(job, uses);
		if (reference?.kind === 'repository') void treeOf(job, reference);
	}
	const found = new Found();
	const parts = await partsOf(job, frame, { steps, found });
	return found.problems.length > 0 ? failed(...found.problems) : ok(parts.map((part) => stageOf(job, frame, part)));
}

/** A step whose action, or one inside of it, has something to do before the first step. */
interface Part {
	readonly step: PlannedStep;
	readonly placed: PlacedAction;
	/** Those inside of a composite action. */
	readonly inner: readonly Part[];
}

class Found {
	readonly problems: Problem[] = [];
	#steps = 0;

	/** Actions that call two others each, ten deep, would be looked at for ever. */
	get isTooMuch(): boolean {
		this.#steps += 1;
		return this.#steps > mostSteps;
	}
}

const mostSteps = 1000;

interface Steps {
	readonly steps: readonly PlannedStep[];
	readonly found: Found;
}

type Caller = Pick<Frame, 'file' | 'depth' | 'origin'>;

async function partsOf(job: RunningJob, caller: Caller, { steps, found }: Steps): Promise<readonly Part[]> {
	const parts: Part[] = [];
	for (const step of steps) {
		if (step.uses === undefined || wanted(job, step.uses) === undefined || found.isTooMuch) continue;
		// Its step will say so.
		if ((await whyUnreached(job, step.uses)) !== undefined) continue;
		const placed = await findAction(job, caller, step.uses, `${caller.file}:${step.line}`);
		if (!placed.ok) {
			found.problems.push(...placed.error);
			continue;
		}
		const { runs } = placed.value.action;
		const inner =
			runs.using === 'composite' ? await innerParts(job, caller, { placed: placed.value, runs, found }) : [];
		const has =
			(runs.using === 'node' && runs.pre !== undefined) ||
			(runs.using === 'docker' && runs.preEntrypoint !== undefined);
		if (has || inner.length > 0) parts.push({ step, placed: placed.value, inner });
	}
	return parts;
}

interface Inside {
	readonly placed: PlacedAction;
	readonly runs: CompositeRuns;
	readonly found: Found;
}

async function innerParts(job: RunningJob, caller: Caller, { placed, runs, found }: Inside): Promise<readonly Part[]> {
	// The step itself says that it is too deep.
	if (caller.depth + 1 >= deepestAction) return [];
	const inside = { file: placed.file, depth: caller.depth + 1, origin: placed.tree.origin };
	return partsOf(job, inside, { steps: runs.steps, found });
}

/** What can be had before the first step: not what is in the workspace, which is empty then. */
function wanted(job: Pick<RunningJob, 'request'>, uses: string) {
	const reference = usesReference(uses);
	if (reference === undefined || reference.kind === 'local' || reference.kind === 'image') return undefined;
	return builtInFor(job, reference) === undefined ? reference : undefined;
}

function stageOf(job: RunningJob, frame: Frame, part: Part): ActionStage {
	const { step, placed } = part;
	const { runs } = placed.action;
	const env = { ...job.env, ...frame.env };
	const named = valuesAt(job, frame, { step, env }).text(step.name);
	const name = named.ok && named.value !== '' ? named.value : (step.uses ?? step.id);
	return {
		key: `${frame.key}${step.id}`,
		name: `Pre ${name}`,
		step,
		condition: runs.using === 'composite' ? 'always()' : runs.preIf,
		env,
		work: (root, timeout) => before(job, frame, { part, name, root, timeout }),
	};
}

interface Before {
	readonly part: Part;
	readonly name: string;
	readonly root: Frame;
	readonly timeout: AbortSignal;
}

async function before(job: RunningJob, frame: Frame, { part, name, root, timeout }: Before): Promise<Work> {
	const { step, placed, inner } = part;
	const { runs } = placed.action;
	const outer = { ...job.env, ...frame.env };
	const own = valuesAt(job, frame, { step, env: outer }).texts(step.env);
	if (!own.ok) return refusedWork(job, own.error);
	const env = { ...outer, ...own.value };
	const given = valuesAt(job, frame, { step, env }).texts(step.with);
	if (!given.ok) return refusedWork(job, given.error);
	const overrides = { ...frame.env, ...own.value };
	const call = { step, name, uses: step.uses ?? '', inputs: given.value, env, overrides, timeout };
	const inputs = inputsOf(job, frame, { call, placed });
	if (!inputs.ok) return refusedWork(job, inputs.error);
	const { declared, variables } = inputs.value;
	if (runs.using === 'node') return runNodeAction(job, frame, 'pre', { runs, placed, call, variables });
	if (runs.using === 'docker')
		return runContainerAction(job, frame, 'pre', { runs, placed, call, inputs: declared, variables });
	const inside = compositeFrame(frame, { call, placed, inputs: declared });
	const stages = inner.map((one) => stageOf(job, inside, one));
	const work = await runStages(job, root, stages, timeout);
	registerPosts(job, frame, { frame: inside, call });
	return work;
}
