import type { PlanView } from '#core/api.ts';
import type { Forecast } from '#core/forecast.ts';
import type { JobDraft, Plan, PlannedJob, PlannedStep, Template } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';

/** What would run as a tree of plain lines, then what would not and why, then what cannot run with every problem and its next step. */
export function printPlan(outcome: PlanView): readonly string[] {
	const blocks = outcome.plans.map((plan) => planLines(plan, outcome.forecasts[plan.workflow] ?? {}));
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

type Forecasts = { readonly [job: string]: Forecast };

function planLines(plan: Plan, forecasts: Forecasts): readonly string[] {
	const title = plan.name === plan.workflow ? plan.workflow : `${plan.name}  ${plan.workflow}`;
	const facts = [
		plan.concurrency == null ? '' : `one at a time: ${shown(groupOf(plan.concurrency))}`,
		...Object.entries(plan.inputs ?? {}).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
	];
	return [joined(title, facts), ...branches(plan.jobs.map((job) => jobBranch(plan, job, forecasts[job.key])))];
}

function jobBranch(plan: Plan, job: PlannedJob, told: Forecast | undefined): Branch {
	const problems = (job.problems ?? []).flatMap(problemLines).map((line) => ({ head: line.trim(), below: [] }));
	const called = job.call === undefined ? [] : (plan.called?.[job.call.workflow]?.jobs ?? []);
	const steps = job.steps.map((step) => ({ head: stepHead(step), below: [] }));
	const isQuiet = told?.is === 'skipped' || problems.length > 0;
	const below = isQuiet ? problems : [...called.map((draft) => draftBranch(plan, draft)), ...steps];
	return { head: `${jobHead(job)}${toldOf(told)}`, below };
}

function toldOf(told: Forecast | undefined): string {
	if (told === undefined || told.is === 'runs' || told.is === 'open') return '';
	return told.is === 'skipped' ? `  skipped: ${oneLine(told.why)}` : '  cannot run here:';
}

/** A job of a called workflow, of which only the file is known. */
function draftBranch(plan: Plan, draft: JobDraft): Branch {
	const called = draft.call === undefined ? [] : (plan.called?.[draft.call.workflow]?.jobs ?? []);
	const name = draft.name === null ? draft.id : shown(draft.name);
	const facts = [
		draft.call === undefined ? `on ${shown(draft.runsOn)}` : `calls ${draft.call.workflow}`,
		draft.needs.length > 0 ? `after ${draft.needs.join(', ')}` : '',
		draft.strategy === null ? '' : 'matrix',
		draft.if === undefined ? '' : `if ${oneLine(draft.if)}`,
	];
	return { head: joined(name, facts), below: called.map((inner) => draftBranch(plan, inner)) };
}

function groupOf(concurrency: Template): Template {
	if (typeof concurrency !== 'object' || concurrency === null || !('mapping' in concurrency)) return concurrency;
	return concurrency.mapping.find(([key]) => key === 'group')?.[1] ?? null;
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
		job.call === undefined ? `on ${shown(job.runsOn)}` : `calls ${job.call.workflow}`,
		job.needs.length > 0 ? `after ${job.needs.join(', ')}` : '',
		job.if === undefined ? '' : `if ${oneLine(job.if)}`,
		job.deferred === undefined ? '' : 'its matrix or name is known then',
		job.concurrency == null ? '' : `one at a time: ${shown(groupOf(job.concurrency))}`,
		job.environment === undefined ? '' : `environment ${job.environment}`,
		job.continueOnError === true ? 'may fail' : '',
	]);
}

function stepHead(step: PlannedStep): string {
	return joined(shown(step.name), [
		step.background === true ? 'beside the next' : '',
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
