import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evaluateTemplate } from './expression.ts';

const { readWorkflowFile } = await import('./workflow-file.ts');
const { templateOf } = await import('./token-template.ts');

const ref = expression('github.ref');
const nope = expression('nope');

function expression(source: string): string {
	return `\${{ ${source} }}`;
}

/** The value of `env` of a workflow, with `github.ref` = R. */
function envOf(yaml: string) {
	const text = `on: push\nenv:\n${yaml.replaceAll(/^/gm, '  ')}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n`;
	const { root, problems } = readWorkflowFile('workflow', 'w.yml', text);
	assert.deepEqual(problems.all, []);
	const value = evaluateTemplate(templateOf(root?.find('env'), problems), { contexts: { github: { ref: 'R' } } });
	assert.ok(value.ok, JSON.stringify(value));
	return value.value;
}

function problemsOf(text: string): readonly string[] {
	return readWorkflowFile('workflow', 'w.yml', text).problems.all.map(
		({ code, what, where }) => `${code} ${where} ${what}`,
	);
}

describe('a scalar of several lines with an expression', () => {
	test('is dedented, folded and chomped like one without', () => {
		assert.deepEqual(envOf(`a: |\n  echo '${ref}'\n    in\n  done`), { a: "echo 'R'\n  in\ndone\n" });
		assert.deepEqual(envOf(`a: >-\n  a ${ref}\n  b\n\n  c`), { a: 'a R b\nc' });
		assert.deepEqual(envOf(`a: |+\n  ${ref}\n\nb: x`), { a: 'R\n\n', b: 'x' });
		assert.deepEqual(envOf(`a: "x\n  ${ref} \\"y\\""`), { a: 'x R "y"' });
		assert.deepEqual(envOf(`a: 'it''s\n  ${ref}'`), { a: "it's R" });
		assert.deepEqual(envOf(`a: x\n  ${ref}`), { a: 'x R' });
	});

	test('tells the line of an expression that is wrong', () => {
		assert.deepEqual(problemsOf(`on: push\nenv:\n  A: |\n    one\n    two ${nope}\njobs: {a: {runs-on: x}}`), [
			"FB1002 w.yml:5:5 Unrecognized named-value: 'nope'",
		]);
	});
});

describe('a key', () => {
	test('that YAML reads as a number or a boolean is text', () => {
		assert.deepEqual(envOf('1: a\n2.50: b\ntrue: c'), { 1: 'a', 2.5: 'b', true: 'c' });
	});

	test('that objects of JavaScript have is unknown where it does not belong', () => {
		assert.deepEqual(problemsOf('on: push\njobs:\n  a:\n    runs-on: x\n    constructor: y\n'), [
			"FB1002 w.yml:5:5 Unexpected value 'constructor'",
		]);
	});
});

describe('a file is refused before it is read', () => {
	const cases: readonly (readonly [string, string, RegExp])[] = [
		['too large', `on: push\n#${'x'.repeat(1024 * 1024)}`, /FB1006 .* 1048576/],
		['with NUL', 'on: push\nenv: {A: "x\0"}', /FB1001 w\.yml:2:12 The file holds a NUL/],
		['deep in brackets', `a: ${'['.repeat(50_000)}`, /FB1006 .*deeper than 100/],
		['deep in braces', `${'{a: '.repeat(3_000)}`, /FB1006 .*deeper than 100/],
		['deep in dashes', `a:\n  ${'- '.repeat(50_000)}x`, /FB1006 .*deeper than 100/],
		['101 levels deep', `a: ${'['.repeat(101)}${']'.repeat(101)}`, /FB1006 .*deeper than 100/],
		[
			'deep by aliases',
			`a: &a [x]\n${Array.from({ length: 60 }, (_, i) => `b${i}: &b${i} [[*${i === 0 ? 'a' : `b${i - 1}`}]]`).join('\n')}`,
			/FB1006 .*deeper than 100/,
		],
		['of many values', `on: push\nx:\n${'- a\n'.repeat(200_000)}`, /FB1006 .*more than 100000/],
		[
			'that multiplies by aliases',
			`a: &a [1,2,3,4,5,6,7,8,9]\n${[...'bcdefgh'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`).join('\n')}`,
			/FB1006 .* nodes once its aliases/,
		],
		['with a circle of aliases', 'env: &a {X: *a}', /FB1001 w\.yml:1:13 circular alias/],
		['of two documents', 'on: push\n---\non: push', /FB1001/],
	];
	for (const [what, text, expected] of cases) {
		test(what, () => {
			const start = performance.now();
			assert.match(problemsOf(text).join('\n'), expected);
			assert.ok(performance.now() - start < 2_000);
		});
	}

	test('and 100 levels are not too deep for YAML', () => {
		const text = `on: push\nenv: ${'['.repeat(90)}${']'.repeat(90)}\njobs: {a: {runs-on: x}}`;
		assert.ok(!problemsOf(text).join().includes('FB1006'));
	});
});

test('line ends and a byte order mark of another system change nothing', () => {
	const text =
		'\uFEFFon: push\r\njobs:\r\n  a:\r\n    runs-on: x\r\n    steps:\r\n      - run: |\r\n          a\r\n          b\r\n';
	const { root, problems } = readWorkflowFile('workflow', 'w.yml', text);
	assert.deepEqual(problems.all, []);
	assert.match(JSON.stringify(templateOf(root?.find('jobs'), problems)), /a\\nb\\n/);
});
