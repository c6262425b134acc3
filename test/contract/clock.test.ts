import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '#edge/clock/clock.ts';
import { fakeClock } from '#edge/clock/fake.ts';
import { systemClock } from '#edge/clock/system.ts';

interface Subject {
	readonly name: string;
	readonly make: () => { readonly clock: Clock; readonly pass: (ms: number) => Promise<void> };
}

const subjects: readonly Subject[] = [
	{
		name: 'the system clock',
		make: () => {
			const clock = systemClock();
			return { clock, pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };
		},
	},
	{
		name: 'the fake clock',
		make: () => {
			const clock = fakeClock(Date.UTC(2026, 0, 1));
			return { clock, pass: (ms) => clock.advance(ms) };
		},
	},
];

for (const { name, make } of subjects) {
	describe(name, () => {
		test('a sleep ends after its time and not before, and both times move on by it', async () => {
			const { clock, pass } = make();
			const from = { now: clock.now(), monotonic: clock.monotonic() };
			let isOver = false;
			const sleeping = clock.sleep(60).then(() => {
				isOver = true;
			});
			await pass(20);
			assert.equal(isOver, false);
			await pass(60);
			await sleeping;
			assert.equal(isOver, true);
			assert.ok(clock.monotonic() - from.monotonic >= 59, 'monotonic');
			assert.ok(clock.now() - from.now >= 58, 'wall');
			assert.ok(clock.now() > Date.UTC(2020, 0, 1), 'milliseconds since the epoch');
		});

		test('shorter sleeps end first, whatever the order they began in', async () => {
			const { clock, pass } = make();
			const order: number[] = [];
			const all = [60, 20, 40].map((ms) => clock.sleep(ms).then(() => order.push(ms)));
			await pass(100);
			await Promise.all(all);
			assert.deepEqual(order, [20, 40, 60]);
		});

		test('an abort ends a sleep at once with its reason', async () => {
			const { clock } = make();
			const controller = new AbortController();
			const sleeping = clock.sleep(60_000, controller.signal);
			const reason = new Error('cancelled by a test');
			controller.abort(reason);
			await assert.rejects(sleeping, reason);
		});

		test('a signal that was aborted before refuses the sleep with its reason', async () => {
			const { clock } = make();
			const reason = new Error('cancelled before');
			await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
			await assert.rejects(clock.sleep(0, AbortSignal.abort(reason)), reason);
		});

		test('a sleep of no time ends without anybody waiting', async () => {
			const { clock, pass } = make();
			const sleeping = Promise.all([clock.sleep(0), clock.sleep(-5)]);
			await pass(0);
			await sleeping;
		});
	});
}

describe('the system clock alone', () => {
	test('a sleep of 30 days does not end at once', async () => {
		const controller = new AbortController();
		let isOver = false;
		const sleeping = systemClock()
			.sleep(30 * 24 * 3600 * 1000, controller.signal)
			.then(
				() => {
					isOver = true;
				},
				() => undefined,
			);
		await new Promise((resolve) => setTimeout(resolve, 30));
		assert.equal(isOver, false);
		controller.abort();
		await sleeping;
	});
});

describe('the fake clock alone', () => {
	test('time stands still until it is moved', async () => {
		const clock = fakeClock(1000);
		await new Promise((resolve) => setTimeout(resolve, 5));
		assert.deepEqual([clock.now(), clock.monotonic()], [1000, 0]);
	});

	test('one advance wakes a chain of sleeps, each at its own time', async () => {
		const clock = fakeClock();
		const seen: number[] = [];
		const chain = async () => {
			for (let index = 0; index < 4; index++) {
				await clock.sleep(25);
				seen.push(clock.now());
			}
		};
		const running = chain();
		await clock.advance(100);
		await running;
		assert.deepEqual(seen, [25, 50, 75, 100]);
		assert.equal(clock.sleepers, 0);
	});

	test('the next sleeper can be jumped to, and nobody is left after the last', async () => {
		const clock = fakeClock();
		const sleeping = clock.sleep(3_600_000);
		assert.equal(clock.sleepers, 1);
		assert.equal(await clock.advanceToNext(), true);
		await sleeping;
		assert.equal(clock.now(), 3_600_000);
		assert.equal(await clock.advanceToNext(), false);
	});

	test('an aborted sleeper is forgotten', async () => {
		const clock = fakeClock();
		const controller = new AbortController();
		const sleeping = clock.sleep(50, controller.signal);
		controller.abort(new Error('stop'));
		await assert.rejects(sleeping);
		assert.equal(clock.sleepers, 0);
	});
});
