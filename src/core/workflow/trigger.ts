import { SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards';
import { nearest } from '../nearest.ts';
import type { Json, Trigger } from '../plan.ts';
import { events } from './events.ts';
import type { FileProblems } from './file-problems.ts';
import { type Pattern, takesIn } from './pattern.ts';
import { placeOf } from './token-template.ts';
import { type Filters, readFilters } from './trigger-filters.ts';

/** What `on` says to a trigger: start, or the reason why not. Problems with `on` itself go to `problems`. */
export type TriggerAnswer = { readonly starts: true } | { readonly starts: false; readonly why: string };

/** Asks a workflow's `on` whether a trigger starts it. All of `on` is checked, whatever the trigger is. */
export function askTrigger(on: TemplateToken | undefined, trigger: Trigger, problems: FileProblems): TriggerAnswer {
	const declared = on === undefined ? [] : eventsOf(on);
	if (on === undefined || declared.length === 0) {
		problems.add(on && placeOf(on), {
			code: 'FB1002',
			what: 'The workflow has no event that starts it: `on` is missing or empty',
			next: 'add `on: push`',
		});
		return { starts: false, why: 'it has no `on`' };
	}
	const filters = new Map<string, Filters>();
	for (const { key, value } of declared) {
		const name = key.toString();
		const kind = events.get(name);
		if (kind === undefined) refuseEvent(key, problems);
		else filters.set(name, readFilters(name, kind, value, problems));
	}
	const own = filters.get(trigger.event);
	if (own === undefined) {
		const names = declared.map(({ key }) => key.toString()).join(', ');
		return { starts: false, why: `it starts on ${names}, and this is a ${trigger.event}` };
	}
	return ask(own, trigger);
}

interface Declared {
	readonly key: TemplateToken;
	readonly value: TemplateToken | undefined;
}

function eventsOf(on: TemplateToken): readonly Declared[] {
	if (isMapping(on)) return [...on].map(({ key, value }) => ({ key, value }));
	const items = on instanceof SequenceToken ? [...on] : [on];
	return items.map((key) => ({ key, value: undefined }));
}

function refuseEvent(key: TemplateToken, problems: FileProblems): void {
	const near = nearest(key.toString(), events.keys());
	problems.add(placeOf(key), {
		code: 'FB1002',
		what: `There is no event '${key}'`,
		next: near === undefined ? 'see "Events that trigger workflows"' : `did you mean ${near}?`,
	});
}

const starts: TriggerAnswer = { starts: true };

/** Asks the filters of the trigger's own event. */
function ask(filters: Filters, trigger: Trigger): TriggerAnswer {
	switch (trigger.event) {
		case 'push':
			return askPush(filters, trigger);
		case 'pull_request':
		case 'pull_request_target':
			return first(
				askTypes(filters, trigger),
				() => askBranch(filters, textAt(trigger.payload, 'pull_request', 'base', 'ref'), 'base branch'),
				() => askPaths(filters, trigger),
			);
		case 'merge_group': {
			const base = textAt(trigger.payload, 'merge_group', 'base_ref')?.replace(/^refs\/heads\//, '');
			return first(askTypes(filters, trigger), () => askBranch(filters, base, 'base branch'));
		}
		case 'workflow_run':
			return first(
				askTypes(filters, trigger),
				() => askWorkflow(filters, textAt(trigger.payload, 'workflow_run', 'name')),
				() => askBranch(filters, textAt(trigger.payload, 'workflow_run', 'head_branch'), 'branch'),
			);
		case 'schedule':
			return askSchedule(filters, trigger);
		default:
			return askTypes(filters, trigger);
	}
}

/** The first answer that does not start the workflow. */
function first(answer: TriggerAnswer, ...others: readonly (() => TriggerAnswer)[]): TriggerAnswer {
	return others.reduce((found, next) => (found.starts ? next() : found), answer);
}

/** A trigger that does not tell its activity is taken for one that starts the workflow. */
function askTypes({ types }: Filters, { payload, event }: Trigger): TriggerAnswer {
	const action = textAt(payload, 'action');
	if (types === undefined || action === undefined || types.includes(action)) return starts;
	return { starts: false, why: `its types are ${types.join(', ')}, and the ${event} is ${action}` };
}

function askBranch({ patterns }: Filters, name: string | undefined, what: string): TriggerAnswer {
	if (name === undefined) return starts;
	const [only, ignored] = [patterns.get('branches'), patterns.get('branches-ignore')];
	if (only !== undefined && !takesIn(only, name)) {
		return { starts: false, why: `its branches are ${sources(only)}, and the ${what} is ${name}` };
	}
	if (ignored !== undefined && takesIn(ignored, name)) {
		return { starts: false, why: `its branches-ignore are ${sources(ignored)}, and the ${what} is ${name}` };
	}
	return starts;
}

function askWorkflow({ workflows }: Filters, name: string | undefined): TriggerAnswer {
	if (workflows === undefined || name === undefined || takesIn(workflows, name)) return starts;
	return { starts: false, why: `its workflows are ${sources(workflows)}, and this is after ${name}` };
}

function askSchedule({ crons }: Filters, { payload }: Trigger): TriggerAnswer {
	const fired = textAt(payload, 'schedule');
	if (fired === undefined || crons.includes(fired)) return starts;
	return { starts: false, why: `it starts at ${crons.join(', ')}, and this is ${fired}` };
}

function askPush(filters: Filters, trigger: Trigger): TriggerAnswer {
	const isTag = trigger.ref.startsWith('refs/tags/');
	const name = trigger.ref.replace(/^refs\/(heads|tags)\//, '');
	const [kind, other, what] = isTag
		? (['tags', 'branches', 'tag'] as const)
		: (['branches', 'tags', 'branch'] as const);
	const { patterns } = filters;
	const [only, ignored] = [patterns.get(kind), patterns.get(`${kind}-ignore`)];
	const isOtherFiltered = patterns.has(other) || patterns.has(`${other}-ignore`);
	if (only !== undefined && !takesIn(only, name)) {
		return { starts: false, why: `its ${kind} are ${sources(only)}, and the ${what} is ${name}` };
	}
	if (ignored !== undefined && takesIn(ignored, name)) {
		return { starts: false, why: `its ${kind}-ignore are ${sources(ignored)}, and the ${what} is ${name}` };
	}
	if (only === undefined && ignored === undefined && isOtherFiltered) {
		return { starts: false, why: `it starts on pushes of ${other} only, and this is the ${what} ${name}` };
	}
	return isTag ? starts : askPaths(filters, trigger);
}

/** Tags have no path filters, and neither has an event of which nobody knows what it changed. */
function askPaths({ patterns }: Filters, { changed, event }: Trigger): TriggerAnswer {
	const [paths, ignored] = [patterns.get('paths'), patterns.get('paths-ignore')];
	if (changed === undefined) return starts;
	const what = event === 'push' ? 'push' : 'pull request';
	if (paths !== undefined && !changed.some((path) => takesIn(paths, path))) {
		return { starts: false, why: `its paths are ${sources(paths)}, and the ${what} changes ${told(changed)}` };
	}
	if (ignored !== undefined && changed.length > 0 && changed.every((path) => takesIn(ignored, path))) {
		return {
			starts: false,
			why: `its paths-ignore are ${sources(ignored)}, and the ${what} changes only ${told(changed)}`,
		};
	}
	return starts;
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

function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
	let found: Json | undefined = value;
	for (const name of path) {
		if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
		found = (found as { readonly [key: string]: Json })[name];
	}
	return typeof found === 'string' ? found : undefined;
}
