import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

const { parseAction } = await import('./action.ts');

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
		const { name, inputs, outputs, steps } = action.value;
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

	test('of another kind is refused by its kind', () => {
		assert.deepEqual(problemsOf('name: x\nruns: {using: node24, main: x.js}'), [
			'FB1005 tools/action.yml:2:15 An action that runs with node24 is not supported yet',
		]);
		assert.match(
			problemsOf('name: x\nruns: {using: docker, image: Dockerfile}').join(),
			/runs with docker is not supported yet/,
		);
	});

	test('with mistakes tells them all', () => {
		assert.deepEqual(
			problemsOf('runs:\n  using: composite\n  steps:\n    - run: x\n    - {run: y, shell: sh, if: nope()}\n'),
			['FB1002 tools/action.yml:4:7 Required property is missing: shell'],
		);
		assert.deepEqual(
			problemsOf('runs:\n  using: composite\n  steps:\n    - {run: y, shell: sh, if: nope()}\n    - uses: a/b@v1\n'),
			[
				"FB1010 tools/action.yml:4:31 Unrecognized function: 'nope'",
				'FB1005 tools/action.yml:5:13 `uses: a/b@v1` (an action from elsewhere) is not supported yet',
			],
		);
		assert.deepEqual(problemsOf('name: x'), ['FB1002 tools/action.yml The action does not say what it runs']);
	});
});
