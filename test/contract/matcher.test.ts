import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import { workerMatchers } from '#edge/matcher/worker-matchers.ts';

const matchers = workerMatchers();
after(() => matchers.close());

function file(...contents: readonly unknown[]) {
	return async () => ({ ok: true as const, value: JSON.stringify({ problemMatcher: contents }) });
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
		job.add(async () => ({ ok: true, value: 'nonsense' }), 'm.json');
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
		assert.match(found.warnings.join(), /'evil' is not used any more: it took too long for 3 lines/);
		assert.ok(delay.percentile(99) / 1e6 < 50, `the loop waited ${delay.percentile(99) / 1e6} ms`);
		const next = job.stream();
		next.line(line, 1);
		next.line('TODO: after', 2);
		const again = performance.now();
		assert.equal((await next.settle()).annotations.length, 1);
		assert.ok(performance.now() - again < 250, 'the matcher is not asked any more');
	});

	test('LOG-10: hundreds of hostile lines, matchers and expressions cost no more than a few lines do', async () => {
		const job = matchers.open('/w');
		const hostile = (owner: string) => ({ owner, pattern: [{ regexp: '^(a+)+\\1$', message: 1 }] });
		job.add(file(...Array.from({ length: 50 }, (_, index) => hostile(`evil ${index}`)), todo), 'm.json');
		const stream = job.stream();
		stream.line('TODO: first', 1);
		for (let count = 0; count < 2000; count += 1) stream.line(`${'a'.repeat(40)}!`, count);
		const started = performance.now();
		const { annotations, warnings } = await stream.settle();
		assert.ok(performance.now() - started < 10_000, `it took ${performance.now() - started} ms`);
		assert.equal(annotations.length, 1);
		assert.match(warnings.at(-1) ?? '', /The problem matchers took too long and are not used any more/);
		assert.equal(job.isActive, false);
		const [other, started2] = [matchers.open('/w'), performance.now()];
		other.add(file(todo), 'm.json');
		const next = other.stream();
		next.line('TODO: another job', 1);
		assert.equal((await next.settle()).annotations.length, 1);
		assert.ok(performance.now() - started2 < 2000, 'other jobs have a worker of their own');
		await Promise.all([job.close(), other.close()]);
	});

	test('a matcher that was taken out for its time is not used again, and one with the same owner but another expression is', async () => {
		const job = matchers.open('/w');
		const hostile = { owner: 'x', pattern: [{ regexp: '^(a+)+\\1$', message: 1 }] };
		job.add(file(hostile), 'm.json');
		const stream = job.stream();
		for (let count = 0; count < 4; count += 1) stream.line(`${'a'.repeat(40)}!`, count);
		assert.match((await stream.settle()).warnings.join(), /'x' is not used any more/);
		job.add(file(hostile), 'm.json');
		const again = job.stream();
		again.line('aa', 1);
		assert.match((await again.settle()).warnings.join(), /'x' is not used any more/);
		job.add(file({ ...todo, owner: 'X' }), 'm.json');
		const other = job.stream();
		other.line('TODO: mended', 1);
		assert.deepEqual(await other.settle(), {
			annotations: [{ level: 'notice', message: 'mended', logLine: 1 }],
			warnings: [],
		});
		await job.close();
	});

	test('an expression that cannot be run costs only its matcher', async () => {
		const job = matchers.open('/w');
		job.add(
			file({ owner: 'huge', pattern: [{ regexp: '('.repeat(20_000) + ')'.repeat(20_000), message: 0 }] }, todo),
			'm.json',
		);
		const stream = job.stream();
		stream.line('TODO: x', 1);
		const { annotations, warnings } = await stream.settle();
		assert.equal(annotations.length, 1);
		assert.match(
			warnings.join(),
			/^The problem matcher 'huge' is not used any more: it failed: (Stack overflow|Regular expression too large)\.$/,
		);
		await job.close();
	});

	test('the newest matcher comes first, in the order of its file, and the first one that finds a problem has the line', async () => {
		const job = matchers.open('/w');
		const find = (owner: string, severity: string, regexp = '^TODO: (.*)') => ({
			owner,
			severity,
			pattern: [{ regexp, message: 1 }],
		});
		const levelOf = async (text: string) => {
			const stream = job.stream();
			stream.line(text, 1);
			return (await stream.settle()).annotations.map(({ level }) => level);
		};
		job.add(file(find('a', 'notice'), find('b', 'warning')), 'm.json');
		assert.deepEqual(await levelOf('TODO: x'), ['notice']);
		job.add(file(find('c', 'error')), 'm.json');
		assert.deepEqual(await levelOf('TODO: x'), ['error']);
		job.remove('C');
		job.removeOf(file(find('A', 'notice')), 'm.json');
		assert.deepEqual(await levelOf('TODO: x'), ['warning']);
		await job.close();
	});

	test('a matcher that is added in the middle sees only the lines after it', async () => {
		const job = matchers.open('/w');
		job.add(file({ owner: 'other', pattern: [{ regexp: 'never', message: 0 }] }), 'm.json');
		const stream = job.stream();
		stream.line('TODO: before', 1);
		job.add(file(todo), 'm.json');
		stream.line('TODO: after', 2);
		assert.deepEqual(
			(await stream.settle()).annotations.map(({ logLine }) => logLine),
			[2],
		);
		await job.close();
	});

	test('whoever prints faster than matchers look is told to wait, and the end of a job does not wait for ever', async () => {
		const job = matchers.open('/w');
		// Slow, but never as slow as to be taken out.
		const slow = { owner: 'slow', pattern: [{ regexp: '^(a+)+\\1$', message: 1 }] };
		job.add(file(slow), 'm.json');
		const stream = job.stream();
		assert.ok(stream.behind === undefined);
		for (let count = 0; count < 40_000; count += 1) stream.line(`${'a'.repeat(19)}!${'.'.repeat(80)}`, count);
		assert.notEqual(stream.behind, undefined);
		const started = performance.now();
		const { warnings } = await stream.settle(AbortSignal.abort());
		assert.ok(performance.now() - started < 5000, `it took ${performance.now() - started} ms`);
		assert.match(warnings.join(), /had not looked through all of the output/);
		await job.close();
	});
});
