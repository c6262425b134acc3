import type { Plan, PlannedJob, PlannedStep, Template } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { PlanOutcome } from '#edge/planner/planner.ts';

/** What would run as a tree of plain lines, then what would not and why, then what cannot run with every problem and its next step. */
export function printPlan(outcome: PlanOutcome): readonly string[] {
	const blocks = outcome.plans.map(planLines);
	if (outcome.notPlanned.length > 0) {
		blocks.push(['Not started by this:', ...outcome.notPlanned.map(({ workflow, why }) => `  ${workflow}: ${why}`)]);
	}
	for (const { workflow, problems } of outcome.broken) {
		const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
		blocks.push([`Cannot run: ${workflow} (${count})`, ...problems.flatMap((problem) => problemLines(problem))]);
	}
	if (blocks.length === 0) return ['There is no workflow in .github/workflows.'];
	// A name of the file must not steer the terminal.
	return blocks
		.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
		.map((line) => line.replaceAll(/\p{Cc}/gu, '\u{FFFD}'));
}

function planLines(plan: Plan): readonly string[] {
	const title = plan.name === plan.workflow ? plan.workflow : `${plan.name}  ${plan.workflow}`;
	const jobs = plan.jobs.map((job) => ({
		head: jobHead(job),
		below: job.steps.map((step) => ({ head: stepHead(step), below: [] })),
	}));
	return [title, ...branches(jobs)];
}

interface Branch {
	readonly head: string;
	readonly below: readonly Branch[];
}

function branches(list: readonly Branch[]): readonly string[] {
	return list.flatMap(({ head, below }, index) => {
		const isLast = index === list.length - 1;
		return [`${isLast ? '└─' : '├─'} ${head}`, ...branches(below).map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
	});
}

function jobHead(job: PlannedJob): string {
	return joined(job.name, [
		`on ${shown(job.runsOn)}`,
		job.needs.length > 0 ? `after ${job.needs.join(', ')}` : '',
		job.if === undefined ? '' : `if ${oneLine(job.if)}`,
		job.environment === undefined ? '' : `environment ${job.environment}`,
		job.continueOnError === true ? 'may fail' : '',
	]);
}

function stepHead(step: PlannedStep): string {
	return joined(shown(step.name), [
		step.if === undefined ? '' : `if ${oneLine(step.if)}`,
		step.continueOnError === true ? 'may fail' : '',
	]);
}

function joined(name: string, facts: readonly string[]): string {
	const told = facts.filter((fact) => fact !== '').join(' · ');
	return told === '' ? name : `${name}  (${told})`;
}

function problemLines(problem: Problem): readonly string[] {
	return [
		`  ${problem.where ?? ''}  ${problem.code} ${problem.what}`,
		...(problem.why === undefined ? [] : [`    because: ${problem.why}`]),
		...(problem.next === undefined ? [] : [`    next: ${problem.next}`]),
	];
}

/** A template as it reads in the file. */
function shown(template: Template): string {
	if (template === null) return '';
	if (typeof template !== 'object') return oneLine(String(template));
	if ('expression' in template) return oneLine(`\${{ ${template.expression} }}`);
	if ('sequence' in template) return template.sequence.map(shown).join(', ');
	return template.mapping.map(([key, value]) => `${shown(key)}: ${shown(value)}`).join(', ');
}

function oneLine(text: string): string {
	const line = text.replaceAll(/\s+/g, ' ').trim();
	return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
