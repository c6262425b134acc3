import { SequenceToken, StringToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards';
import { nearest } from '../nearest.ts';
import { readCron } from './cron.ts';
import type { EventKind } from './events.ts';
import type { FileProblems } from './file-problems.ts';
import { type Pattern, readPattern } from './pattern.ts';
import { findIn, placeOf } from './token-template.ts';

/** What `on.<event>` says, ready to be asked. */
export interface Filters {
	/** Activity types; absent: all. */
	readonly types?: readonly string[];
	/** `branches`, `branches-ignore`, `tags`, `tags-ignore`, `paths`, `paths-ignore`. */
	readonly patterns: ReadonlyMap<string, readonly Pattern[]>;
	/** Names of the workflows of `workflow_run`. */
	readonly workflows?: readonly Pattern[];
	/** Cron expressions of `schedule`. */
	readonly crons: readonly string[];
}

/** Reads what stands below an event of `on`. What is wrong with it goes to `problems`. */
export function readFilters(
	name: string,
	kind: EventKind,
	token: TemplateToken | undefined,
	problems: FileProblems,
): Filters {
	if (name === 'schedule') return { patterns: new Map(), crons: cronsOf(token, problems) };
	const entries = entriesOf(name, kind, token, problems);
	const types = typesOf(name, kind, entries.get('types'), problems) ?? kind.defaultTypes;
	const workflows = entries.get('workflows');
	const patterns = new Map(
		[...entries]
			.filter(([key]) => patternFilters.has(key))
			.map(([key, value]) => [key, patternsOf(key, value, problems)] as const),
	);
	for (const key of ['branches', 'tags', 'paths']) {
		if (!patterns.has(key) || !patterns.has(`${key}-ignore`) || token === undefined) continue;
		problems.add(placeOf(token), {
			code: 'FB1002',
			what: `${name} has both ${key} and ${key}-ignore`,
			next: `keep ${key}, and take out with patterns that start with !`,
		});
	}
	return {
		...(types === undefined ? {} : { types }),
		...(workflows === undefined ? {} : { workflows: patternsOf('workflows', workflows, problems) }),
		patterns,
		crons: [],
	};
}

const patternFilters = new Set(['branches', 'branches-ignore', 'tags', 'tags-ignore', 'paths', 'paths-ignore']);

function entriesOf(
	name: string,
	{ types, filters = [] }: EventKind,
	token: TemplateToken | undefined,
	problems: FileProblems,
): ReadonlyMap<string, TemplateToken> {
	const entries = new Map<string, TemplateToken>();
	if (token instanceof StringToken || token instanceof SequenceToken) {
		const isEmpty = token instanceof StringToken && token.value === '';
		const what = filters.length > 0 ? `\`${name}\` has no filter names` : `\`${name}\` takes no list`;
		const next =
			filters.length > 0 ? 'write `branches:` before the patterns' : `write \`types:\` before it, or nothing`;
		if (!isEmpty) problems.add(placeOf(token), { code: 'FB1002', what, next });
	}
	if (token === undefined || !isMapping(token)) return entries;
	const known = [...(types === undefined ? [] : ['types']), ...filters];
	for (const { key, value } of token) {
		if (known.includes(key.toString())) {
			entries.set(key.toString(), value);
			continue;
		}
		const near = nearest(key.toString(), known);
		const list = known.length === 0 ? `${name} has no filters` : `use one of ${known.join(', ')}`;
		problems.add(placeOf(key), {
			code: 'FB1002',
			what: `${name} has no filter '${key}'`,
			next: near === undefined ? list : `did you mean ${near}?`,
		});
	}
	return entries;
}

function typesOf(
	name: string,
	{ types }: EventKind,
	token: TemplateToken | undefined,
	problems: FileProblems,
): readonly string[] | undefined {
	if (token === undefined) return undefined;
	const items = token instanceof SequenceToken ? [...token] : [token];
	for (const item of items) {
		if (types === 'any' || types === undefined || types.includes(item.toString())) continue;
		const near = nearest(item.toString(), types);
		problems.add(placeOf(item), {
			code: 'FB1002',
			what: `${name} has no type '${item}'`,
			next: near === undefined ? `its types are ${types.join(', ')}` : `did you mean ${near}?`,
		});
	}
	return items.length === 0 ? undefined : items.map(String);
}

function patternsOf(name: string, value: TemplateToken, problems: FileProblems): readonly Pattern[] {
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

function cronsOf(token: TemplateToken | undefined, problems: FileProblems): readonly string[] {
	const items = token instanceof SequenceToken ? [...token] : [];
	if (items.length === 0) {
		problems.add(token && placeOf(token), {
			code: 'FB1002',
			what: '`schedule` has no time',
			next: "write below it: - cron: '30 5 * * 1'",
		});
	}
	return items.flatMap((item) => {
		const cron = findIn(item, 'cron');
		const wrong = cron === undefined ? 'it has no `cron`' : readCron(cron.toString());
		if (typeof wrong !== 'string') return [cron?.toString() ?? ''];
		problems.add(placeOf(cron ?? item), {
			code: 'FB1002',
			what: cron === undefined ? 'A schedule has no `cron`' : `The cron expression '${cron}' cannot be read: ${wrong}`,
			next: 'write minute, hour, day of the month, month and day of the week',
		});
		return [];
	});
}
