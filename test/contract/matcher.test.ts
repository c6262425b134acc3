import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import { workerMatchers } from '#edge/matcher/worker-matchers.ts';

const matchers = workerMatchers();
after(() => matchers.close());

function file(content: unknown) {
	return Promise.resolve({ ok: true as const, value: JSON.stringify({ problemMatcher: [content] }) });
}
const todo = { owner: 'todo', severity: 'notice', pattern: [{ regexp: 'TODO: (.*)', message: 1 }] };

describe('the matchers of a job', () => {
	test('find nothing and cost nothing before one is added', async () => {
		const stream = matchers.open('/w').stream();
		stream.line('TODO: x', 1);
		assert.deepEqual(await stream.settle(), { annotations: [], warnings: [] });
	});

	test('find problems in the lines after they were added, with the line of the log, through colours', async () => {
		const job = matchers.open('/w');
		const stream = job.stream();
		job.add(file(todo), 'm.json');
		stream.line('\u001b[31mTODO:\u001b[0m later', 7);
		assert.deepEqual(await stream.settle(), {
			annotations: [{ level: 'notice', message: 'later', logLine: 7 }],
			warnings: [],
		});
	});

	test('stay for the next step, until they are removed or another takes the place', async () => {
		const job = matchers.open('/w');
		job.add(file(todo), 'm.json');
		const first = job.stream();
		first.line('TODO: a', 1);
		assert.equal((await first.settle()).annotations.length, 1);
		job.add(file({ ...todo, severity: 'error' }), 'm.json');
		const second = job.stream();
		second.line('TODO: b', 2);
		assert.equal((await second.settle()).annotations[0]?.level, 'error');
		job.remove('todo');
		const third = job.stream();
		third.line('TODO: c', 3);
		assert.equal((await third.settle()).annotations.length, 0);
	});

	test('keep what one stream has begun apart from another', async () => {
		const job = matchers.open('/w');
		job.add(
			file({
				owner: 'x',
				pattern: [
					{ regexp: '^in (.*)', file: 1 },
					{ regexp: '^ (.*)', message: 1 },
				],
			}),
			'm.json',
		);
		const [one, two] = [job.stream(), job.stream()];
		one.line('in a', 1);
		two.line(' not mine', 2);
		one.line(' mine', 3);
		assert.deepEqual((await two.settle()).annotations, []);
		assert.deepEqual((await one.settle()).annotations, [{ level: 'error', message: 'mine', file: 'a', logLine: 3 }]);
	});

	test('a file that is none is a warning', async () => {
		const job = matchers.open('/w');
		job.add(Promise.resolve({ ok: true, value: 'nonsense' }), 'm.json');
		const { warnings } = await job.stream().settle();
		assert.match(warnings.join(), /The problem matcher m\.json cannot be used: it is not JSON/);
	});

	test('LOG-10: an expression that takes for ever costs its matcher, and neither the loop nor other matchers', async () => {
		// The back reference keeps V8 from handing it to its linear engine.
		const hostile = '^(a+)+\\1$';
		const line = `${'a'.repeat(40)}!`;
		const started = performance.now();
		new RegExp(hostile).exec(`${'a'.repeat(24)}!`);
		assert.ok(performance.now() - started > 50, 'without a guard even a shorter line takes its time');

		const job = matchers.open('/w');
		job.add(file({ owner: 'evil', pattern: [{ regexp: hostile, message: 1 }] }), 'm.json');
		job.add(file(todo), 'm.json');
		const stream = job.stream();
		const delay = monitorEventLoopDelay({ resolution: 5 });
		delay.enable();
		for (let count = 0; count < 4; count += 1) stream.line(line, count);
		stream.line('TODO: still', 9);
		const found = await stream.settle();
		delay.disable();
		assert.deepEqual(found.annotations, [{ level: 'notice', message: 'still', logLine: 9 }]);
		assert.match(found.warnings.join(), /'evil' took too long/);
		assert.ok(delay.percentile(99) / 1e6 < 50, `the loop waited ${delay.percentile(99) / 1e6} ms`);
		const next = job.stream();
		next.line(line, 1);
		next.line('TODO: after', 2);
		const again = performance.now();
		assert.equal((await next.settle()).annotations.length, 1);
		assert.ok(performance.now() - again < 250, 'the matcher is not asked any more');
	});
});
