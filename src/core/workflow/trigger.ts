import { SequenceToken, StringToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards';
import type { Trigger } from '../plan.ts';
import type { FileProblems } from './file-problems.ts';
import { type Pattern, readPattern, takesIn } from './pattern.ts';
import { placeOf } from './token-template.ts';

/** What `on` says to a trigger: start, or the reason why not. Problems with `on` itself go to `problems`. */
export type TriggerAnswer = { readonly starts: true } | { readonly starts: false; readonly why: string };

/** Asks a workflow's `on` whether a trigger starts it. */
export function askTrigger(on: TemplateToken | undefined, trigger: Trigger, problems: FileProblems): TriggerAnswer {
	const events = on === undefined ? new Map<string, TemplateToken | undefined>() : eventsOf(on);
	if (on === undefined || events.size === 0) {
		problems.add(on && placeOf(on), {
			code: 'FB1002',
			what: 'The workflow has no event that starts it: `on` is missing or empty',
			next: 'add `on: push`',
		});
		return { starts: false, why: 'it has no `on`' };
	}
	const push = events.has('push') ? pushFilters(events.get('push'), problems) : undefined;
	if (!events.has(trigger.event)) {
		return { starts: false, why: `it starts on ${[...events.keys()].join(', ')}, and this is a ${trigger.event}` };
	}
	return trigger.event === 'push' && push !== undefined ? askPush(push, trigger) : { starts: true };
}

type FilterName = 'branches' | 'branches-ignore' | 'tags' | 'tags-ignore' | 'paths' | 'paths-ignore';
type Filters = { readonly [Name in FilterName]?: readonly Pattern[] };

const filterNames: readonly FilterName[] = [
	'branches',
	'branches-ignore',
	'tags',
	'tags-ignore',
	'paths',
	'paths-ignore',
];

function eventsOf(on: TemplateToken): Map<string, TemplateToken | undefined> {
	if (isMapping(on)) return new Map([...on].map(({ key, value }) => [key.toString(), value]));
	const items = on instanceof SequenceToken ? [...on] : [on];
	return new Map(items.map((item) => [item.toString(), undefined]));
}

function pushFilters(push: TemplateToken | undefined, problems: FileProblems): Filters | undefined {
	if (push === undefined || !isMapping(push)) {
		if (push instanceof StringToken || push instanceof SequenceToken) {
			problems.add(placeOf(push), {
				code: 'FB1002',
				what: '`push` has no filter names',
				next: 'write `branches:` before the patterns',
			});
		}
		return undefined;
	}
	const found = new Map<FilterName, readonly Pattern[]>();
	for (const { key, value } of push) {
		const name = filterNames.find((known) => known === key.toString());
		if (name === undefined) {
			problems.add(placeOf(key), {
				code: 'FB1002',
				what: `push has no filter '${key}'`,
				next: `use one of ${filterNames.join(', ')}`,
			});
		} else {
			found.set(name, patternsOf(name, value, problems));
		}
	}
	for (const name of ['branches', 'tags', 'paths'] as const) {
		if (!found.has(name) || !found.has(`${name}-ignore`)) continue;
		problems.add(placeOf(push), {
			code: 'FB1002',
			what: `push has both ${name} and ${name}-ignore`,
			next: `keep ${name}, and take out with patterns that start with !`,
		});
	}
	return Object.fromEntries(found);
}

function patternsOf(name: FilterName, value: TemplateToken, problems: FileProblems): readonly Pattern[] {
	const items = value instanceof SequenceToken ? [...value] : [value];
	return items.flatMap((item): Pattern[] => {
		const read =
			isMapping(item) || item instanceof SequenceToken ? 'a pattern is a text' : readPattern(item.toString());
		if (typeof read !== 'string') return [read];
		problems.add(placeOf(item), {
			code: 'FB1002',
			what: `A pattern in ${name} cannot be read: ${read}`,
			next: 'correct the pattern',
		});
		return [];
	});
}

function askPush(filters: Filters, trigger: Trigger): TriggerAnswer {
	const isTag = trigger.ref.startsWith('refs/tags/');
	const name = trigger.ref.replace(/^refs\/(heads|tags)\//, '');
	const [kind, other, what] = isTag
		? (['tags', 'branches', 'tag'] as const)
		: (['branches', 'tags', 'branch'] as const);
	const [only, ignored] = [filters[kind], filters[`${kind}-ignore`]];
	const isOtherFiltered = filters[other] !== undefined || filters[`${other}-ignore`] !== undefined;
	if (only !== undefined && !takesIn(only, name)) {
		return { starts: false, why: `its ${kind} are ${sources(only)}, and the ${what} is ${name}` };
	}
	if (ignored !== undefined && takesIn(ignored, name)) {
		return { starts: false, why: `its ${kind}-ignore are ${sources(ignored)}, and the ${what} is ${name}` };
	}
	if (only === undefined && ignored === undefined && isOtherFiltered) {
		return { starts: false, why: `it starts on pushes of ${other} only, and this is the ${what} ${name}` };
	}
	return isTag ? { starts: true } : askPaths(filters, trigger);
}

/** Tags have no path filters, and neither has a push of which nobody knows what it changed. */
function askPaths(filters: Filters, { changed }: Trigger): TriggerAnswer {
	const { paths, 'paths-ignore': ignored } = filters;
	if (changed === undefined) return { starts: true };
	if (paths !== undefined && !changed.some((path) => takesIn(paths, path))) {
		return { starts: false, why: `its paths are ${sources(paths)}, and the push changes ${told(changed)}` };
	}
	if (ignored !== undefined && changed.length > 0 && changed.every((path) => takesIn(ignored, path))) {
		return {
			starts: false,
			why: `its paths-ignore are ${sources(ignored)}, and the push changes only ${told(changed)}`,
		};
	}
	return { starts: true };
}

function sources(patterns: readonly Pattern[]): string {
	const list = patterns.map(({ source }) => source).join(', ');
	return patterns.every(({ isNegative }) => isNegative) ? `${list} (which take nothing in)` : list;
}

function told(paths: readonly string[]): string {
	if (paths.length === 0) return 'nothing';
	const shown = paths.slice(0, 3).join(', ');
	return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
