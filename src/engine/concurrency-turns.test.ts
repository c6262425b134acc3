import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { Concurrency, PlannedJob } from '#core/plan.ts';
import type { Run } from '#core/run.ts';
import { evolve } from '#core/run-fold.ts';
import { type RunAction, runMachine } from '#core/run-machine.ts';
import { fakeClock } from '#edge/clock/fake.ts';
import { memoryStore } from '#edge/store/memory.ts';
import { concurrencyTurns } from './concurrency-turns.ts';
import { type Driver, drive } from './driver.ts';

let world: World;

describe('a concurrency group', () => {
	afterEach(() => world.driver.stop());

	test('lets one run through at a time, and of those that wait only the newest stays', async () => {
		world = await open();
		await world.queue('1', { group: 'g' });
		await world.queue('2', { group: 'g' });
		await world.queue('3', { group: 'g' });
		assert.deepEqual(await world.statuses(), { 1: 'running', 2: 'cancelled', 3: 'queued' });
		assert.match((await world.run('2')).cancel ?? '', /a newer run of the concurrency group g came/);
		await world.end('1', 'a');
		assert.deepEqual(await world.statuses(), { 1: 'passed', 2: 'cancelled', 3: 'running' });
		await world.end('3', 'a');
		assert.equal((await world.run('3')).status, 'passed');
	});

	test('with `queue: max` all wait their turn, in their order', async () => {
		world = await open();
		for (const id of ['1', '2', '3']) await world.queue(id, { group: 'g', queue: 'max' });
		assert.deepEqual(await world.statuses(), { 1: 'running', 2: 'queued', 3: 'queued' });
		await world.end('1', 'a');
		await world.end('2', 'a');
		assert.deepEqual(await world.statuses(), { 1: 'passed', 2: 'passed', 3: 'running' });
	});

	test('with cancel-in-progress the newer run stops the one that runs, and begins when it has ended', async () => {
		world = await open();
		await world.queue('1', { group: 'g' });
		await world.queue('2', { group: 'g', cancelInProgress: true });
		assert.deepEqual(await world.statuses(), { 1: 'cancelled', 2: 'running' });
	});

	test('is another one for another name or another project', async () => {
		world = await open();
		await world.queue('1', { group: 'g' });
		await world.queue('2', { group: 'h' });
		await world.queue('3', { group: 'g' }, { project: 'other' });
		assert.deepEqual(await world.statuses(), { 1: 'running', 2: 'running', 3: 'running' });
	});

	test('holds single jobs too, of one run or of several', async () => {
		world = await open();
		const grouped = { concurrency: 'deploy' };
		await world.queue('1', undefined, {
			jobs: [
				{ ...job, ...grouped },
				{ ...job, key: 'b', id: 'b' },
			],
		});
		await world.queue('2', undefined, { jobs: [{ ...job, ...grouped }] });
		assert.deepEqual(
			[(await world.run('1')).jobs.map(({ status }) => status), (await world.run('2')).jobs[0]?.status],
			[['running', 'running'], 'queued'],
		);
		await world.end('1', 'a');
		assert.equal((await world.run('2')).jobs[0]?.status, 'running');
	});

	test('gives up a run that is cancelled while it waits, and runs none of its jobs', async () => {
		world = await open();
		await world.queue('1', { group: 'g' });
		await world.queue('2', { group: 'g' }, { jobs: [{ ...job, if: 'always()' }] });
		await world.cancel('2');
		const waited = await world.run('2');
		assert.deepEqual([waited.status, waited.jobs[0]?.attempt], ['cancelled', 0]);
		await world.end('1', 'a');
		await world.queue('3', { group: 'g' });
		assert.equal((await world.run('3')).status, 'running');
	});

	test('is held again after a restart by who held it', async () => {
		world = await open();
		await world.queue('1', { group: 'g' });
		await world.restart();
		await world.queue('2', { group: 'g' });
		assert.deepEqual(await world.statuses(), { 1: 'running', 2: 'queued' });
		await world.end('1', 'a');
		assert.deepEqual(await world.statuses(), { 1: 'passed', 2: 'running' });
	});
});

interface World {
	driver: Driver;
	queue(
		id: string,
		concurrency?: Partial<Concurrency>,
		more?: { project?: string; jobs?: readonly PlannedJob[] },
	): Promise<void>;
	end(id: string, key: string): Promise<void>;
	cancel(id: string): Promise<void>;
	restart(): Promise<void>;
	run(id: string): Promise<Run>;
	statuses(): Promise<{ readonly [id: string]: string }>;
}

/** Runs whose jobs run until they are told to end, or to stop. */
async function open(): Promise<World> {
	const store = memoryStore(fakeClock(0));
	const ids: string[] = [];
	const running = new Map<string, (conclusion: 'passed' | 'cancelled') => void>();
	const opened: World = {
		driver: await start(),
		queue: async (id, concurrency, { project = 'app', jobs = [job] } = {}) => {
			ids.push(id);
			const group = concurrency && { group: '', cancelInProgress: false, queue: 'single' as const, ...concurrency };
			const plan = { workflow: 'w.yml', name: 'w', env: null, jobs };
			const about = { project, number: ids.length, trigger, commit, plan };
			const turn = group === undefined ? {} : { concurrency: group };
			await store.append(`run/${id}`, 'system', [{ kind: 'run-queued', ...about, ...turn }]);
			await settle();
		},
		end: async (id, key) => {
			running.get(`run/${id}/${key}`)?.('passed');
			await settle();
		},
		cancel: async (id) => {
			await store.append(`run/${id}`, 'system', [{ kind: 'cancel-requested', why: 'by hand' }]);
			await settle();
		},
		restart: async () => {
			await opened.driver.stop();
			opened.driver = await start();
			await settle();
		},
		run: async (id) => {
			const run = (await store.read(`run/${id}`)).reduce<Run | undefined>(evolve, undefined);
			assert.ok(run);
			return run;
		},
		statuses: async () =>
			Object.fromEntries(await Promise.all(ids.map(async (id) => [id, (await opened.run(id)).status]))),
	};
	return opened;

	async function start(): Promise<Driver> {
		const turns = concurrencyTurns(store, {
			stopJob: (stream, key) => running.get(`${stream}/${key}`)?.('cancelled'),
		});
		const streams = ids.map((id) => `run/${id}`);
		await turns.restore(streams);
		return drive<Run | undefined, RunAction>({
			store,
			prefix: 'run/',
			machine: runMachine,
			open: async () => streams,
			perform: async (action, context) => {
				if (action.do === 'record') return context.append(...action.events);
				if (action.do === 'take-turn') return turns.take(action, context);
				if (action.do === 'stop-job') return running.get(`${context.stream}/${action.job}`)?.('cancelled');
				if (action.do === 'diagnose') return;
				const { job: key, attempt } = action;
				await context.append({ kind: 'job-started', job: key, attempt, tier: 'host', reason: 'test' });
				const conclusion = await new Promise<'passed' | 'cancelled'>((resolve) => {
					running.set(`${context.stream}/${key}`, resolve);
					context.signal.addEventListener('abort', () => resolve('cancelled'));
				});
				if (context.signal.aborted) return;
				await context.append({ kind: 'job-finished', job: key, attempt, conclusion, outputs: {} });
			},
		});
	}
}

/** Nothing here waits for time: what can happen has happened after some turns of the loop. */
async function settle(): Promise<void> {
	for (let turn = 0; turn < 30; turn += 1) await new Promise(setImmediate);
}

const commit = { sha: 'a'.repeat(40), subject: 's', authoredAt: '2026-01-01T00:00:00.000Z' };
const trigger = { event: 'push', ref: 'refs/heads/main', sha: commit.sha, payload: {} };
const job: PlannedJob = {
	...{ key: 'a', id: 'a', name: 'a', needs: [], runsOn: 'any', env: null, outputs: null },
	...{ timeoutMinutes: null, continueOnError: null, defaults: { shell: null, workingDirectory: null } },
	...{ strategy: { failFast: true, jobIndex: 0, jobTotal: 1 }, steps: [], line: 1 },
};
