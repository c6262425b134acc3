import type { MappingToken } from '@actions/workflow-parser/templates/tokens/index';
import type { Plan } from '../plan.ts';
import type { Problem } from '../result.ts';
import type { FileProblems } from './file-problems.ts';
import { jobsOf } from './jobs.ts';
import { type Known, planContexts } from './plan-context.ts';
import { placeOf, templateOf } from './token-template.ts';
import { askTrigger } from './trigger.ts';
import { readWorkflowFile } from './workflow-file.ts';

/** What becomes of one workflow file: a plan, the reason why this trigger does not start it, or everything that is wrong with it. */
export type Planned =
	| { readonly is: 'planned'; readonly plan: Plan }
	| { readonly is: 'not-planned'; readonly why: string }
	| { readonly is: 'broken'; readonly problems: readonly Problem[] };

/**
 * Makes the plan of one workflow file for a trigger. With `isAskedFor` its trigger filters are not asked. Needs the parser's JSON
 * hook, and a guard around it: a hostile file can keep it busy for long.
 */
export function planWorkflow(path: string, text: string, known: Known & { readonly isAskedFor?: boolean }): Planned {
	const { root, problems } = readWorkflowFile('workflow', path, text);
	if (root === undefined) return { is: 'broken', problems: problems.all };
	if (known.isAskedFor !== true) {
		const answer = askTrigger(root.find('on'), known.trigger, problems);
		if (!problems.areNone && !answer.starts) return { is: 'broken', problems: problems.all };
		if (!answer.starts) return { is: 'not-planned', why: answer.why };
	}
	const plan = planOf(path, root, known, problems);
	return problems.areNone ? { is: 'planned', plan } : { is: 'broken', problems: problems.all };
}

function planOf(path: string, root: MappingToken, known: Known, problems: FileProblems): Plan {
	const concurrency = root.find('concurrency');
	if (concurrency !== undefined) problems.unsupported(placeOf(concurrency), '`concurrency` is', 'take it out');
	const name = root.find('name')?.toString() ?? '';
	return {
		workflow: path,
		name: name === '' ? path : name,
		env: templateOf(root.find('env'), problems),
		jobs: jobsOf(root.find('jobs'), { defaults: root.find('defaults'), contexts: planContexts(known), problems }),
	};
}
