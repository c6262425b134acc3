import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

const { parseAction } = await import('./parse-action.ts');

function problemsOf(text: string): readonly string[] {
	const action = parseAction('tools/action.yml', text);
	return action.ok ? [] : action.error.map(({ code, where, what }) => `${code} ${where} ${what}`);
}

describe('an action.yml', () => {
	test('of a composite action becomes plain data', () => {
		const text = `
name: Greet
description: says hello
inputs:
  who: {description: whom, default: '\${{ github.actor }}', required: true}
  how: {default: 2}
  none: {}
outputs:
  said: {value: '\${{ steps.say.outputs.text }}'}
runs:
  using: composite
  steps:
    - {id: say, shell: bash, run: 'echo \${{ inputs.who }}', env: {A: b}, if: always()}
    - uses: ./other
`;
		const action = parseAction('tools/action.yml', text);
		assert.ok(action.ok, JSON.stringify(action));
		const { name, inputs, runs } = action.value;
		assert.ok(runs.using === 'composite');
		const { outputs, steps } = runs;
		assert.equal(name, 'Greet');
		assert.deepEqual(inputs, {
			who: { default: { expression: 'github.actor', line: 5, column: 38 }, required: true },
			how: { default: '2', required: false },
			none: { required: false },
		});
		assert.deepEqual(Object.keys(outputs), ['said']);
		assert.deepEqual(
			steps.map(({ id, uses, if: condition, line }) => ({ id, uses, condition, line })),
			[
				{ id: 'say', uses: undefined, condition: 'always()', line: 13 },
				{ id: '__self', uses: './other', condition: undefined, line: 14 },
			],
		);
	});

	test('of a program for Node says what runs when', () => {
		const runs = 'using: node20, main: dist/main.js, pre: pre.js, post: post.js, post-if: success()';
		const action = parseAction(
			'a.yml',
			`name: x\ninputs: {none: {default: null, deprecationMessage: old}}\nruns: {${runs}}`,
		);
		assert.ok(action.ok, JSON.stringify(action));
		assert.deepEqual(action.value, {
			name: 'x',
			// Nothing, and not the text "null".
			inputs: { none: { default: '', required: false, deprecation: 'old' } },
			runs: {
				...{ using: 'node', version: 20, main: 'dist/main.js' },
				...{ pre: 'pre.js', preIf: 'always()', post: 'post.js', postIf: 'success()' },
			},
		});
	});

	test('of a container is plain data, too', () => {
		const action = parseAction('a.yml', "name: x\nruns: {using: docker, image: Dockerfile, args: ['${{ inputs.a }}']}");
		assert.ok(action.ok && action.value.runs.using === 'docker', JSON.stringify(action));
		assert.equal(action.value.runs.image, 'Dockerfile');
		assert.deepEqual(action.value.runs.args, { sequence: [{ expression: 'inputs.a', line: 2, column: 50 }] });
	});

	test('says where it is wrong', () => {
		assert.deepEqual(problemsOf('name: x\nruns: {using: node25, main: x.js}'), [
			'FB1002 tools/action.yml:2:15 An action cannot run with node25',
		]);
		assert.deepEqual(problemsOf('name: x\nruns: {using: node20, post: x.js, post-if: secrets.A}'), [
			'FB1002 tools/action.yml:2:7 An action that runs with node20 names no program',
			"FB1010 tools/action.yml:2:44 Unrecognized named-value: 'secrets'",
		]);
		assert.deepEqual(problemsOf('name: x\nruns: {using: docker, args: [a]}'), [
			'FB1002 tools/action.yml:2:7 An action that runs with docker names no image',
		]);
	});

	test('with mistakes tells them all', () => {
		assert.deepEqual(
			problemsOf('runs:\n  using: composite\n  steps:\n    - run: x\n    - {run: y, shell: sh, if: nope()}\n'),
			['FB1002 tools/action.yml:4:7 Required property is missing: shell'],
		);
		assert.deepEqual(
			problemsOf('runs:\n  using: composite\n  steps:\n    - {run: y, shell: sh, if: nope()}\n    - uses: a/b\n'),
			[
				"FB1010 tools/action.yml:4:31 Unrecognized function: 'nope'",
				'FB1002 tools/action.yml:5:13 `uses: a/b` names no version',
			],
		);
		assert.deepEqual(problemsOf('name: x'), ['FB1002 tools/action.yml The action does not say what it runs']);
	});
});
