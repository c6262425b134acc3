import type { Concurrency, Json, Template } from './plan.ts';
import type { Problem, Result } from './result.ts';
import { evaluateTemplate } from './workflow/expression.ts';

/** What `concurrency` says: a group's name, or a mapping with `group`, `cancel-in-progress` and `queue`. */
export function concurrencyOf(
	template: Template,
	contexts: { readonly [name: string]: Json },
): Result<Concurrency, Problem> {
	const value = evaluateTemplate(template, { contexts });
	if (!value.ok) return { ok: false, error: { ...value.error, what: `concurrency: ${value.error.what}` } };
	const said = value.value;
	const isMapping = typeof said === 'object' && said !== null && !Array.isArray(said);
	const settings: { readonly [key: string]: Json } = isMapping
		? (said as { readonly [key: string]: Json })
		: { group: said };
	const group = settings['group'];
	if (group === null || group === undefined || typeof group === 'object' || String(group) === '') {
		return {
			ok: false,
			error: {
				code: 'FB1013',
				what: 'concurrency: the group has no name',
				next: 'write a name, or an expression that is never empty',
			},
		};
	}
	return {
		ok: true,
		value: {
			group: String(group).toLowerCase(),
			cancelInProgress: String(settings['cancel-in-progress']) === 'true',
			queue: settings['queue'] === 'max' ? 'max' : 'single',
		},
	};
}
