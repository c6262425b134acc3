import type { Json, Template, Trigger } from '../plan.ts';
import type { Problem, Result } from '../result.ts';
import { evaluateString, evaluateTemplate } from './expression.ts';
import { contextsOf, parseExpression, propertiesRead } from './expression-syntax.ts';
import type { FileProblems, Place } from './file-problems.ts';

/** What is known before a run. */
export interface Known {
	readonly trigger: Trigger;
	readonly vars?: { readonly [name: string]: string };
	/** More of the `github` context than the trigger tells, for example `repository`. */
	readonly github?: { readonly [name: string]: Json };
}

type Contexts = { readonly [name: string]: Json };

/** Contexts that hang on what runs before. */
const later = ['needs', 'steps', 'job', 'runner', 'secrets', 'env'];

/** The contexts of expressions that are evaluated when the plan is made. */
export function planContexts({ trigger, vars, github }: Known): Contexts {
	return {
		github: {
			event: trigger.payload,
			event_name: trigger.event,
			ref: trigger.ref,
			ref_name: trigger.ref.replace(/^refs\/(heads|tags)\//, ''),
			ref_type: trigger.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
			sha: trigger.sha,
			base_ref: '',
			head_ref: '',
			...github,
		},
		vars: vars ?? {},
		inputs: {},
	};
}

/** Where a part of the workflow stands, what it is called in a problem, and where problems go. */
export interface Part {
	/** "The name of job 'a'". */
	readonly what: string;
	readonly place: Place | undefined;
	readonly problems: FileProblems;
}

/**
 * Evaluates a part of the workflow that must be known before the run. What cannot be known yet (the outputs of an earlier job) is
 * refused, never taken for empty: the problem is told, and the answer is undefined.
 */
export function evaluateEarly(template: Template, contexts: Contexts, part: Part): Json | undefined {
	return early(template, contexts, part, evaluateTemplate);
}

/** As evaluateEarly, for a part that is text. */
export function evaluateEarlyText(template: Template, contexts: Contexts, part: Part): string | undefined {
	return early(template, contexts, part, evaluateString);
}

function early<T>(
	template: Template,
	contexts: Contexts,
	{ what, place, problems }: Part,
	evaluation: (template: Template, scope: { readonly contexts: Contexts }) => Result<T, Problem>,
): T | undefined {
	const unknown = unknownIn(template, contexts);
	if (unknown !== undefined) {
		const next = 'use values that are known before the run: github, vars, and matrix where it exists';
		problems.unsupported(unknown, `${what} that hangs on ${unknown.name} is`, next);
		return undefined;
	}
	const value = evaluation(template, { contexts });
	if (value.ok) return value.value;
	problems.addLocated({ next: 'correct the expression', ...value.error, what: `${what}: ${value.error.what}` }, place);
	return undefined;
}

/** Whether a template hangs on something that is known only while the run goes on. */
export function isKnownEarly(template: Template, contexts: Contexts): boolean {
	return unknownIn(template, contexts) === undefined;
}

function unknownIn(template: Template, contexts: Contexts): (Place & { readonly name: string }) | undefined {
	if (template === null || typeof template !== 'object') return undefined;
	if ('sequence' in template) return firstOf(template.sequence, contexts);
	if ('mapping' in template) return firstOf(template.mapping.flat(), contexts);
	if (template.expression === 'insert') return undefined;
	const { line, column } = template;
	try {
		const parsed = parseExpression(template.expression, {
			contexts: [...Object.keys(contexts), ...later],
			functions: [],
		});
		const name = [...contextsOf(parsed)].find((context) => later.includes(context));
		if (name !== undefined) return { line, column, name: `\`${name}\`` };
		const known = new Set(Object.keys(contexts['github'] ?? {}).map((key) => key.toLowerCase()));
		const property = [...propertiesRead(parsed, 'github')].find((key) => !known.has(key));
		return property === undefined ? undefined : { line, column, name: `\`github.${property}\`` };
	} catch {
		// What cannot be read is told by the evaluation.
		return undefined;
	}
}

function firstOf(templates: readonly Template[], contexts: Contexts): (Place & { readonly name: string }) | undefined {
	for (const template of templates) {
		const found = unknownIn(template, contexts);
		if (found !== undefined) return found;
	}
	return undefined;
}
