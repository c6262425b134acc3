import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import type { Json, Plan, PlannedJob, PlannedStep, Template, Trigger } from '#core/plan.ts';
import type { RemoteWorkflow } from '#core/workflow/called-workflows.ts';
import { evaluateTemplate } from '#core/workflow/expression.ts';

const { planWorkflow } = await import('#core/workflow/plan-workflow.ts');

/** What stands below the `---` of a case. Jobs are compared in their order, and only in what the case names. */
interface Expected {
	readonly trigger?: Partial<Trigger>;
	readonly vars?: { readonly [name: string]: string };
	/** URL of the repository's `origin`. */
	readonly origin?: string;
	/** Other workflows of the repository, by path. */
	readonly callable?: { readonly [path: string]: string };
	/** Workflows of other repositories, by `owner/name/path@ref`; a problem's sentence stands for one that cannot be had. */
	readonly remote?: { readonly [uses: string]: string | { readonly problem: string } };
	/** Workflows of other repositories that nobody has brought. */
	readonly missing?: readonly string[];
	/** The workflow is asked for by name. */
	readonly asked?: boolean;
	/** Contexts with which `run` and `env` are evaluated before they are compared. */
	readonly evaluate?: { readonly [name: string]: Json };
	readonly name?: string;
	readonly env?: Json;
	readonly inputs?: Json;
	/** `run-name`, `concurrency` and `permissions` as they read in the file. */
	readonly runName?: Json;
	readonly concurrency?: Json;
	readonly permissions?: Json;
	/** Paths of the called workflows with the ids of their jobs. */
	readonly called?: { readonly [path: string]: readonly string[] };
	readonly jobs?: { readonly [key: string]: { readonly [property: string]: Json } };
	readonly 'not-planned'?: string;
	/** `<code> <line>:<column> <start of the sentence>`, or without the place when it is the whole file. */
	readonly problems?: readonly string[];
}

const folder = new URL('./workflow/', import.meta.url);
const path = '.github/workflows/case.yml';

describe('a workflow file becomes the plan that GitHub documents', () => {
	for (const file of readdirSync(folder).sort()) {
		const content = readFileSync(new URL(file, folder), 'utf8');
		const [text = '', answer = ''] = content.split(/^---$/m);
		const expected: Expected = parse(answer);
		const about = /^# (.*)$/m.exec(text)?.[1] ?? '';

		test(`${file.replace('.yml', '')}: ${about}`, () => {
			assert.match(text, /^# .*\n# \S/, 'a case says what it shows and where that is documented');
			const trigger: Trigger = {
				event: 'push',
				ref: 'refs/heads/main',
				sha: 'a'.repeat(40),
				payload: {},
				...expected.trigger,
			};
			const planned = planWorkflow(path, text, {
				trigger,
				vars: expected.vars ?? {},
				isAskedFor: expected.asked ?? false,
				...(expected.origin === undefined ? {} : { origin: expected.origin }),
				callable: new Map(Object.entries(expected.callable ?? {})),
				remote: new Map(Object.entries(expected.remote ?? {}).map(([uses, one]) => [uses, remoteOf(uses, one)])),
			});
			if (expected['not-planned'] !== undefined) {
				assert.deepEqual(planned, { is: 'not-planned', why: expected['not-planned'] });
			} else if (expected.problems !== undefined) {
				assert.equal(planned.is, 'broken', JSON.stringify(planned));
				checkProblems(planned.is === 'broken' ? planned.problems : [], expected.problems);
			} else {
				assert.equal(planned.is, 'planned', JSON.stringify(planned, null, 1));
				if (planned.is === 'planned') {
					checkPlan(planned.plan, expected);
					assert.deepEqual(planned.missing, expected.missing ?? []);
				}
			}
		});
	}
});

function remoteOf(uses: string, one: string | { readonly problem: string }): RemoteWorkflow {
	if (typeof one !== 'string') return { problems: [{ code: 'FB2054', what: one.problem }] };
	const [path = '', ref = ''] = uses.split('@');
	return { text: one, from: { repository: path.split('/').slice(0, 2).join('/'), ref, sha: 'b'.repeat(40) } };
}

function checkProblems(
	problems: readonly { code: string; what: string; where?: string; next?: string }[],
	expected: readonly string[],
): void {
	const told = problems.map(toldOf);
	const starts = told.map((line, index) => (line.startsWith(expected[index] ?? '\0') ? expected[index] : line));
	assert.deepEqual(starts, expected);
	for (const { next, what } of problems) assert.ok(next, `${what} has no next step`);
}

/** Places in the case's own file are told without its path. */
function toldOf({ code, where = '', what }: { code: string; what: string; where?: string }): string {
	const place = where.startsWith(path) ? where.slice(path.length + 1) : where;
	return [code, place, what].filter((part) => part !== '').join(' ');
}

function checkPlan(plan: Plan, expected: Expected): void {
	if (expected.name !== undefined) assert.equal(plan.name, expected.name);
	if (expected.env !== undefined) assert.deepEqual(shown(plan.env, undefined), expected.env);
	if (expected.inputs !== undefined) assert.deepEqual(plan.inputs, expected.inputs);
	for (const key of ['runName', 'concurrency', 'permissions'] as const) {
		if (expected[key] !== undefined) assert.deepEqual(shown(plan[key] ?? null, undefined), expected[key]);
	}
	if (expected.called !== undefined) {
		const called = Object.entries(plan.called ?? {}).map(([file, { jobs }]) => [file, jobs.map(({ id }) => id)]);
		assert.deepEqual(Object.fromEntries(called), expected.called);
	}
	const jobs = expected.jobs ?? {};
	assert.deepEqual(
		plan.jobs.map(({ key }) => key),
		Object.keys(jobs),
	);
	for (const job of plan.jobs) assertHas(summary(job, expected.evaluate), jobs[job.key] ?? {}, job.key);
}

function summary(job: PlannedJob, contexts: Expected['evaluate']): { readonly [key: string]: Json } {
	const { shell, workingDirectory } = job.defaults;
	return {
		...plain(job as unknown as { readonly [key: string]: Template }, contexts),
		needs: job.needs,
		deferred: job.deferred !== undefined,
		...(job.call === undefined
			? {}
			: { call: { ...job.call, with: shown(job.call.with, contexts) } as unknown as Json }),
		...placed(job, 'container', contexts),
		...placed(job, 'services', contexts),
		...(job.problems === undefined ? {} : { problems: job.problems.map(toldOf) }),
		matrix: job.matrix ?? null,
		strategy: { ...job.strategy },
		defaults: { shell: shown(shell, contexts), workingDirectory: shown(workingDirectory, contexts) },
		steps: job.steps.map((step: PlannedStep) => ({
			...plain(step as unknown as { readonly [key: string]: Template }, contexts),
			wait: (step.wait ?? null) as Json,
		})),
	};
}

function placed(
	job: PlannedJob,
	key: 'container' | 'services',
	contexts: Expected['evaluate'],
): { readonly [key: string]: Json } {
	const part = job[key];
	return part === undefined ? {} : { [key]: shown(part.value, contexts), [`${key}At`]: `${part.line}:${part.column}` };
}

const apart = [
	'container',
	'services',
	'steps',
	'needs',
	'strategy',
	'matrix',
	'defaults',
	'deferred',
	'call',
	'problems',
	'wait',
];

/** Templates as they would read in the file; those of `steps`, `needs` and `strategy` are handled apart. */
function plain(part: { readonly [key: string]: Template }, contexts: Expected['evaluate']): { [key: string]: Json } {
	const templates = Object.entries(part).filter(([key]) => !apart.includes(key));
	return Object.fromEntries(templates.map(([key, value]) => [key, shown(value, contexts)]));
}

function shown(template: Template, contexts: Expected['evaluate']): Json {
	if (template === null || typeof template !== 'object') return template;
	if (contexts !== undefined) {
		const value = evaluateTemplate(template, { contexts });
		assert.ok(value.ok, JSON.stringify(value));
		return value.value;
	}
	if ('expression' in template) return `\${{ ${template.expression} }}`;
	if ('sequence' in template) return template.sequence.map((item) => shown(item, contexts));
	return Object.fromEntries(
		template.mapping.map(([key, value]) => [String(shown(key, contexts)), shown(value, contexts)]),
	);
}

/** The case names the properties that count; `null` also stands for an absent one. */
function assertHas(actual: Json | undefined, expected: Json, where: string): void {
	if (Array.isArray(expected) && Array.isArray(actual)) {
		assert.equal(actual.length, expected.length, `${where} has another length`);
		for (const [index, item] of expected.entries()) assertHas(actual[index], item, `${where}[${index}]`);
	} else if (isMapping(expected) && isMapping(actual)) {
		for (const key of Object.keys(expected)) assertHas(actual[key], expected[key] ?? null, `${where}.${key}`);
	} else {
		assert.deepEqual(actual ?? null, expected, where);
	}
}

function isMapping(value: Json | undefined): value is { readonly [key: string]: Json } {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
