import { inputVariable } from '#core/action/action.ts';
import type { Annotation } from '#core/event.ts';
import { ok, type Problem, type Result } from '#core/result.ts';
import type { ActionStep, Frame, PlacedAction, RunningJob } from './running-job.ts';
import { valuesAt } from './step-values.ts';

/** What an action is given. */
export interface ActionInputs {
	/** The declared ones, with their defaults. */
	readonly declared: { readonly [name: string]: string };
	/** As a program gets them: the declared ones and all others that were given. */
	readonly variables: { readonly [name: string]: string };
	/** What was said of them. */
	readonly annotations: readonly Annotation[];
}

/** What the caller gives, and the defaults of the rest. As on GitHub, a required input that is missing is told but is no failure. */
export function inputsOf(
	job: RunningJob,
	caller: Frame,
	{ call, placed: { action, file } }: { readonly call: ActionStep; readonly placed: PlacedAction },
): Result<ActionInputs, Problem> {
	const annotations: Annotation[] = [];
	const warn = (message: string) =>
		annotations.push({ level: 'warning', message, logLine: job.log.say(`Warning: ${message}`) });
	const given = new Map(Object.entries(call.inputs).map(([name, value]) => [name.toLowerCase(), value]));
	const names = Object.keys(action.inputs);
	const known = new Set([...names, ...alwaysKnown(action.runs.using)].map((name) => name.toLowerCase()));
	const unexpected = Object.keys(call.inputs).filter((name) => !known.has(name.toLowerCase()));
	if (unexpected.length > 0) warn(`Unexpected input(s) ${quoted(unexpected)}, valid inputs are [${quoted(names)}]`);
	const defaults = valuesAt(job, { ...caller, file }, { env: call.env });
	const declared: { [name: string]: string } = {};
	for (const [name, input] of Object.entries(action.inputs)) {
		const value = given.get(name.toLowerCase());
		if (value !== undefined) {
			if (input.deprecation !== undefined)
				warn(`Input '${name}' has been deprecated with message: ${input.deprecation}`);
			declared[name] = value;
			continue;
		}
		if (input.required && input.default === undefined)
			warn(`The input '${name}' of ${call.uses} is required and was not given: it is empty`);
		const standard = defaults.text(input.default ?? null);
		if (!standard.ok) return standard;
		declared[name] = standard.value;
	}
	const variables = Object.entries({ ...call.inputs, ...declared }).map(([name, value]) => [
		inputVariable(name),
		value,
	]);
	return ok({ declared, variables: Object.fromEntries(variables), annotations });
}

function alwaysKnown(using: string): readonly string[] {
	return using === 'docker' ? ['args', 'entrypoint'] : [];
}

function quoted(names: readonly string[]): string {
	return names.map((name) => `'${name}'`).join(', ');
}
