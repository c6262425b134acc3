import type { PlannedStep, Template } from '../plan.ts';

const words = /\b(?:deploy|publish|release|push|upload)\b/i;

/** The name of the first step that seems to reach outside, by its name, script or action: doing it again would do it to others twice. */
export function outwardStep(steps: readonly PlannedStep[]): string | undefined {
	const step = steps.find(({ name, run, uses }) => words.test(`${textOf(name)} ${textOf(run)} ${uses ?? ''}`));
	return step === undefined ? undefined : typeof step.name === 'string' ? step.name : (step.uses ?? step.id);
}

function textOf(template: Template | undefined): string {
	return typeof template === 'string' ? template : JSON.stringify(template ?? '');
}
