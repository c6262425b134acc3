import type { Place } from '../workflow/file-problems.ts';
import { bareExpression, type EmbeddedExpression, expressionsIn, inside } from './embedded-expressions.ts';
import {
	type Entry,
	entriesOf,
	entryOf,
	itemsOf,
	type MapNode,
	readSource,
	type ScalarNode,
	type SourceNode,
	type Span,
	textAt,
	valueAt,
} from './source-tree.ts';

/** A workflow or a composite action as rules look at it: tolerant of everything that the planner tells better. */
export interface LintedFile {
	readonly kind: 'workflow' | 'action';
	readonly path: string;
	readonly text: string;
	readonly root: MapNode;
	/** What stands below `on`, by event. */
	readonly events: ReadonlyMap<string, EventEntry>;
	readonly jobs: readonly LintedJob[];
	/** The steps of all jobs, or of the action. */
	readonly steps: readonly LintedStep[];
	readonly uses: readonly ExpressionUse[];
	readonly placeOf: (offset: number) => Place;
}

export interface EventEntry {
	readonly span: Span;
	readonly value: SourceNode | undefined;
}

export interface LintedJob {
	readonly id: string;
	readonly keySpan: Span;
	readonly body: MapNode;
	readonly needs: readonly ScalarNode[];
	readonly steps: readonly LintedStep[];
}

export interface LintedStep {
	readonly body: MapNode;
	/** Place among the steps of its job; those of a `parallel` group share one. */
	readonly position: number;
	readonly id: string | undefined;
	readonly run: ScalarNode | undefined;
	readonly uses: ScalarNode | undefined;
	/** Absent in a composite action. */
	readonly job: LintedJob | undefined;
}

/** An expression and where it is used. */
export interface ExpressionUse extends EmbeddedExpression {
	/** The keys from the root to the value; an item of a list is `*`. */
	readonly way: readonly string[];
	readonly scalar: ScalarNode;
	readonly job: LintedJob | undefined;
	readonly step: LintedStep | undefined;
	readonly isCondition: boolean;
}

/** Reads a file for the rules; undefined when it is no YAML, or too much of it. */
export function openLintedFile(path: string, text: string): LintedFile | undefined {
	const read = readSource(text);
	if (read?.root.kind !== 'map') return undefined;
	const { root, placeOf } = read as { readonly root: MapNode; readonly placeOf: LintedFile['placeOf'] };
	const isAction = entryOf(root, 'runs') !== undefined && entryOf(root, 'jobs') === undefined;
	const jobs = isAction ? [] : entriesOf(valueAt(root, 'jobs')).flatMap(jobOf);
	const steps = isAction ? stepsOf(valueAt(root, 'runs', 'steps'), undefined) : jobs.flatMap((job) => job.steps);
	const uses: ExpressionUse[] = [];
	const owners = ownersOf(jobs, steps);
	gather(root, { way: [], job: undefined, step: undefined }, { text, owners, uses });
	return {
		kind: isAction ? 'action' : 'workflow',
		path,
		text,
		root,
		events: eventsOf(valueAt(root, 'on')),
		jobs,
		steps,
		uses,
		placeOf,
	};
}

function eventsOf(on: SourceNode | undefined): ReadonlyMap<string, EventEntry> {
	if (on?.kind === 'map') {
		return new Map(on.entries.map(({ key, keySpan, value }) => [key, { span: keySpan, value }]));
	}
	const names = itemsOf(on).flatMap((item) => (item.kind === 'scalar' ? [item] : []));
	return new Map(names.map((name) => [name.text, { span: name, value: undefined }]));
}

function jobOf({ key, keySpan, value }: Entry): readonly LintedJob[] {
	if (value.kind !== 'map') return [];
	const needs = itemsOf(valueAt(value, 'needs')).flatMap((item) => (item.kind === 'scalar' ? [item] : []));
	const steps: LintedStep[] = [];
	const job: LintedJob = { id: key, keySpan, body: value, needs, steps };
	steps.push(...stepsOf(valueAt(value, 'steps'), job));
	return [job];
}

function stepsOf(list: SourceNode | undefined, job: LintedJob | undefined): readonly LintedStep[] {
	return itemsOf(list).flatMap((item, position) => {
		const group = valueAt(item, 'parallel');
		const bodies = [item, ...itemsOf(group)].filter((body) => body.kind === 'map');
		return bodies.map((body): LintedStep => {
			const [run, uses] = [valueAt(body, 'run'), valueAt(body, 'uses')];
			return {
				body,
				position,
				id: textAt(body, 'id'),
				run: run?.kind === 'scalar' ? run : undefined,
				uses: uses?.kind === 'scalar' ? uses : undefined,
				job,
			};
		});
	});
}

interface Surroundings {
	readonly way: readonly string[];
	readonly job: LintedJob | undefined;
	readonly step: LintedStep | undefined;
}

interface Owners {
	readonly jobs: ReadonlyMap<SourceNode, LintedJob>;
	readonly steps: ReadonlyMap<SourceNode, LintedStep>;
}

function ownersOf(jobs: readonly LintedJob[], steps: readonly LintedStep[]): Owners {
	return {
		jobs: new Map(jobs.map((job) => [job.body, job])),
		steps: new Map(steps.map((step) => [step.body, step])),
	};
}

function gather(
	node: SourceNode,
	at: Surroundings,
	into: { readonly text: string; readonly owners: Owners; readonly uses: ExpressionUse[] },
): void {
	const around = { ...at, job: into.owners.jobs.get(node) ?? at.job, step: into.owners.steps.get(node) ?? at.step };
	if (node.kind === 'map') {
		for (const { key, value } of node.entries) gather(value, { ...around, way: [...at.way, key] }, into);
	} else if (node.kind === 'list') {
		for (const item of node.items) gather(item, { ...around, way: [...at.way, '*'] }, into);
	} else {
		const isCondition = isConditionOf(at.way);
		const isBare = isCondition && node.text.trim() !== '' && inside(node.text).length === 0;
		const found = isBare ? [bareExpression(node, into.text)] : expressionsIn(node, into.text);
		into.uses.push(...found.map((expression) => ({ ...expression, ...around, scalar: node, isCondition })));
	}
}

/** `jobs.x.if`, `jobs.x.steps.*.if`, `runs.steps.*.if` and those in a `parallel` group. */
function isConditionOf(way: readonly string[]): boolean {
	if (way.at(-1) !== 'if') return false;
	return (way[0] === 'jobs' && (way.length === 3 || way.at(-2) === '*')) || (way[0] === 'runs' && way.at(-2) === '*');
}
