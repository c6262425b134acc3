import type { Json, PlannedStep, Template } from '#core/plan.ts';
import { ok, type Problem, type Result } from '#core/result.ts';
import { evaluateCondition, evaluateString, evaluateTemplate, type Scope } from '#core/workflow/expression.ts';
import type { Frame, RunningJob } from './running-job.ts';

type OneResult<T> = Result<T, Problem>;
type Texts = { readonly [name: string]: string };

/** Evaluates what a step is made of, with what is known at this moment. Problems say the file and the line. */
export interface StepValues {
	condition(source: string | undefined): OneResult<{ readonly value: boolean; readonly why: string }>;
	/** Text; empty when nothing is written. */
	text(template: Template): OneResult<string>;
	/** A mapping's values as text. */
	texts(template: Template): OneResult<Texts>;
	/** False when nothing is written. FB2021: another type. */
	flag(template: Template): OneResult<boolean>;
	/** Undefined when nothing is written. FB2021: another type. */
	number(template: Template): OneResult<number | undefined>;
}

/** Where values are evaluated: the step (absent: the job as a whole) and the `env` it sees. */
export interface ValuePlace {
	readonly step?: PlannedStep;
	readonly env: Texts;
}

/** Values at a place of a list of steps. */
export function valuesAt(job: RunningJob, frame: Frame, place: ValuePlace): StepValues {
	const scope = scopeOf(job, frame, place);
	const line = place.step?.line ?? job.request.job.line;
	const located = <T>(result: OneResult<T>): OneResult<T> =>
		result.ok
			? result
			: { ok: false, error: { ...result.error, where: `${frame.file}:${result.error.where ?? line}` } };
	const text = (template: Template) => located(evaluateString(template, scope));
	const typed = <T>(template: Template, kind: string, read: (value: Json) => T | undefined): OneResult<T> => {
		const value = located(evaluateTemplate(template, scope));
		if (!value.ok) return value;
		const result = read(value.value);
		if (result !== undefined) return ok(result);
		const what = `${kind} was expected, and the value is ${JSON.stringify(value.value)}`;
		return located({ ok: false, error: { code: 'FB2021', what } });
	};

	return {
		condition: (source) => located(evaluateCondition(source, scope)),
		text,
		texts(template) {
			if (template === null) return ok({});
			if (typeof template !== 'object' || !('mapping' in template)) return typed(template, 'A mapping', textMapping);
			const entries: (readonly [string, string])[] = [];
			for (const [key, value] of template.mapping) {
				const isInserted = typeof key === 'object' && key !== null;
				const added = isInserted ? typed({ mapping: [[key, value]] }, 'A mapping', textMapping) : text(value);
				if (!added.ok) return added;
				if (typeof added.value === 'string') entries.push([String(key), added.value]);
				else entries.push(...Object.entries(added.value));
			}
			return ok(Object.fromEntries(entries));
		},
		flag: (template) => typed(template, 'true or false', flag),
		number: (template) => (template === null ? ok(undefined) : typed(template, 'A number', number)),
	};
}

function textMapping(value: Json): Texts | undefined {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
	const entries = Object.entries(value);
	if (entries.some(([, inner]) => typeof inner === 'object' && inner !== null)) return undefined;
	return Object.fromEntries(entries.map(([name, inner]) => [name, inner === null ? '' : String(inner)]));
}

function flag(value: Json): boolean | undefined {
	if (value === null || value === '' || value === 'false') return false;
	return value === 'true' ? true : typeof value === 'boolean' ? value : undefined;
}

function number(value: Json): number | undefined {
	const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof read === 'number' && Number.isFinite(read) && read >= 0 ? read : undefined;
}

function scopeOf(job: RunningJob, frame: Frame, { step, env }: ValuePlace): Scope {
	const isCancelled = job.stop.cause !== undefined;
	const status = isCancelled ? 'cancelled' : frame.hasFailed ? 'failure' : 'success';
	const action = step === undefined ? {} : { action: step.id };
	return {
		contexts: {
			...job.contexts,
			...frame.contexts,
			github: { ...job.contexts['github'], ...frame.github, ...action, action_status: status },
			env,
			job: { ...job.contexts['job'], status },
			steps: frame.steps,
		},
		hashFiles: (patterns) => frame.hashes.get(patterns),
		status: { success: status === 'success', failure: status === 'failure', cancelled: isCancelled },
	};
}
