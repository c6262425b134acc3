import { Binary, type Expr, FunctionCall, Literal } from '@actions/expressions/ast';
import { Kind } from '@actions/expressions/data/index';
import { callsStatusFunction, childrenOf, nameOf } from '../../workflow/expression-syntax.ts';
import { inside } from '../embedded-expressions.ts';
import type { ExpressionUse, LintedFile, LintedJob } from '../linted-file.ts';
import { outsiderEvents } from '../outsider-events.ts';
import { constantOf, isTrue } from '../partial-value.ts';
import type { Rule } from '../rule.ts';
import { pathOf } from '../value-path.ts';

/** An `if` that is a text and not a condition. */
const unsoundCondition: Rule = {
	name: 'unsound-condition',
	severity: 'error',
	why: 'With anything around the expression, also the line feed that ends a `|` block, the value is a text, and text is true.',
	fix: 'Write the whole condition without the dollar sign and the braces.',
	check({ uses }, report) {
		for (const { isCondition, scalar } of uses) {
			const [only, ...more] = inside(scalar.text);
			if (!isCondition || only === undefined) continue;
			const isWhole = more.length === 0 && only.start === 0 && only.end === scalar.text.length;
			if (!isWhole) report(scalar, 'This condition is always true, whatever its expression gives');
		}
	},
};

/** `contains` with a text where a list was meant. */
const unsoundContains: Rule = {
	name: 'unsound-contains',
	severity: 'warning',
	why: '`contains` looks for a part of the text: a branch named `mai` is in `refs/heads/main`.',
	fix: 'Compare with ==, or use a list: contains(fromJSON(\'["refs/heads/main"]\'), github.ref).',
	check({ uses }, report) {
		for (const use of uses) {
			for (const call of callsIn(use.parsed, 'contains')) {
				const [list, item] = call.args;
				const isText = list instanceof Literal && list.literal.kind === Kind.String;
				const name = item === undefined ? '' : nameOf(item);
				if (isText && /^(github|env|inputs|matrix|needs|steps)\b/i.test(name)) {
					report(use, `${name} is looked for as a part of one text`);
				}
			}
		}
	},
};

/** Trust in the name of whoever caused the event last. */
const botConditions: Rule = {
	name: 'bot-conditions',
	severity: 'warning',
	why: 'github.actor is whoever caused the event last: an outsider can make a bot the last actor of a pull request of their own.',
	fix: "Ask who wrote it: github.event.pull_request.user.login == 'dependabot[bot]', and compare the repository.",
	check(file, report) {
		const severity = outsiderEvents(file).length > 0 ? 'error' : 'warning';
		for (const use of file.uses) {
			for (const comparison of equalitiesIn(use.parsed)) {
				const [left, right] = [comparison.left, comparison.right].map((side) => pathOf(side)?.join('.') ?? '');
				const name = actors.find((actor) => actor === left || actor === right);
				const isBot = [comparison.left, comparison.right].some(
					(side) => side instanceof Literal && /\[bot\]$/i.test(side.literal.coerceString()),
				);
				if (name !== undefined && isBot) report(use, `${name} is trusted to be a bot`, { severity });
			}
		}
	},
};

const actors = [
	'github.actor',
	'github.triggering_actor',
	'github.event.sender.login',
	'github.actor_id',
	'github.event.sender.id',
];

/** A job or a step that no run ever starts. */
const neverRuns: Rule = {
	name: 'never-runs',
	severity: 'warning',
	why: 'Its condition is false for every event that starts this workflow: what it should check is never checked.',
	fix: 'Correct the condition, or take the part out.',
	check(file, report) {
		// A called workflow sees its caller's event.
		const isCalled = file.kind === 'action' || file.events.has('workflow_call');
		const facts = isCalled ? {} : { events: [...file.events.keys()].map((name) => name.toLowerCase()) };
		const dead = new Map<LintedJob, ExpressionUse>();
		for (const use of file.uses) {
			if (!use.isCondition || use.parsed === undefined) continue;
			const [only] = inside(use.scalar.text);
			const isWhole = only === undefined || (only.start === 0 && only.end === use.scalar.text.length);
			const value = isWhole ? constantOf(use.parsed, facts) : undefined;
			if (value === undefined || isTrue(value)) continue;
			if (use.step === undefined && use.job !== undefined) dead.set(use.job, use);
			report(use, use.step === undefined ? `The job ${use.job?.id} never runs` : 'This step never runs');
		}
		reportFollowers(file, dead, report);
	},
};

/** Jobs that need one that never runs, and have no condition that lets them run all the same. */
function reportFollowers(
	file: LintedFile,
	dead: Map<LintedJob, ExpressionUse>,
	report: Parameters<Rule['check']>[1],
): void {
	const ids = new Set([...dead.keys()].map(({ id }) => id.toLowerCase()));
	let before = -1;
	while (ids.size !== before) {
		before = ids.size;
		for (const job of file.jobs) {
			const need = job.needs.find(({ text }) => ids.has(text.toLowerCase()));
			if (need === undefined || ids.has(job.id.toLowerCase())) continue;
			const condition = file.uses.find((use) => use.isCondition && use.job === job && use.step === undefined)?.parsed;
			if (condition !== undefined && callsStatusFunction(condition)) continue;
			ids.add(job.id.toLowerCase());
			report(need, `The job ${job.id} never runs: ${need.text} never does`, {
				why: 'A job is skipped when one that it needs is.',
			});
		}
	}
}

function callsIn(expression: Expr | undefined, name: string): readonly FunctionCall[] {
	if (expression === undefined) return [];
	const isIt = expression instanceof FunctionCall && expression.functionName.lexeme.toLowerCase() === name;
	return [...(isIt ? [expression] : []), ...childrenOf(expression).flatMap((child) => callsIn(child, name))];
}

function equalitiesIn(expression: Expr | undefined): readonly Binary[] {
	if (expression === undefined) return [];
	const isIt = expression instanceof Binary && ['==', '!='].includes(expression.operator.lexeme);
	return [...(isIt ? [expression] : []), ...childrenOf(expression).flatMap(equalitiesIn)];
}

/** What goes wrong in conditions. */
export const conditionRules: readonly Rule[] = [unsoundCondition, unsoundContains, botConditions, neverRuns];
