import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Conclusion, Event, Recorded } from '#core/event.ts';
import type { Json, Trigger } from '#core/plan.ts';
import type { Run } from '#core/run.ts';
import { runMachine } from '#core/run-machine.ts';

const { planWorkflow } = await import('#core/workflow/plan-workflow.ts');

/** A case of the files in `run/`: a workflow, how its jobs end, and what becomes of the run. */
interface Case {
	readonly title: string;
	/** Where this is documented, or was seen. */
	readonly source: string;
	readonly workflow: string;
	/** Other workflows of the repository, by path. */
	readonly callable?: { readonly [path: string]: string };
	readonly trigger?: Partial<Trigger>;
	/** How jobs end, by key; `passed` where nothing is said. */
	readonly outcomes?: { readonly [job: string]: Outcome };
	readonly only?: readonly string[];
	readonly matrix?: { readonly [key: string]: string };
	readonly failFast?: boolean;
	/** The run is cancelled when these jobs run. */
	readonly cancelAt?: readonly string[];
	/** Asked for once the run has ended. */
	readonly rerun?: readonly string[];
	readonly expect: {
		readonly status: string;
		/** Every job's status by key, in the order of the run; with a reason after a colon. */
		readonly jobs: { readonly [key: string]: string };
		readonly names?: { readonly [key: string]: string };
		/** Keys of the jobs that were started, those at once together. */
		readonly waves?: readonly (readonly string[])[];
		readonly outputs?: { readonly [job: string]: Json };
		readonly inputs?: { readonly [job: string]: Json };
	};
}

interface Outcome {
	readonly conclusion?: Conclusion;
	readonly outputs?: { readonly [name: string]: string };
}

const folder = new URL('./run/', import.meta.url);

for (const file of readdirSync(folder).sort()) {
	for (const document of parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'))) {
		const one = document.toJS() as Case;
		test(`${file.replace('.yml', '')}: ${one.title}`, () => check(one, new Life(one)));
	}
}

function check({ source, expect }: Case, { run, waves }: Life): void {
	assert.ok(source, 'a case says where it is documented');
	const statuses = run.jobs.map(({ key, status, why }) => {
		const expected = expect.jobs[key];
		return [key, expected?.includes(':') === true ? `${status}: ${why ?? ''}` : status] as const;
	});
	assert.deepEqual(Object.fromEntries(statuses), expect.jobs);
	assert.deepEqual(
		statuses.map(([key]) => key),
		Object.keys(expect.jobs),
	);
	assert.equal(run.status, expect.status);
	for (const [key, name] of Object.entries(expect.names ?? {})) {
		assert.equal(run.jobs.find((job) => job.key === key)?.name, name);
	}
	if (expect.waves !== undefined) assert.deepEqual(waves, expect.waves);
	for (const [key, outputs] of Object.entries(expect.outputs ?? {})) {
		assert.deepEqual(run.jobs.find((job) => job.key === key)?.outputs, outputs);
	}
	for (const [key, inputs] of Object.entries(expect.inputs ?? {})) {
		assert.deepEqual(run.jobs.find((job) => job.key === key)?.inputs, inputs);
	}
}

/** A run that happens without rooms: jobs are started together, and end together as the case says. */
class Life {
	readonly #case: Case;
	readonly waves: string[][] = [];
	#run: Run | undefined;
	#seq = 0;

	constructor(one: Case) {
		this.#case = one;
		this.#append(this.#first());
		this.#live();
		if (one.rerun !== undefined) {
			this.#append({ kind: 'rerun-requested', jobs: one.rerun });
			this.#live();
		}
	}

	get run(): Run {
		assert.ok(this.#run);
		return this.#run;
	}

	#first(): Event {
		const { workflow, callable = {}, trigger, only, matrix, failFast } = this.#case;
		const sha = 'a'.repeat(40);
		const whole: Trigger = { event: 'push', ref: 'refs/heads/main', sha, payload: {}, ...trigger };
		const planned = planWorkflow('.github/workflows/case.yml', workflow, {
			trigger: whole,
			callable: new Map(Object.entries(callable)),
		});
		assert.equal(planned.is, 'planned', JSON.stringify(planned));
		if (planned.is !== 'planned') throw new Error('not planned');
		return {
			kind: 'run-queued',
			project: 'app',
			number: 7,
			trigger: whole,
			commit: { sha, subject: 'case', authoredAt: '2026-01-01T00:00:00.000Z' },
			plan: planned.plan,
			...(only === undefined ? {} : { only }),
			...(matrix === undefined ? {} : { matrix }),
			...(failFast === undefined ? {} : { failFast }),
		};
	}

	#append(event: Event): void {
		this.#seq += 1;
		const recorded: Recorded = { seq: this.#seq, at: '2026-01-01T00:00:00.000Z', by: 'system', stream: 'run/1', event };
		this.#run = runMachine.evolve(this.#run, recorded);
	}

	#live(): void {
		const begun = new Set<string>();
		for (let round = 0; round < 200; round += 1) {
			const actions = runMachine.decide(this.#run, begun).filter(({ key }) => !begun.has(key));
			if (actions.length === 0) break;
			const started: string[] = [];
			for (const action of actions) {
				begun.add(action.key);
				if (action.do === 'record') for (const event of action.events) this.#append(event);
				if (action.do === 'take-turn') {
					const of = action.job === undefined ? {} : { job: action.job };
					this.#append({ kind: 'turn-taken', group: action.concurrency.group, ...of });
				}
				if (action.do === 'start-job') started.push(action.job);
			}
			if (started.length > 0) this.#runJobs(started);
		}
	}

	#runJobs(keys: readonly string[]): void {
		this.waves.push([...keys]);
		const { outcomes = {}, cancelAt } = this.#case;
		const attempt = (key: string) => (this.run.jobs.find((job) => job.key === key)?.attempt ?? 0) + 1;
		const attempts = new Map(keys.map((key) => [key, attempt(key)]));
		for (const key of keys) {
			this.#append({ kind: 'job-started', job: key, attempt: attempts.get(key) ?? 1, tier: 'host', reason: 'case' });
		}
		const isCancelled = cancelAt?.every((key) => keys.includes(key)) === true;
		if (isCancelled) this.#append({ kind: 'cancel-requested', why: 'cancelled by a person' });
		for (const key of keys) {
			const number = attempts.get(key) ?? 1;
			const { conclusion = 'passed', outputs = {} } = outcomes[`${key}#${number}`] ?? outcomes[key] ?? {};
			const end = isCancelled ? 'cancelled' : conclusion;
			this.#append({ kind: 'job-finished', job: key, attempt: number, conclusion: end, outputs });
		}
	}
}
