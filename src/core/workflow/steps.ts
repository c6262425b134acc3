import {
	BasicExpressionToken,
	MappingToken,
	SequenceToken,
	StringToken,
	type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index';
import { usesProblem } from '../action/uses-reference.ts';
import type { PlannedStep, Template } from '../plan.ts';
import { BackgroundSteps, waitingName, waitingOf, waitingTitle } from './background-steps.ts';
import type { FileProblems } from './file-problems.ts';
import { idProblem } from './identifier.ts';
import { conditionOf, placeOf, templateOf } from './token-template.ts';

/** The steps of a job or of a composite action as plain data. What is wrong with them goes to `problems`. */
export function stepsOf(token: TemplateToken | undefined, problems: FileProblems): readonly PlannedStep[] {
	if (!(token instanceof SequenceToken)) return [];
	const mappings = [...token].filter((item) => item instanceof MappingToken);
	const ids = new StepIds(problems);
	const flat = mappings.flatMap((step) => [step, ...parallelSteps(step)]);
	for (const step of flat) ids.declare(step.find('id'));
	const background = new BackgroundSteps(problems);
	return mappings.flatMap((step) => {
		if (step.find('parallel') === undefined) return background.check(step, stepOf(step, ids, problems));
		const group = parallelSteps(step).map((inner) => ({ ...stepOf(inner, ids, problems), background: true }));
		return [...group, waitStep(ids.make('wait'), group, placeOf(step).line)];
	});
}

/** The steps of a `parallel` group. */
function parallelSteps(step: MappingToken): readonly MappingToken[] {
	const group = step.find('parallel');
	return group instanceof SequenceToken ? [...group].filter((item) => item instanceof MappingToken) : [];
}

/** A group is over when all of its steps are. */
function waitStep(id: string, group: readonly PlannedStep[], line: number): PlannedStep {
	const none = {
		with: null,
		env: null,
		shell: null,
		workingDirectory: null,
		continueOnError: null,
		timeoutMinutes: null,
	};
	const name = `Wait for ${group.length} parallel ${group.length === 1 ? 'step' : 'steps'}`;
	return { id, name, if: 'always()', wait: group.map((step) => step.id), ...none, line };
}

function stepOf(step: MappingToken, ids: StepIds, problems: FileProblems): PlannedStep {
	const run = step.find('run');
	const usesToken = step.find('uses');
	const uses = usesToken?.toString();
	if (usesToken !== undefined) checkUses(usesToken, problems);
	const condition = conditionOf(step.find('if'), problems);
	const read = (key: string): Template => templateOf(step.find(key), problems);
	return {
		id: step.find('id')?.toString() ?? ids.make(waitingName(step) ?? sourceName(uses)),
		name: step.find('name') === undefined ? (waitingTitle(step) ?? defaultName(run, uses)) : read('name'),
		...(condition === undefined ? {} : { if: condition }),
		...waitingOf(step),
		...(run === undefined ? {} : { run: templateOf(run, problems) }),
		...(uses === undefined ? {} : { uses }),
		with: read('with'),
		env: read('env'),
		shell: read('shell'),
		workingDirectory: read('working-directory'),
		continueOnError: read('continue-on-error'),
		timeoutMinutes: read('timeout-minutes'),
		line: placeOf(step).line,
	};
}

function checkUses(token: TemplateToken, problems: FileProblems): void {
	const uses = token.toString();
	const wrong = usesProblem(uses);
	if (wrong !== undefined) problems.add(placeOf(token), { code: 'FB1002', ...wrong });
}

/** Names steps without an id as GitHub does: `__run`, `__run_2`, `__self`, `__actions_checkout`. */
class StepIds {
	readonly #problems: FileProblems;
	readonly #taken = new Set<string>();

	constructor(problems: FileProblems) {
		this.#problems = problems;
	}

	declare(token: TemplateToken | undefined): void {
		if (token === undefined) return;
		const id = token.toString();
		const isTaken = this.#taken.has(id.toLowerCase());
		const what = isTaken ? `The step id '${id}' is used twice in this list of steps` : idProblem('step', id);
		this.#taken.add(id.toLowerCase());
		if (what !== undefined) this.#problems.add(placeOf(token), { code: 'FB1002', what, next: 'choose another id' });
	}

	make(name: string): string {
		const base = `__${name.replaceAll(/[^\w-]/g, '_')}`.slice(0, 90);
		let id = base;
		for (let count = 2; this.#taken.has(id.toLowerCase()); count += 1) id = `${base}_${count}`;
		this.#taken.add(id.toLowerCase());
		return id;
	}
}

function sourceName(uses: string | undefined): string {
	if (uses === undefined) return 'run';
	if (/^[.$]\//.test(uses)) return 'self';
	const [owner = '', repository = ''] = uses.split('@')[0]?.split('/') ?? [];
	return `${owner}/${repository}`;
}

/** `Run ` and the first line of the script or the action; an expression in it stays as it is written. */
function defaultName(run: TemplateToken | undefined, uses: string | undefined): string {
	const written = run === undefined ? (uses ?? '') : sourceOf(run);
	return `Run ${written.trimStart().split(/\r?\n/, 1)[0]?.trimEnd() ?? ''}`.trimEnd();
}

function sourceOf(run: TemplateToken): string {
	if (run instanceof StringToken) return run.value;
	if (run instanceof BasicExpressionToken) return run.source ?? `\${{ ${run.expression} }}`;
	return run.toString();
}
