import { type MappingToken, SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import type { PlannedStep } from '../plan.ts';
import type { FileProblems } from './file-problems.ts';
import { placeOf } from './token-template.ts';

/** What a step says of steps that run beside others. */
export function waitingOf(
	step: MappingToken,
): Pick<PlannedStep, 'background' | 'wait' | 'cancel'> & { readonly if?: string } {
	const cancel = step.find('cancel');
	if (cancel !== undefined) return { if: 'always()', cancel: cancel.toString() };
	const all = step.find('wait-all');
	// A step that waits does so whatever failed before.
	if (all !== undefined) return { if: 'always()', wait: all.toString() === 'false' ? [] : 'all' };
	if (step.find('wait') !== undefined) return { if: 'always()', wait: targetsOf(step).map(String) };
	return step.find('background')?.toString() === 'true' ? { background: true } : {};
}

/** The part of a made id that says what kind of step it is; undefined for a step that does work. */
export function waitingName(step: MappingToken): string | undefined {
	return ['wait', 'wait-all', 'cancel'].find((key) => step.find(key) !== undefined);
}

/** The name of a step that waits or stops, when it has none. */
export function waitingTitle(step: MappingToken): string | undefined {
	const { wait, cancel } = waitingOf(step);
	if (cancel !== undefined) return `Stop ${cancel}`;
	if (wait === undefined) return undefined;
	return wait === 'all' ? 'Wait for all background steps' : `Wait for ${wait.join(', ')}`;
}

/** Checks, from the first step to the last, that what is waited for or stopped is a background step above. */
export class BackgroundSteps {
	readonly #problems: FileProblems;
	readonly #begun: string[] = [];

	constructor(problems: FileProblems) {
		this.#problems = problems;
	}

	check(token: MappingToken, step: PlannedStep): readonly PlannedStep[] {
		for (const target of targetsOf(token)) {
			const id = target.toString();
			if (this.#begun.some((begun) => begun.toLowerCase() === id.toLowerCase())) continue;
			const known = this.#begun.filter((begun) => !begun.startsWith('__'));
			this.#problems.add(placeOf(target), {
				code: 'FB1002',
				what: `There is no background step '${id}' above this one`,
				next:
					known.length === 0
						? 'give a step above this id and `background: true`'
						: `background steps above: ${known.join(', ')}`,
			});
		}
		if (step.background === true) this.#begun.push(step.id);
		return [step];
	}
}

/** The ids that a step waits for or stops. */
function targetsOf(step: MappingToken): readonly TemplateToken[] {
	const target = step.find('wait') ?? step.find('cancel');
	if (target === undefined) return [];
	return target instanceof SequenceToken ? [...target] : [target];
}
