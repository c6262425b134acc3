import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#core/event.ts';
import type { CalledWorkflow, JobDraft, Plan, PlannedJob, Template } from '#core/plan.ts';
import { isEnded, type Run } from '#core/run.ts';
import { type RunAction, runMachine } from '#core/run-machine.ts';
import { jobsToRerun } from '#core/run-rerun.ts';
import { deferredJob } from '#core/workflow/expand-job.ts';
import { fakeClock } from '#edge/clock/fake.ts';
import { memoryStore } from '#edge/store/memory.ts';
import type { Store } from '#edge/store/store.ts';
import { type Context, type Driver, drive } from '#engine/driver.ts';
import { death, mortal } from './mortal.ts';
import { type Random, random } from './random.ts';

const histories = Number(process.env['FOOTBRIDGE_HISTORIES'] ?? 10_000);
const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1_000_000);

test(`${histories} random histories of runs end, each job once, whatever crashes and cancels come between (seed ${seed})`, async () => {
	const seen = {
		crashes: 0,
		cancels: 0,
		lost: 0,
		reruns: 0,
		called: 0,
		expanded: 0,
		turns: 0,
		passed: 0,
		failed: 0,
		cancelled: 0,
		skipped: 0,
	};
	for (let history = 0; history < histories; history += 1) {
		const name = `seed ${seed}, history ${history}`;
		const dice = random(seed * 100_003 + history);
		const run = await live(dice, seen, name);
		assert.ok(
			run.finishedAt !== undefined,
			`${name}: the run never ended: ${JSON.stringify(run.jobs.map((job) => [job.key, job.status]))}`,
		);
		assert.ok(
			run.jobs.every((job) => isEnded(job.status)),
			`${name}: a job is stuck`,
		);
		assert.ok(
			run.jobs.every((job) => job.lost <= 2),
			`${name}: a job was lost more than twice`,
		);
		seen[run.status as 'passed'] += 1;
	}
	// The histories must have met what they are there to survive.
	for (const [what, times] of Object.entries(seen))
		assert.ok(times > histories / 1000, `the dice never threw: ${what}`);
});

/** One life of a run: Footbridge is killed and started again at random points until nothing is left to do. */
async function live(
	dice: Random,
	seen: { [what in 'crashes' | 'cancels' | 'lost' | 'reruns' | 'called' | 'expanded' | 'turns']: number },
	name: string,
): Promise<Run> {
	const store = memoryStore(fakeClock(0));
	await store.append('run/1', 'system', [
		{ kind: 'run-queued', project: 'p', number: 1, trigger, commit, plan: randomPlan(dice) },
	]);
	for (let starts = 0; starts < 20; starts += 1) {
		const crash = new AbortController();
		const world = new World(dice, crash, starts < 4 ? 0.08 : 0);
		const driver = await startDriver(mortal(store, crash.signal), world, name, crash.signal);
		if (dice.chance(0.15)) {
			seen.cancels += 1;
			await store.append('run/1', 'system', [{ kind: 'cancel-requested', why: 'cancelled by a person' }]);
		}
		await Promise.race([driver.idle(), death(crash.signal)]);
		await driver.stop();
		const run = await read(store);
		if (!crash.signal.aborted && run.finishedAt !== undefined) {
			const kinds = await checkHistory(store, name);
			if (run.attempt < 3 && dice.chance(0.2)) {
				const jobs = jobsToRerun(run, dice.chance(0.5) ? 'failed' : 'all');
				if (jobs.length > 0) {
					await store.append('run/1', 'system', [{ kind: 'rerun-requested', jobs }]);
					continue;
				}
			}
			seen.lost += kinds.get('job-lost') ?? 0;
			seen.reruns += kinds.get('rerun-requested') ?? 0;
			seen.called += kinds.get('workflow-called') ?? 0;
			seen.expanded += kinds.get('job-expanded') ?? 0;
			seen.turns += kinds.get('turn-taken') ?? 0;
			return run;
		}
		assert.ok(
			crash.signal.aborted,
			`${name}: nothing to do, and not over: ${JSON.stringify(run.jobs.map((job) => [job.key, job.status, job.why]))}`,
		);
		seen.crashes += 1;
	}
	return read(store);
}

function startDriver(store: Store, world: World, name: string, killed: AbortSignal): Promise<Driver> {
	return drive<Run | undefined, RunAction>({
		store,
		prefix: 'run/',
		machine: runMachine,
		open: async () => ['run/1'],
		perform: (action, context) => world.perform(action, context),
		onBug: (stream, error) => {
			if (!killed.aborted) throw new Error(`${name}: ${stream}`, { cause: error });
		},
	});
}

/** Jobs that pass, fail, throw, wait for a cancel, or are there when Footbridge is killed. */
class World {
	readonly #dice: Random;
	readonly #crash: AbortController;
	readonly #crashChance: number;
	readonly #stops = new Map<string, () => void>();

	constructor(dice: Random, crash: AbortController, crashChance: number) {
		this.#dice = dice;
		this.#crash = crash;
		this.#crashChance = crashChance;
	}

	async perform(action: RunAction, context: Context<Run | undefined>): Promise<void> {
		this.#maybeCrash();
		if (action.do === 'record') return this.#append(context, ...action.events);
		if (action.do === 'stop-job') return this.#stops.get(action.job)?.();
		if (action.do === 'diagnose') {
			await this.#append(context, { kind: 'diagnosis-started', job: action.job, attempt: action.attempt });
			if (this.#dice.chance(0.1)) throw new Error('the diagnosis broke');
			return this.#append(context, { kind: 'finding-made', job: action.job, attempt: action.attempt, finding });
		}
		if (action.do === 'take-turn') {
			const of = action.job === undefined ? {} : { job: action.job };
			return this.#append(context, { kind: 'turn-taken', group: action.concurrency.group, ...of });
		}
		const { job, attempt } = action;
		await this.#append(context, { kind: 'job-started', job, attempt, tier: 'host', reason: 'simulation' });
		if (this.#dice.chance(0.05)) throw new Error('the room broke');
		const isStopped = await this.#sometimesWait(job);
		const isFailed = !isStopped && this.#dice.chance(0.2);
		await this.#append(context, { kind: 'step-started', job, attempt, step: 0, name: 's', line: 1 });
		const outcome = isStopped ? 'cancelled' : isFailed ? 'failure' : 'success';
		await this.#append(context, {
			kind: 'step-finished',
			job,
			attempt,
			step: 0,
			name: 's',
			outcome,
			conclusion: outcome,
			outputs: {},
			durationMs: 1,
			line: 1,
		});
		const conclusion = isStopped ? 'cancelled' : isFailed ? 'failed' : 'passed';
		await this.#append(context, { kind: 'job-finished', job, attempt, conclusion, outputs: {} });
	}

	/** True when it was told to stop meanwhile. */
	async #sometimesWait(job: string): Promise<boolean> {
		let isStopped = false;
		this.#stops.set(job, () => {
			isStopped = true;
		});
		for (let turn = this.#dice.below(4); turn > 0 && !isStopped; turn -= 1) await new Promise(setImmediate);
		return isStopped;
	}

	async #append(context: Context<Run | undefined>, ...events: readonly Event[]): Promise<void> {
		await context.append(...events);
		this.#maybeCrash();
	}

	#maybeCrash(): void {
		if (!this.#dice.chance(this.#crashChance)) return;
		this.#crash.abort();
		throw new Error('killed');
	}
}

/** What no history may hold: two starts of one attempt, two ends, anything after the end but the diagnosis. How often each kind of event came. */
async function checkHistory(store: Store, name: string): Promise<ReadonlyMap<string, number>> {
	const events = (await store.read('run/1')).map(({ event }) => event);
	const kinds = new Map<string, number>();
	const started = new Set<string>();
	let ended = new Set<string>();
	let isOver = false;
	for (const event of events) {
		kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1);
		if (event.kind === 'rerun-requested') {
			assert.ok(isOver, `${name}: a rerun of a run that goes on`);
			ended = new Set();
			isOver = false;
			continue;
		}
		if (event.kind === 'job-started') {
			const key = `${event.job}#${event.attempt}`;
			assert.ok(!started.has(key), `${name}: ${key} started twice`);
			assert.ok(!ended.has(event.job), `${name}: ${event.job} started after it ended`);
			started.add(key);
		}
		if (event.kind === 'job-finished' || event.kind === 'job-skipped') {
			assert.ok(!ended.has(event.job), `${name}: ${event.job} ended twice`);
			ended.add(event.job);
		}
		if (isOver)
			assert.ok(
				['diagnosis-started', 'finding-made', 'cancel-requested'].includes(event.kind),
				`${name}: ${event.kind} after the end`,
			);
		isOver ||= event.kind === 'run-finished';
	}
	const ends = (kinds.get('rerun-requested') ?? 0) + 1;
	assert.equal(kinds.get('run-finished'), ends, `${name}: each attempt of the run must end once`);
	return kinds;
}

async function read(store: Store): Promise<Run> {
	const run = (await store.read('run/1')).reduce<Run | undefined>(
		(state, recorded) => runMachine.evolve(state, recorded),
		undefined,
	);
	assert.ok(run !== undefined);
	return run;
}

/** Some jobs; each needs some of those before it; some have a condition, a matrix, a matrix that is known later, a group, or call a workflow. */
function randomPlan(dice: Random): Plan {
	const jobs: PlannedJob[] = [];
	const ids = 1 + dice.below(5);
	for (let index = 0; index < ids; index += 1) {
		const needs = jobs.map((job) => job.id).filter((id, at, all) => all.indexOf(id) === at && dice.chance(0.4));
		const one = { ...randomParts(dice), id: `j${index}`, needs };
		if (dice.chance(0.15)) {
			jobs.push(deferredJob(draftOf(dice, one)));
			continue;
		}
		const isCall = dice.chance(0.15);
		const total = dice.chance(0.2) ? 3 : 1;
		const failFast = dice.chance(0.5);
		const maxParallel = dice.chance(0.3) ? 1 : undefined;
		for (let jobIndex = 0; jobIndex < total; jobIndex += 1) {
			jobs.push({
				...job,
				...one,
				...(isCall ? { call: { workflow: 'called.yml', with: null, secrets: 'inherit' } } : {}),
				key: total === 1 ? one.id : `${one.id} (${jobIndex})`,
				name: one.id,
				...(total === 1 ? {} : { matrix: { n: jobIndex } }),
				continueOnError: !isCall && dice.chance(0.1),
				strategy: { failFast, jobIndex, jobTotal: total, ...(maxParallel === undefined ? {} : { maxParallel }) },
			});
		}
	}
	return { workflow: 'w.yml', name: 'w', env: null, called: { 'called.yml': randomCalled(dice) }, jobs };
}

function randomParts(dice: Random): Partial<PlannedJob> {
	const condition = dice.pick([
		'always()',
		'failure()',
		'cancelled()',
		"github.ref == 'refs/heads/other'",
		'success()',
	]);
	return {
		...(dice.chance(0.25) ? { if: condition } : {}),
		...(dice.chance(0.1) ? { concurrency: 'one' } : {}),
	};
}

/** A job whose matrix only its needs tell; sometimes it cannot be made at all. */
function draftOf(
	dice: Random,
	parts: Partial<PlannedJob> & { readonly id: string; readonly needs: readonly string[] },
): JobDraft {
	const { key: _key, strategy: _strategy, ...plain } = job;
	const list = dice.chance(0.1) ? '[]' : '[1, 2]';
	const matrix: Template = { mapping: [['n', { expression: `fromJSON('${list}')`, line: 1, column: 1 }]] };
	const strategy: Template = { mapping: [['matrix', matrix]] };
	return { ...plain, ...parts, name: null, environment: null, continueOnError: null, places: {}, strategy };
}

function randomCalled(dice: Random): CalledWorkflow {
	const { key: _key, strategy: _strategy, ...plain } = job;
	const draft = (id: string, needs: readonly string[]): JobDraft => ({
		...plain,
		...randomParts(dice),
		...{ id, needs, name: null, environment: null, continueOnError: null, places: {}, strategy: null },
	});
	const jobs = [draft('x', []), draft('y', dice.chance(0.5) ? ['x'] : []), draftOf(dice, { id: 'z', needs: ['y'] })];
	const outputs = { v: { expression: 'jobs.x.result', line: 1, column: 1 } };
	return { name: 'called', env: null, inputs: [], secrets: [], outputs, jobs };
}

const commit = { sha: 'a'.repeat(40), subject: 's', authoredAt: '2026-01-01T00:00:00.000Z' };
const trigger = { event: 'push', ref: 'refs/heads/main', sha: commit.sha, payload: {} };
const finding = {
	verdict: 'code',
	certainty: 'proved',
	class: 'test-failure',
	cause: 'c',
	evidence: [],
	next: 'n',
	durationMs: 1,
} as const;
const job: PlannedJob = {
	key: '',
	id: '',
	name: '',
	needs: [],
	runsOn: 'ubuntu-latest',
	env: null,
	outputs: null,
	timeoutMinutes: null,
	continueOnError: null,
	defaults: { shell: null, workingDirectory: null },
	strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
	steps: [],
	line: 1,
};
