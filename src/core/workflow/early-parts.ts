import { MappingToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import type { Json, Template } from '../plan.ts';
import type { FileProblems } from './file-problems.ts';
import { evaluateEarly, evaluateEarlyText, isKnownEarly, type Part } from './plan-context.ts';
import { findIn, placeOf, templateOf } from './token-template.ts';

type Contexts = { readonly [name: string]: Json };

/** The parts of one job that a plan shows as values, by the job's own `matrix`. */
export interface EarlyParts {
	/** Empty when the job has none. */
	readonly name: string;
	readonly environment: string | undefined;
	readonly timeoutMinutes: Template;
	readonly continueOnError: boolean;
}

/** Evaluates what must be known of a job before the run. What cannot be known, or is of the wrong kind, goes to `problems`. */
export function earlyParts(id: string, body: MappingToken, contexts: Contexts, problems: FileProblems): EarlyParts {
	const environment = body.find('environment');
	for (const key of ['url', 'deployment']) {
		const inner = findIn(environment, key);
		if (inner !== undefined) problems.unsupported(placeOf(inner), `\`environment.${key}\` is`, 'take it out');
	}
	const text = (what: string, token: TemplateToken | undefined): string => {
		if (token === undefined) return '';
		const part: Part = { what: `${what} of job '${id}'`, place: placeOf(token), problems };
		return evaluateEarlyText(templateOf(token, problems), contexts, part) ?? '';
	};
	const value = (key: string, kind: 'number' | 'boolean'): Json | undefined => {
		const token = body.find(key);
		if (token === undefined) return undefined;
		const part: Part = { what: `${key} of job '${id}'`, place: placeOf(token), problems };
		const evaluated = evaluateEarly(templateOf(token, problems), contexts, part);
		if (evaluated === undefined || typeof evaluated === kind) return evaluated;
		const expected = kind === 'number' ? 'a number' : 'true or false';
		problems.add(part.place, { code: 'FB1002', what: `${part.what} is not ${expected}`, next: `write ${expected}` });
		return undefined;
	};
	const name = environment instanceof MappingToken ? environment.find('name') : environment;
	const timeout = templateOf(body.find('timeout-minutes'), problems);
	return {
		name: text('The name', body.find('name')),
		environment: text('The environment', name) || undefined,
		timeoutMinutes: isKnownEarly(timeout, contexts)
			? ((value('timeout-minutes', 'number') ?? null) as number | null)
			: timeout,
		// The rest of the run hangs on it, so that it must be known before.
		continueOnError: value('continue-on-error', 'boolean') === true,
	};
}
