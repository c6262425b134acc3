import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event, Recorded } from '#core/event.ts';
import type { Machine } from '#core/machine.ts';
import { memoryStore } from '#edge/store/memory.ts';
import { type Context, drive } from './driver.ts';

/** Counts three diagnoses of job `a`, one after another: each asks for the next. */
interface Count {
	readonly done: number;
	readonly broken: string[];
}
interface CountAction {
	readonly key: string;
}
const counting: Machine<Count, CountAction> = {
	initial: () => ({ done: 0, broken: [] }),
	evolve: (state, { event }) => {
		if (event.kind === 'diagnosis-started') return { ...state, done: state.done + 1 };
		return event.kind === 'cancel-requested' ? { ...state, broken: [...state.broken, event.why] } : state;
	},
	decide: (state) => (state.done < 3 && state.broken.length === 0 ? [{ key: `step ${state.done}` }] : []),
	isOver: (state) => state.done >= 3 || state.broken.length > 0,
	recover: (state) => (state.done === 1 ? [step(state.done)] : []),
	broke: (_state, _action, problem) => [{ kind: 'cancel-requested', why: problem.why ?? '' }],
};
const step = (attempt: number): Event => ({ kind: 'diagnosis-started', job: 'a', attempt });
const storeOf = () => memoryStore({ now: () => 0 });
const kinds = (events: readonly Recorded[]) => events.map(({ event }) => event.kind);

describe('the driver', () => {
	test('performs each action once, folds what came of it, and goes round until the machine is over', async () => {
		const store = storeOf();
		const performed: string[] = [];
		const driver = await drive({
			store,
			prefix: 'run/',
			machine: counting,
			open: async () => [],
			perform: perform(performed),
		});
		await store.append('run/2', 'system', [{ kind: 'finding-made', job: 'a', attempt: 1, finding }]);
		await driver.idle();
		assert.deepEqual(performed, ['step 0', 'step 1', 'step 2']);
		assert.deepEqual(kinds(await store.read('run/2')), [
			'finding-made',
			'diagnosis-started',
			'diagnosis-started',
			'diagnosis-started',
		]);
		await driver.stop();
	});

	test('leaves streams of other prefixes alone', async () => {
		const store = storeOf();
		const performed: string[] = [];
		const driver = await drive({
			store,
			prefix: 'run/',
			machine: counting,
			open: async () => [],
			perform: perform(performed),
		});
		await store.append('deployment/2', 'system', [{ kind: 'finding-made', job: 'a', attempt: 1, finding }]);
		await driver.idle();
		assert.deepEqual(performed, []);
		await driver.stop();
	});

	test('records what the machine says when performing breaks', async () => {
		const store = storeOf();
		const driver = await drive({
			store,
			prefix: 'run/',
			machine: counting,
			open: async () => [],
			perform: async () => {
				throw new Error('the disk is gone');
			},
		});
		await store.append('run/1', 'system', [{ kind: 'finding-made', job: 'a', attempt: 1, finding }]);
		await driver.idle();
		const last = (await store.read('run/1')).at(-1)?.event;
		assert.deepEqual(last, { kind: 'cancel-requested', why: 'the disk is gone' });
		await driver.stop();
	});

	test('recovers the open streams at the start before it decides', async () => {
		const store = storeOf();
		await store.append('run/1', 'system', [step(0)]);
		const performed: string[] = [];
		const driver = await drive({
			store,
			prefix: 'run/',
			machine: counting,
			open: async () => ['run/1'],
			perform: perform(performed),
		});
		await driver.idle();
		assert.deepEqual(performed, ['step 2'], 'the recovered event came before the first decision');
		await driver.stop();
	});

	test('recovers at the start and begins nothing while it is paused', async () => {
		const store = storeOf();
		await store.append('run/1', 'system', [step(0)]);
		const performed: string[] = [];
		const driver = await drive({
			store,
			prefix: 'run/',
			machine: counting,
			isPaused: true,
			open: async () => ['run/1'],
			perform: perform(performed),
		});
		await driver.idle();
		assert.deepEqual([performed, (await store.read('run/1')).length], [[], 2]);
		driver.go();
		await driver.idle();
		assert.deepEqual(performed, ['step 2']);
		await driver.stop();
	});

	test('appends nothing after it was told to stop, and waits for what is under way', async () => {
		const store = storeOf();
		let release = () => {};
		const driver = await drive({
			store,
			prefix: 'run/',
			machine: counting,
			open: async () => [],
			perform: async (_action, context) => {
				await new Promise<void>((resolve) => {
					release = resolve;
				});
				await context.append(step(1));
			},
		});
		await store.append('run/1', 'system', [{ kind: 'finding-made', job: 'a', attempt: 1, finding }]);
		await new Promise(setImmediate);
		const stopped = driver.stop();
		release();
		await stopped;
		assert.deepEqual(kinds(await store.read('run/1')), ['finding-made']);
	});
});

function perform(performed: string[]) {
	return async (action: CountAction, context: Context<Count>): Promise<void> => {
		performed.push(action.key);
		await context.append(step(context.state().done));
	};
}

const finding = {
	verdict: 'code',
	certainty: 'proved',
	class: 'c',
	cause: 'c',
	evidence: [],
	next: 'n',
	durationMs: 0,
} as const;
