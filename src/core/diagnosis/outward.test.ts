import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedStep } from '../plan.ts';
import { outwardStep } from './outward.ts';

function step(more: Partial<PlannedStep>): PlannedStep {
	return {
		id: '__run',
		name: 'Build',
		with: null,
		env: null,
		shell: null,
		workingDirectory: null,
		continueOnError: null,
		timeoutMinutes: null,
		line: 1,
		...more,
	};
}

test('a step that reaches outside is known by its name, its script or its action', () => {
	const build = step({ run: 'make all' });
	assert.equal(outwardStep([build, step({ name: 'Test', run: 'npm test' })]), undefined);
	assert.equal(outwardStep([build, step({ name: 'Publish it', run: './x' })]), 'Publish it');
	assert.equal(outwardStep([build, step({ name: 'Ship', run: 'git push origin main' })]), 'Ship');
	assert.equal(outwardStep([step({ name: null, uses: './deploy' })]), './deploy');
	const template = { expression: "format('npm publish {0}', x)", line: 1, column: 1 };
	assert.equal(outwardStep([step({ name: 'Ship', run: template })]), 'Ship', 'also inside an expression');
	assert.equal(outwardStep([step({ name: 'Unpushed', run: 'echo displeased' })]), undefined, 'only whole words count');
});
