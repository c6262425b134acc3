import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { evaluate } from '#core/workflow/expression.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';

const { Evaluator } = await import('@actions/expressions/evaluator');
const { Lexer } = await import('@actions/expressions/lexer');
const { Parser } = await import('@actions/expressions/parser');
const { Dictionary } = await import('@actions/expressions/data/index');

const planner = workerPlanner();
after(() => planner.close());
const trigger = { event: 'push', ref: 'refs/heads/main', sha: 'a'.repeat(40), payload: {} };

async function refusal(text: string): Promise<{ readonly told: string; readonly ms: number }> {
	const start = performance.now();
	const { plans, broken } = await planner.plan(new Map([['w.yml', text]]), trigger);
	const told = broken.flatMap(({ problems }) => problems.map(({ what, why }) => `${what} ${why ?? ''}`)).join('\n');
	assert.equal(plans.length, 0, 'it was planned');
	return { told, ms: performance.now() - start };
}

/** What the package does without our guards. */
function unguarded(expression: string): unknown {
	const tokens = new Lexer(expression).lex().tokens;
	return new Evaluator(new Parser(tokens, [], []).parse(), new Dictionary()).evaluate();
}

const job = (more: string) => `on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{run: x}]\n    ${more}\n`;

describe('a hostile workflow file', () => {
	test('YML-02: that contains itself is refused, and does not hang', async () => {
		const { told, ms } = await refusal('on: push\nenv: &a {X: *a}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n');
		assert.match(told, /alias|circular|itself/i);
		assert.ok(ms < 2000, `${ms}`);
		const own = parseYaml('&a {X: *a}') as { X: unknown };
		assert.equal(own.X, own, 'a YAML library alone makes an endless thing of it');
	});

	test('YML-03: of 50,000 levels, or of 3,000 in mappings, is refused in less than a second', async () => {
		for (const text of [
			`a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`,
			`${'{a: '.repeat(3000)}1${'}'.repeat(3000)}`,
		]) {
			const { told, ms } = await refusal(text);
			assert.match(told, /deeper than 100/);
			assert.ok(ms < 1000, `${ms}`);
		}
		assert.throws(() => depthOf(nested(50_000)), /call stack/i, 'who recurses into it falls');
	});

	test('YML-05: with 20^8 combinations is refused without making them', async () => {
		const lists = [...'abcdefgh'].map((key) => `${key}: [${Array.from({ length: 20 }, (_, index) => index)}]`);
		const { told, ms } = await refusal(job(`strategy: {matrix: {${lists.join(', ')}}}`));
		assert.match(told, /25,600,000,000 jobs; at most 256/);
		assert.ok(ms < 1000, `${ms}`);
		const smaller = lists.slice(0, 3).reduce((all) => all.flatMap((one) => Array.from({ length: 20 }, () => one)), [0]);
		assert.equal(smaller.length, 8000, 'three of the eight lists alone make 8,000');
	});

	test('YML-06: with tags, merge keys, tabs, NUL or the words of YAML 1.1 runs nothing and hides nothing', async () => {
		for (const tag of ['!!js/function "function () {}"', '!!python/object/apply:os.system ["id"]', '!!binary aGk=']) {
			assert.match((await refusal(job(`env: {X: ${tag}}`))).told, /tag|unresolved|unexpected/i, tag);
		}
		assert.match((await refusal(`${job('env: {X: 1}')}    env: {X: 2}\n`)).told, /already defined|unique/i);
		assert.notEqual((await refusal(job('env:\n\tX: 1'))).told, '');
		assert.notEqual((await refusal(job('env: {X: "a\0b"}'))).told, '');
		const crlf = `\u{FEFF}${job('env: {X: yes}').replaceAll('\n', '\r\n')}`;
		const { plans } = await planner.plan(new Map([['w.yml', crlf]]), trigger);
		const [pair] = (plans[0]?.jobs[0]?.env as { mapping?: readonly unknown[] } | undefined)?.mapping ?? [];
		assert.deepEqual(
			pair,
			['X', 'yes'],
			'yes is a word, and a byte order mark and line ends of Windows change nothing',
		);
		assert.equal((parseYaml('X: yes', { version: '1.1' }) as { X: unknown }).X, true, 'in YAML 1.1 it would be true');
	});

	test('EXP-03: whose expression grows is stopped before it is built', () => {
		let grown = "'xxxxxxxxxxxxxxxx'";
		for (let depth = 0; depth < 7; depth += 1) grown = `format('{0}{0}{0}{0}{0}{0}{0}{0}', ${grown})`;
		assert.ok(grown.length < 400);
		const start = performance.now();
		const value = evaluate(grown, { contexts: {} });
		assert.match(value.ok ? '' : `${value.error.what} ${value.error.why}`, /exceeds memory limit/);
		assert.ok(performance.now() - start < 50, `${performance.now() - start}`);
		let built = "'xxxxxxxxxxxxxxxx'";
		for (let depth = 0; depth < 6; depth += 1) built = `format('{0}{0}{0}{0}{0}{0}{0}{0}', ${built})`;
		assert.ok(
			String((unguarded(built) as { value: string }).value).length > 4_000_000,
			'without the limit it is built',
		);
	});

	test('EXP-04: whose expression is deep or long is an error in little time, and the process lives', () => {
		const cases = [
			`${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
			`${'!'.repeat(10_000)}true`,
			`'${'x'.repeat(21_001)}'`,
			`fromJSON('${'['.repeat(8000)}${']'.repeat(8000)}')`,
		];
		for (const expression of cases) {
			const start = performance.now();
			const value = evaluate(expression, { contexts: {} });
			assert.ok(!value.ok, expression.slice(0, 20));
			assert.ok(performance.now() - start < 100, `${expression.slice(0, 20)} took ${performance.now() - start} ms`);
		}
		assert.throws(() => depthOf(nested(50_000)), /call stack/i, 'who walks through such a value falls');
	});

	test('EXP-05: with names of objects` own is plain data, and changes no prototype', async () => {
		const text = `'{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}'`;
		const value = evaluate(`fromJSON(${text}).__proto__.x`, { contexts: {} });
		assert.deepEqual(value, { ok: true, value: 1 });
		const jobs = ['__proto__', 'toString', 'hasOwnProperty', 'constructor'].map(
			(id) => `  ${id}: {runs-on: x, env: {__proto__: v}, strategy: {matrix: {constructor: [1]}}, steps: [{run: x}]}`,
		);
		const { plans, broken } = await planner.plan(
			new Map([['w.yml', `on: push\njobs:\n${jobs.join('\n')}\n`]]),
			trigger,
		);
		const ids = plans.flatMap((plan) => plan.jobs.map(({ id }) => id));
		const told = broken.flatMap(({ problems }) => problems.map(({ what }) => what)).join();
		assert.ok(ids.length === 4 || /__proto__/.test(told), `${ids} ${told}`);
		const empty: { readonly x?: unknown; readonly y?: unknown } = {};
		assert.deepEqual([empty.x, empty.y], [undefined, undefined]);
		const careless = Object.assign({}, { ['__proto__']: undefined });
		Object.setPrototypeOf(careless, { x: 1 });
		assert.equal(
			(careless as { x?: number }).x,
			1,
			'set as a property by a careless hand, it would change the prototype',
		);
	});
});

function nested(levels: number): unknown {
	let value: unknown = 1;
	for (let level = 0; level < levels; level += 1) value = [value];
	return value;
}

function depthOf(value: unknown): number {
	return Array.isArray(value) ? 1 + depthOf(value[0]) : 0;
}
