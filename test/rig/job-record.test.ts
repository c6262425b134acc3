import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '#core/event.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;

before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

let jobs = 0;

/** Three steps, each of which leaves a file; and whether the step with this index has been begun. */
function marking() {
	jobs += 1;
	const mark = (index: number) => join(rig.folder, `mark-${jobs}-${index}`);
	const steps = [0, 1, 2].map((index) => `      - run: touch '${mark(index)}'`);
	const workflow = ['on: push', 'jobs:', '  build:', '    runs-on: ubuntu-latest', '    steps:', ...steps].join('\n');
	return { workflow, hasRun: (index: number) => existsSync(mark(index)) };
}

const labelOf = (event: Event): string | undefined =>
	event.kind === 'step-started' || event.kind === 'step-finished' ? `${event.kind} ${event.step}` : undefined;

test('no step begins before the record of its own start and of the end before it, which are handed in together', async () => {
	const { workflow, hasRun } = marking();
	const told: string[] = [];
	const { end } = await rig.run(workflow, {
		onEvent: async (event) => {
			const label = labelOf(event);
			if (label === undefined) return;
			told.push(`${label} handed in`);
			await sleep(60);
			const [kind, index] = label.split(' ');
			if (kind === 'step-started') assert.equal(hasRun(Number(index)), false, `${label} is durable only now`);
			if (kind === 'step-finished') assert.equal(hasRun(Number(index) + 1), false, `${label} is durable only now`);
			told.push(`${label} durable`);
		},
	});
	assert.equal(end.conclusion, 'passed');
	const between = (index: number) => [
		`step-finished ${index} handed in`,
		`step-started ${index + 1} handed in`,
		`step-finished ${index} durable`,
		`step-started ${index + 1} durable`,
	];
	assert.deepEqual(told, [
		'step-started 0 handed in',
		'step-started 0 durable',
		...between(0),
		...between(1),
		'step-finished 2 handed in',
		'step-finished 2 durable',
	]);
});

test('a step whose start, or whose predecessor`s end, cannot be recorded does not run, and the job has no end', async () => {
	for (const broken of ['step-finished 0', 'step-started 1', 'step-finished 2']) {
		const { workflow, hasRun } = marking();
		const running = rig.run(workflow, {
			onEvent: async (event) => {
				await sleep(5);
				if (labelOf(event) === broken) throw new Error('the disk is full');
			},
		});
		await assert.rejects(running, /the disk is full/);
		assert.deepEqual([hasRun(0), hasRun(1), hasRun(2)], [true, broken.endsWith('2'), broken.endsWith('2')], broken);
	}
});
