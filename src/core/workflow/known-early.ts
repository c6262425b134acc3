import type { JobDraft, Json, Template } from '../plan.ts';
import { contextsOf, parseExpression, propertiesRead } from './expression-syntax.ts';

type Contexts = { readonly [name: string]: Json };

/** Contexts that hang on what runs before. */
const later = ['needs', 'steps', 'job', 'runner', 'secrets', 'env', 'jobs'];

const statusFunctions = ['success', 'failure', 'cancelled', 'always'].map((name) => ({
	name,
	minArgs: 0,
	maxArgs: 255,
}));

/** Whether what a job becomes hangs on something that is known only while the run goes on. */
export function isDeferred(draft: JobDraft, contexts: Contexts): boolean {
	const own = { ...contexts, matrix: null, strategy: null };
	return [draft.strategy, draft.name, draft.environment, draft.continueOnError].some((part) => hangsOnLater(part, own));
}

/** Whether a template reads a context, or a property of `github`, that is not among those given. */
export function hangsOnLater(template: Template, contexts: Contexts): boolean {
	if (template === null || typeof template !== 'object') return false;
	if ('sequence' in template) return template.sequence.some((item) => hangsOnLater(item, contexts));
	if ('mapping' in template) return template.mapping.flat().some((item) => hangsOnLater(item, contexts));
	if (template.expression === 'insert') return false;
	const unknown = later.filter((name) => contexts[name] === undefined);
	try {
		const parsed = parseExpression(template.expression, {
			contexts: [...Object.keys(contexts), ...unknown],
			functions: statusFunctions,
		});
		if ([...contextsOf(parsed)].some((name) => unknown.includes(name))) return true;
		const known = new Set(Object.keys(contexts['github'] ?? {}).map((key) => key.toLowerCase()));
		return [...propertiesRead(parsed, 'github')].some((key) => !known.has(key));
	} catch {
		// What cannot be read is told by the evaluation.
		return false;
	}
}
