import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../plan.ts';
import { evaluate, evaluateCondition, evaluateString, evaluateTemplate } from './expression.ts';

const contexts = {
	github: { ref: 'refs/heads/x', event: { commits: [{ message: 'one' }, { message: 'two' }], deleted: false } },
	env: { A: 'upper', a: 'lower' },
};
const good = { success: true, failure: false, cancelled: false };

function valueFrom(expression: string, more: { readonly [name: string]: Json } = {}): Json {
	const result = evaluate(expression, { contexts: { ...contexts, ...more } });
	assert.ok(result.ok, JSON.stringify(result));
	return result.value;
}

function problemFrom(expression: string) {
	const result = evaluate(expression, { contexts });
	assert.ok(!result.ok, `${expression} gave ${JSON.stringify(result)}`);
	return result.error;
}

function why(source: string | undefined, status = good): string {
	const result = evaluateCondition(source, { contexts, status });
	assert.ok(result.ok, JSON.stringify(result));
	return `${result.value.value}: ${result.value.why}`;
}

describe('an expression', () => {
	test('undoes every doubled quote of a text, not only the first', () => {
		assert.equal(valueFrom("'echo ''a'' ''b'''"), "echo 'a' 'b'");
	});

	test('evaluates only the branch of case() that is taken', () => {
		assert.equal(valueFrom("case(true, 'matched', fromJSON('broken'), 'b', 'c')"), 'matched');
		assert.equal(valueFrom("case(false, fromJSON('broken'), 'default')"), 'default');
		assert.match(problemFrom("case('text', 1, 2)").why ?? '', /neither true nor false/);
	});

	test('reads env by exact case, and every other context without', () => {
		assert.deepEqual(
			[valueFrom('env.A'), valueFrom('env.a'), valueFrom('GitHub.REF')],
			['upper', 'lower', 'refs/heads/x'],
		);
	});

	test('gives null for what is not there, and refuses a context that is not there', () => {
		assert.equal(valueFrom('github.nothing.at.all'), null);
		assert.equal(valueFrom("github['event'].commits[7]"), null);
		const problem = problemFrom('secrets.TOKEN');
		assert.equal(problem.code, 'FB1010');
		assert.equal(problem.next, 'use one of: env, github');
	});

	test('filters with a star and joins', () => {
		assert.equal(valueFrom("join(github.event.commits.*.message, '+')"), 'one+two');
	});

	test('turns numbers into text with 15 digits, as the runner does', () => {
		assert.equal(valueFrom("format('{0} {1} {2} {3}', 1e21, 0.1, -0, 1.10)"), '1E+21 0.1 0 1.1');
	});

	test('escapes braces in format() and refuses what it cannot fill', () => {
		assert.equal(valueFrom("format('{{{0}}}', 'x')"), '{x}');
		assert.match(problemFrom("format('{1}', 'x')").why ?? '', /more arguments/);
		assert.match(problemFrom("format('{', 'x')").why ?? '', /invalid/);
	});

	test('keeps names that objects of JavaScript have as data, and pollutes none', () => {
		const source = '{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}';
		assert.equal(valueFrom(`fromJSON('${source}').__proto__.x`), 1);
		assert.equal(valueFrom(`fromJSON('${source}').constructor.prototype.y`), 2);
		assert.deepEqual(JSON.parse(String(valueFrom(`toJSON(fromJSON('${source}'))`))), JSON.parse(source));
		assert.equal((valueFrom(`fromJSON('${source}')`) as { x?: number }).x, undefined);
		assert.equal(({} as { x?: number }).x, undefined);
	});

	test('stops at 10 MiB of text before it is built', () => {
		let nested = "'xxxxxxxxxxxxxxxx'";
		for (let depth = 0; depth < 9; depth += 1) nested = `format('{0}{0}{0}{0}{0}{0}{0}{0}', ${nested})`;
		assert.match(problemFrom(nested).why ?? '', /exceeds memory limit/);
		const big = 'x'.repeat(6_000_000);
		for (const source of ["join(fromJSON('[1,2]'), matrix.big)", 'toJSON(matrix)', 'fromJSON(matrix.big)']) {
			const result = evaluate(source, { contexts: { matrix: { big } } });
			assert.match((!result.ok && result.error.why) || '', /exceeds memory limit/, source);
		}
	});

	test('is refused, never fatal, when it is too deep or too long', () => {
		const hostile = [
			`${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
			`${'!'.repeat(10_000)}true`,
			`1${' == 1'.repeat(4_000)}`,
			`'${'x'.repeat(21_000)}'`,
			`fromJSON('${'['.repeat(8_000)}${']'.repeat(8_000)}')`,
			'',
			'@',
			'1 +',
		];
		for (const source of hostile) assert.match(problemFrom(source).code, /^FB101[01]$/, source.slice(0, 40));
		assert.match(problemFrom(hostile[3] ?? '').why ?? '', /longer than 21000/);
	});

	test('calls hashFiles() and status functions only where they are given', () => {
		assert.equal(problemFrom("hashFiles('**')").why, 'hashFiles() cannot be used here');
		assert.equal(problemFrom('success()').why, 'success() cannot be used here');
		const hashFiles = (patterns: readonly string[]) => patterns.join('|');
		assert.deepEqual(evaluate("hashFiles('a', 'b')", { contexts, hashFiles }), { ok: true, value: 'a|b' });
	});

	test('sees a context as it is now, not as it was when the expression was first parsed', () => {
		assert.equal(valueFrom('matrix.v', { matrix: { v: 1 } }), 1);
		assert.equal(valueFrom('matrix.v', { matrix: { v: 2 } }), 2);
	});
});

describe('coercion', () => {
	const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));

	test('of a text literal gives back the text, whatever it holds', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 200 }), (text) => {
				assert.equal(valueFrom(`'${text.replaceAll("'", "''")}'`), text);
			}),
		);
	});

	test('keeps JSON through fromJSON and toJSON', () => {
		fc.assert(
			fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
				// GitHub writes 15 digits; -0 and longer numbers do not come back as they were.
				const json = JSON.parse(
					JSON.stringify(value, (_key, item) => (typeof item === 'number' ? Math.round(item % 1e9) : item)),
				);
				const distinct = (item: unknown): boolean =>
					typeof item !== 'object' || item === null
						? true
						: new Set(Object.keys(item).map((key) => key.toLowerCase())).size === Object.keys(item).length &&
							Object.values(item).every(distinct);
				fc.pre(distinct(json));
				const result = evaluate('toJSON(fromJSON(matrix.text))', {
					contexts: { matrix: { text: JSON.stringify(json) } },
				});
				assert.ok(result.ok, JSON.stringify(result));
				assert.deepEqual(JSON.parse(String(result.value)), json);
			}),
		);
	});

	test('makes == symmetric and != its opposite', () => {
		fc.assert(
			fc.property(values, values, (a, b) => {
				const scope = { contexts: { m: { a, b } } };
				const [ab, ba, not] = ['m.a == m.b', 'm.b == m.a', 'm.a != m.b'].map((source) => evaluate(source, scope));
				assert.deepEqual(ab, ba);
				assert.ok(ab?.ok && not?.ok && ab.value !== not.value);
			}),
		);
	});

	test('gives the same text whether a value stands alone, in format() or in a template', () => {
		fc.assert(
			fc.property(fc.oneof(values, fc.double()), (value) => {
				const scope = { contexts: { m: { value } } };
				const alone = evaluateString({ expression: 'm.value', line: 1, column: 1 }, scope);
				const formatted = evaluate("format('{0}', m.value)", scope);
				assert.deepEqual(alone, formatted);
				assert.deepEqual(evaluateString(value, scope), alone);
			}),
		);
	});
});

describe('a template', () => {
	const at = (expression: string) => ({ expression, line: 3, column: 7 });

	test('keeps the type of a whole expression, merges with insert and splices lists', () => {
		const template = {
			mapping: [
				['a', 1],
				[at('insert'), at('fromJSON(\'{"b": [true]}\')')],
				['list', { sequence: ['x', at("fromJSON('[1, 2]')"), { sequence: [3] }] }],
			] as const,
		};
		assert.deepEqual(evaluateTemplate(template, { contexts }), {
			ok: true,
			value: { a: 1, b: [true], list: ['x', 1, 2, [3]] },
		});
	});

	test('tells the place of an expression that fails', () => {
		const result = evaluateTemplate({ sequence: [at('nope.x')] }, { contexts });
		assert.equal(!result.ok && result.error.where, '3:7');
	});

	test('as text: null is empty, and an object is a problem', () => {
		assert.deepEqual(evaluateString(null, { contexts }), { ok: true, value: '' });
		const result = evaluateString(at('github.event'), { contexts });
		assert.match((!result.ok && result.error.what) || '', /the value is a mapping/);
	});
});

describe('a condition', () => {
	test('without a source asks whether anything failed', () => {
		assert.equal(why(undefined), 'true: nothing before it failed');
		assert.equal(
			why('', { success: false, failure: true, cancelled: false }),
			'false: success() is required, and something before it failed',
		);
	});

	test('requires success() unless it calls a status function', () => {
		const failed = { success: false, failure: true, cancelled: false };
		assert.match(why("github.ref == 'refs/heads/x'", failed), /^false: success\(\) is required/);
		assert.match(why("failure() && github.ref == 'refs/heads/x'", failed), /^true: /);
		assert.match(why('!cancelled()', failed), /^true: .*cancelled\(\) is false$/);
		assert.match(why('always()', failed), /^true: /);
	});

	test('says which values decided', () => {
		assert.equal(
			why("github.ref == 'refs/heads/main'"),
			"false: if was github.ref == 'refs/heads/main': github.ref is refs/heads/x",
		);
	});

	test('names only the part of && and || that decided', () => {
		assert.equal(
			why("github.event.deleted && contains(github.ref, 'x')"),
			"false: if was github.event.deleted && contains(github.ref, 'x'): github.event.deleted is false",
		);
		assert.match(why("github.ref == 'a' || env.none"), /github\.ref is refs\/heads\/x, env\.none is not set$/);
	});

	test('says that a text is true because it is not empty', () => {
		assert.match(why("format('{0}\n', false)"), /^true: .*a text that is not empty counts as true$/);
	});

	test('never shows a secret', () => {
		const result = evaluateCondition("secrets.TOKEN == 'x'", {
			contexts: { secrets: { TOKEN: 'hunter2' } },
			status: good,
		});
		assert.ok(result.ok && !result.value.why.includes('hunter2'));
	});

	test('that cannot be read is a problem', () => {
		const result = evaluateCondition('github.ref == "x"', { contexts, status: good });
		assert.equal(!result.ok && result.error.code, 'FB1010');
	});
});
