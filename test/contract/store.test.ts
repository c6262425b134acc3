import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import type { Commit, Event, Recorded } from '#core/event.ts';
import type { ProblemError } from '#core/result.ts';
import { memoryStore } from '#edge/store/memory.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import { type Store, StreamMoved } from '#edge/store/store.ts';

const directory = mkdtempSync(join(tmpdir(), 'fb-store-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const start = Date.UTC(2026, 0, 5, 12);
let ticks = 0;
const clock = { now: () => start + ticks++ };
let files = 0;
const newFile = () => join(directory, `${files++}.db`);

const commit: Commit = { sha: 'a'.repeat(40), subject: 'Say hello', authoredAt: '2026-01-05T11:00:00.000Z' };
const trigger = { event: 'push', ref: 'refs/heads/main', sha: commit.sha, payload: {} };
const plan = { workflow: '.github/workflows/ci.yml', name: 'ci', env: null, jobs: [] };
const queued = (number: number, project = 'shop'): Event => ({
	kind: 'run-queued',
	project,
	number,
	trigger,
	commit,
	plan,
});
const started: Event = { kind: 'job-started', job: 'test', attempt: 1, tier: 'host', reason: 'asked for' };
const passed: Event = { kind: 'run-finished', conclusion: 'passed' };
const requested = (number: number, environment = 'production'): Event => ({
	kind: 'deployment-requested',
	project: 'shop',
	environment,
	number,
	purpose: 'release',
	sha: commit.sha,
	commit,
	digest: 'd1',
	application: { services: [], volumes: [] },
	traffic: { port: 0, probePath: '/' },
	changes: [commit],
});
const opened: Event = {
	kind: 'incident-opened',
	project: 'shop',
	environment: 'production',
	number: 1,
	objective: 'availability',
	burnRate: 20,
	what: 'Errors burn the budget 20 times too fast',
	impactStart: '2026-01-05T11:58:00.000Z',
};

const stores: { readonly [name: string]: () => Promise<Store> } = {
	memory: async () => memoryStore(clock),
	sqlite: () => sqliteStore({ file: newFile(), clock }),
};

for (const [name, open] of Object.entries(stores)) {
	describe(`the ${name} store`, () => {
		const using = (title: string, body: (store: Store) => Promise<void>) =>
			test(title, async () => {
				const store = await open();
				try {
					await body(store);
				} finally {
					await store.close();
				}
			});

		using(
			'numbers events from 1 without gaps, over all streams, and reads a stream back oldest first',
			async (store) => {
				assert.equal(await store.head(), 0);
				const first = await store.append('run/1', 'engine', [queued(1), started]);
				await store.append('run/2', 'p-7', [queued(2)]);
				await store.append('run/1', 'engine', [passed]);
				assert.deepEqual(
					first.map((recorded) => recorded.seq),
					[1, 2],
				);
				const stream = await store.read('run/1');
				assert.deepEqual(
					stream.map(({ seq, by, event }) => [seq, by, event.kind]),
					[
						[1, 'engine', 'run-queued'],
						[2, 'engine', 'job-started'],
						[4, 'engine', 'run-finished'],
					],
				);
				assert.match(stream[0]!.at, /^2026-01-05T12:\d\d:\d\d\.\d{3}Z$/);
				assert.deepEqual(await store.read('run/none'), []);
				assert.equal(await store.head(), 4);
			},
		);

		using('reads the whole log after a position in pages', async (store) => {
			await Promise.all(Array.from({ length: 10 }, (_, i) => store.append(`run/${i}`, 'engine', [queued(i)])));
			assert.deepEqual(
				(await store.readAfter(0, 4)).map((recorded) => recorded.seq),
				[1, 2, 3, 4],
			);
			assert.deepEqual(
				(await store.readAfter(8, 100)).map((recorded) => recorded.seq),
				[9, 10],
			);
			assert.deepEqual(await store.readAfter(10, 4), []);
		});

		using(
			'gives back what JSON keeps of an event, to the appender, the subscriber and the reader alike',
			async (store) => {
				const heard: Recorded[] = [];
				store.subscribe((recorded) => heard.push(recorded));
				const event = {
					...queued(1),
					only: undefined,
					trigger: { ...trigger, payload: { text: 'ünï\u0000 \u2028 "' } },
				} as unknown as Event;
				const [appended] = await store.append('run/1', 'engine', [event]);
				assert.deepEqual(appended, (await store.read('run/1'))[0]);
				assert.deepEqual(heard, [appended]);
				assert.equal('only' in appended!.event, false);
			},
		);

		using('refuses an append whose caller has not seen the whole stream, and only that one', async (store) => {
			await store.append('run/1', 'engine', [queued(1)]);
			const results = await Promise.allSettled([
				store.append('run/1', 'a', [started], 1),
				store.append('run/1', 'b', [started], 1),
				store.append('run/2', 'c', [queued(2)], 0),
				store.append('run/3', 'd', [queued(3)], 5),
			]);
			assert.deepEqual(
				results.map((result) => result.status),
				['fulfilled', 'rejected', 'fulfilled', 'rejected'],
			);
			assert.ok(results[1].status === 'rejected' && results[1].reason instanceof StreamMoved);
			assert.deepEqual(
				(await store.read('run/1')).map((recorded) => recorded.by),
				['engine', 'a'],
			);
			assert.equal(await store.head(), 3);
		});

		using('tells subscribers every event once, in order, until they leave', async (store) => {
			const heard: number[] = [];
			await store.append('run/0', 'engine', [queued(0)]);
			const leave = store.subscribe((recorded) => heard.push(recorded.seq));
			await Promise.all(Array.from({ length: 600 }, (_, i) => store.append(`run/${i % 7}`, 'engine', [started])));
			leave();
			await store.append('run/0', 'engine', [passed]);
			assert.deepEqual(
				heard,
				Array.from({ length: 600 }, (_, i) => i + 2),
			);
		});

		using('keeps the order for all subscribers when one of them appends', async (store) => {
			const heard: [string, number][] = [];
			const answered = Promise.withResolvers<void>();
			store.subscribe(({ seq, event }) => {
				heard.push(['first', seq]);
				if (event.kind === 'run-queued') store.append('run/1', 'engine', [passed]).then(() => answered.resolve());
			});
			store.subscribe(({ seq }) => heard.push(['second', seq]));
			await store.append('run/1', 'engine', [queued(1), started]);
			await answered.promise;
			const seqs = (who: string) => heard.filter(([by]) => by === who).map(([, seq]) => seq);
			assert.deepEqual(seqs('first'), [1, 2, 3]);
			assert.deepEqual(seqs('second'), [1, 2, 3]);
		});

		using('has the lists up to date when an append resolves', async (store) => {
			await store.append('project/shop', 'p-1', [
				{ kind: 'project-added', project: 'shop', path: '/src/shop', defaultBranch: 'main' },
			]);
			const [{ seq, at }] = (await store.append('run/r1', 'engine', [queued(1)])) as [Recorded];
			assert.deepEqual(await store.runs({ limit: 10 }), [
				{
					run: 'r1',
					seq,
					project: 'shop',
					number: 1,
					workflow: '.github/workflows/ci.yml',
					name: 'ci',
					event: 'push',
					ref: 'refs/heads/main',
					sha: commit.sha,
					worktree: false,
					subject: 'Say hello',
					status: 'queued',
					queuedAt: at,
					startedAt: null,
					finishedAt: null,
					cause: null,
				},
			]);
			const [firstStart] = await store.append('run/r1', 'engine', [started]);
			await store.append('run/r1', 'engine', [{ ...started, job: 'lint' } as Event, passed]);
			const [run] = await store.runs({ limit: 10 });
			assert.deepEqual([run?.status, run?.startedAt], ['passed', firstStart?.at]);
			assert.deepEqual(await store.projects(), [{ project: 'shop', path: '/src/shop', defaultBranch: 'main' }]);
		});

		using('pages lists newest first, filtered, by the position of the last row seen', async (store) => {
			for (let number = 1; number <= 25; number++) {
				await store.append(`run/r${number}`, 'engine', [queued(number, number % 5 === 0 ? 'blog' : 'shop')]);
				if (number % 2 === 0) await store.append(`run/r${number}`, 'engine', [passed]);
			}
			const first = await store.runs({ project: 'shop', limit: 8 });
			assert.deepEqual(
				first.map((run) => run.number),
				[24, 23, 22, 21, 19, 18, 17, 16],
			);
			const second = await store.runs({ project: 'shop', limit: 8, before: first.at(-1)!.seq });
			assert.deepEqual(
				second.map((run) => run.number),
				[14, 13, 12, 11, 9, 8, 7, 6],
			);
			const passedOnes = await store.runs({ project: 'blog', status: ['passed', 'failed'], limit: 9 });
			assert.deepEqual(
				passedOnes.map((run) => run.number),
				[20, 10],
			);
			assert.deepEqual(await store.runs({ sha: 'f'.repeat(40), limit: 9 }), []);
			assert.deepEqual(await store.runs({ status: [], limit: 9 }), []);
			assert.equal(
				(await store.runs({ ref: 'refs/heads/main', workflow: '.github/workflows/ci.yml', limit: 99 })).length,
				25,
			);
		});

		using('lists deployments by environment and incidents by whether they are open', async (store) => {
			await store.append('deployment/d1', 'engine', [requested(1)]);
			await store.append('deployment/d1', 'engine', [{ kind: 'deployment-finished', outcome: 'live', exposed: true }]);
			await store.append('deployment/d2', 'engine', [requested(1, 'staging'), requestedFailure]);
			await store.append('incident/i1', 'engine', [opened]);
			const [staging] = await store.deployments({ environment: 'staging', limit: 5 });
			assert.deepEqual([staging?.status, staging?.reason], ['rolled-back', 'web never got healthy']);
			const live = await store.deployments({ project: 'shop', status: ['live'], limit: 5 });
			assert.deepEqual(
				live.map((row) => row.deployment),
				['d1'],
			);
			assert.equal((await store.incidents({ isOpen: true, limit: 5 })).length, 1);
			await store.append('incident/i1', 'engine', [
				{ kind: 'incident-resolved', impactEnd: '2026-01-05T12:10:00.000Z' },
			]);
			assert.deepEqual(await store.incidents({ isOpen: true, limit: 5 }), []);
			assert.equal(
				(await store.incidents({ project: 'shop', environment: 'production', isOpen: false, limit: 5 }))[0]?.impactEnd,
				'2026-01-05T12:10:00.000Z',
			);
		});

		using('folds the same lists again on rebuild', async (store) => {
			await fill(store);
			const before = await lists(store);
			await store.rebuild();
			assert.deepEqual(await lists(store), before);
			assert.ok(before.runs.length > 0 && before.deployments.length > 0 && before.incidents.length > 0);
		});

		using('gives every number of a counter once', async (store) => {
			const numbers = await Promise.all(Array.from({ length: 50 }, () => store.nextNumber('run/shop')));
			assert.deepEqual(
				numbers.toSorted((a, b) => a - b),
				Array.from({ length: 50 }, (_, i) => i + 1),
			);
			assert.equal(await store.nextNumber('run/blog'), 1);
		});

		using('adds up the samples of a minute', async (store) => {
			const series = 'shop/production/probe';
			await store.addSamples([
				{ series, minute: 100, good: 3, bad: 0, sumMs: 12.5 },
				{ series, minute: 101, good: 1, bad: 1, sumMs: 4 },
				{ series: 'shop/staging/probe', minute: 100, good: 9, bad: 9, sumMs: 9 },
			]);
			await store.addSamples([{ series, minute: 100, good: 1, bad: 2, sumMs: 0.5 }]);
			await store.addSamples([]);
			assert.deepEqual(await store.samples(series, 100, 101), [
				{ series, minute: 100, good: 4, bad: 2, sumMs: 13 },
				{ series, minute: 101, good: 1, bad: 1, sumMs: 4 },
			]);
			assert.deepEqual(await store.samples(series, 102, 200), []);
		});

		test('refuses writes once it is closed, and keeps those that were handed in before', async () => {
			const store = await open();
			const last = store.append('run/1', 'engine', [queued(1)]);
			await store.close();
			assert.equal((await last)[0]?.seq, 1);
			await assert.rejects(
				store.append('run/1', 'engine', [started]),
				(error: ProblemError) => error.problem.code === 'FB7005',
			);
			await store.close();
		});
	});
}

const requestedFailure: Event = {
	kind: 'deployment-finished',
	outcome: 'rolled-back',
	exposed: false,
	reason: { code: 'FB3001', what: 'web never got healthy' },
};

async function fill(store: Store): Promise<void> {
	await store.append('project/shop', 'p-1', [
		{ kind: 'project-added', project: 'shop', path: '/old', defaultBranch: 'main' },
	]);
	await store.append('project/blog', 'p-1', [
		{ kind: 'project-added', project: 'blog', path: '/blog', defaultBranch: 'main' },
	]);
	await store.append('project/shop', 'p-1', [
		{ kind: 'project-added', project: 'shop', path: '/new', defaultBranch: 'trunk' },
	]);
	for (let i = 0; i < 1200; i++) {
		void store.append(`run/r${i}`, 'engine', i % 3 === 0 ? [queued(i), started] : [queued(i), started, passed]);
	}
	await store.append('deployment/d1', 'engine', [requested(1), requestedFailure]);
	await store.append('incident/i1', 'engine', [opened]);
}

async function lists(store: Store) {
	return {
		projects: await store.projects(),
		runs: await store.runs({ limit: 5000 }),
		deployments: await store.deployments({ limit: 10 }),
		incidents: await store.incidents({ limit: 10 }),
	};
}

describe('a database file', () => {
	test('has everything again after it is closed and opened', async () => {
		const file = newFile();
		const first = await sqliteStore({ file, clock });
		await fill(first);
		assert.equal(await first.nextNumber('run/shop'), 1);
		await first.addSamples([{ series: 's', minute: 1, good: 1, bad: 0, sumMs: 1 }]);
		const before = { ...(await lists(first)), log: await first.readAfter(0, 10_000) };
		await first.close();
		const second = await sqliteStore({ file, clock });
		assert.deepEqual({ ...(await lists(second)), log: await second.readAfter(0, 10_000) }, before);
		assert.equal(await second.nextNumber('run/shop'), 2);
		assert.equal((await second.samples('s', 0, 9)).length, 1);
		await second.close();
	});

	test('has one writer: a second process is told which one has it, and a killed one leaves no lock behind', async () => {
		const file = newFile();
		const holder = await holdOpen(file);
		await assert.rejects(sqliteStore({ file, clock }), (error: ProblemError) => {
			assert.equal(error.problem.code, 'FB7001');
			assert.match(error.problem.why ?? '', new RegExp(`process ${holder.pid} has had it open since 2026-`));
			return true;
		});
		holder.kill('SIGKILL');
		await once(holder, 'exit');
		const store = await sqliteStore({ file, clock });
		assert.equal(await store.head(), 1);
		await store.close();
	});

	test('is refused to a second store of the same process, and the first goes on', async () => {
		const file = newFile();
		const store = await sqliteStore({ file, clock });
		await assert.rejects(sqliteStore({ file, clock }), (error: ProblemError) => error.problem.code === 'FB7001');
		await assert.rejects(sqliteStore({ file, clock }), (error: ProblemError) => error.problem.code === 'FB7001');
		await store.append('run/1', 'engine', [queued(1)]);
		await store.close();
	});

	test('of a newer version is refused and left as it is', async () => {
		const file = newFile();
		await (await sqliteStore({ file, clock })).close();
		const raw = new DatabaseSync(file);
		raw.exec("insert into kysely_migration (name, timestamp) values ('999-from-the-future', '2030-01-01')");
		raw.close();
		await assert.rejects(sqliteStore({ file, clock }), (error: ProblemError) => {
			assert.equal(error.problem.code, 'FB7002');
			assert.match(error.problem.why ?? '', /999-from-the-future/);
			return true;
		});
		await assert.rejects(sqliteStore({ file, clock }), (error: ProblemError) => error.problem.code === 'FB7002');
	});

	test('is a write-ahead log with strict tables, which other programs can read', async () => {
		const file = newFile();
		const store = await sqliteStore({ file, clock });
		await store.append('run/1', 'engine', [queued(1)]);
		await store.close();
		const raw = new DatabaseSync(file);
		assert.equal(raw.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal');
		const loose = raw
			.prepare(
				"select name from pragma_table_list where strict = 0 and name not like 'sqlite%' and name not like 'kysely%'",
			)
			.all();
		assert.deepEqual(loose, []);
		raw.close();
	});
});

/** A process that has the database open, with one event in it. */
async function holdOpen(file: string): Promise<ChildProcess> {
	const script = `
		const { sqliteStore } = await import(${JSON.stringify(import.meta.resolve('#edge/store/sqlite.ts'))});
		const store = await sqliteStore({ file: ${JSON.stringify(file)}, clock: { now: () => ${start} } });
		await store.append('run/1', 'engine', [${JSON.stringify(queued(1))}]);
		console.log('open');
		setInterval(() => {}, 1000);
	`;
	const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	await once(child.stdout, 'data');
	return child;
}
